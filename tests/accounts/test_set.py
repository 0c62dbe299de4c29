"""``set``: one value, by a way that shows it to nobody; a new key is secret."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from accounts.person import Person, ProcessList, files_with

from clovrix_env import NotFoundError

if TYPE_CHECKING:
    from condition.terminal import Terminal
    from conftest import StoreHome
    from loopback import Loopback

    from clovrix_env import Client

_SECRET = "hunter2-0123456789-of-this-test"
_PLACE = ("backend", "staging")


def writes(loopback: Loopback) -> int:
    return sum(request.method == "POST" for request in loopback.requests)


def test_a_new_key_is_secret(writer: Person, clovrix: Client) -> None:
    """And said so; the newline at the end of stdin is no part of the value."""
    ran = writer.runs("set", "A", "--stdin", typed=f"{_SECRET}\n").well()
    assert ran.out == "A created in backend/staging (secret)\n"
    entry = clovrix.get_entry(*_PLACE, "A")
    assert (entry.value, entry.is_secret) == (_SECRET, True)


def test_the_contract_says_otherwise(writer: Person, clovrix: Client) -> None:
    """``secret = false``; --plain for what is not declared; --secret above the contract."""
    writer.write(
        ".clovrix",
        'project = "backend"\ndefault_environment = "staging"\n'
        "[variables.LEVEL]\nsecret = false\n[variables.OTHER]\nsecret = false\n",
    )
    writer.runs("set", "LEVEL", "--value", "info").well()
    writer.runs("set", "OTHER", "--stdin", "--secret", typed="x").well()
    writer.runs("set", "REGION", "--value", "eu", "--plain").well()
    found = {key: clovrix.get_entry(*_PLACE, key).is_secret for key in ("LEVEL", "OTHER", "REGION")}
    assert found == {"LEVEL": False, "OTHER": True, "REGION": False}


def test_value_is_for_what_is_not_secret(writer: Person, loopback: Loopback) -> None:
    """Wrong usage: others can see a command line. Nothing is asked."""
    ran = writer.runs("set", "A", "--value", "x")
    assert ran.status == 2
    assert "--value would show A in the list of processes" in ran.err
    assert loopback.requests == []


def test_a_file_to_the_letter(writer: Person, clovrix: Client) -> None:
    """Its last newline is part of the value."""
    writer.write("key.pem", "-----BEGIN\n-----END\n")
    writer.runs("set", "PEM", "--file", "key.pem").well()
    assert clovrix.get_entry(*_PLACE, "PEM").value == "-----BEGIN\n-----END\n"
    writer.runs("set", "EMPTY", "--file", "/dev/null").well()
    assert clovrix.get_entry(*_PLACE, "EMPTY").value == ""


def test_what_is_there_is_not_written_again(
    writer: Person, clovrix: Client, loopback: Loopback
) -> None:
    """No second version of the same."""
    clovrix.set_entry(*_PLACE, "A", "1", False)
    ran = writer.runs("set", "A", "--stdin", typed="1").well()
    assert ran.out == "A unchanged in backend/staging (plain)\n"
    assert writes(loopback) == 0
    ran = writer.runs("set", "A", "--stdin", typed="2").well()
    assert ran.out == "A updated in backend/staging (plain)\n"
    assert writes(loopback) == 1


@pytest.mark.parametrize(("made", "option"), [(True, "--plain"), (False, "--secret")])
def test_secrecy_cannot_be_changed(
    writer: Person, clovrix: Client, loopback: Loopback, made: bool, option: str
) -> None:
    """An option that contradicts is refused, and nothing is written."""
    clovrix.set_entry(*_PLACE, "A", "1", made)
    ran = writer.runs("set", "A", option, "--stdin", typed="2")
    assert ran.status == 125
    assert ", which cannot be changed" in ran.err
    assert f"leave out {option}" in ran.err
    assert writes(loopback) == 0


def test_a_key_that_was_made_elsewhere(writer: Person, clovrix: Client) -> None:
    """Only afterwards can it be seen that it is plain: written, told, status 1."""
    clovrix.set_entry("backend", "production", "A", "1", False)
    ran = writer.runs("set", "A", "--secret", "--stdin", typed="2")
    assert ran.status == 1
    assert ran.out == "A updated in backend/staging (plain)\n"
    assert "was created as plain elsewhere" in ran.err


def test_json_and_quiet(writer: Person) -> None:
    """A document without the value, or nothing."""
    ran = writer.runs("set", "A", "--stdin", "--json", typed=_SECRET).well()
    assert json.loads(ran.out) == {
        "version": 1,
        "key": "A",
        "created": True,
        "changed": True,
        "is_secret": True,
    }
    assert writer.runs("set", "B", "--stdin", "-q", typed="x").well().content == b""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"x" * 32_769, "32768"),
        (b"x" * 100_000, "has more than 32768 bytes"),
        (b"hunter2\xff", "is not UTF-8"),
        (b"hunter2\0", "the value of A contains a NUL character"),
    ],
)
def test_what_clovrix_does_not_take(
    writer: Person, loopback: Loopback, content: bytes, told: str
) -> None:
    """Refused without being shown, and nothing is written."""
    ran = writer.runs("set", "A", "--stdin", typed=content)
    assert ran.status == 125
    assert told in ran.err
    assert "hunter2" not in ran.err
    assert writes(loopback) == 0


def test_our_own_names_are_refused(writer: Person, loopback: Loopback) -> None:
    """No start would take them, and no key can be deleted."""
    ran = writer.runs("set", "CLOVRIX_TOKEN", "--stdin", typed="x")
    assert ran.status == 125
    assert "CLOVRIX_TOKEN is a setting" in ran.err
    assert writes(loopback) == 0


@pytest.mark.parametrize(
    "words",
    [("--stdin", "--file", "x"), ("--stdin", "--value", "x"), ("--file", "x", "--value", "y")],
)
def test_one_way_at_a_time(writer: Person, words: tuple[str, ...]) -> None:
    """Wrong usage."""
    ran = writer.runs("set", "A", *words)
    assert (ran.status, "exclude each other" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "words", [("set", "A", "hunter2"), ("set", "A=hunter2"), ("get", "A=hunter2")], ids=" ".join
)
def test_a_value_that_was_given_as_an_argument(writer: Person, words: tuple[str, ...]) -> None:
    """Wrong usage, which does not repeat it."""
    ran = writer.runs(*words)
    assert (ran.status, "hunter2" in ran.err) == (2, False)


def test_without_a_terminal_the_options_are_named(writer: Person) -> None:
    """Nothing is waited for."""
    ran = writer.runs("set", "A")
    assert ran.status == 2
    assert "stdin or stderr is not a terminal; use --stdin or --file" in ran.err


def test_a_token_of_a_file_does_not_write(
    person: Person, store_home: StoreHome, loopback: Loopback, clovrix: Client
) -> None:
    """It came with the project: one sentence, the remedy, and no request."""
    person.write(".env", f"CLOVRIX_TOKEN={store_home.token}\n")
    ran = person.runs("set", "A", "--stdin", typed=_SECRET)
    assert ran.status == 125
    first, second = ran.err.splitlines()
    assert "the only token comes from .env:1" in first
    assert "run clovrix-env login" in second
    assert loopback.requests == []
    with pytest.raises(NotFoundError):
        clovrix.get_entry(*_PLACE, "A")
    person.logs_in(store_home.token)
    person.runs("set", "A", "--stdin", typed=_SECRET).well()


def test_a_write_that_broke_off_is_told_as_that(
    writer: Person, loopback: Loopback, clovrix: Client
) -> None:
    """It may have been written; it is not sent again."""
    clovrix.set_entry(*_PLACE, "A", "1")
    loopback.fault("answer", body=b'{"key": "A", "value": "1", "is_secret": true}', times=1)
    loopback.fault("close", times=1)
    ran = writer.runs("set", "A", "--stdin", typed="2")
    assert ran.status == 125
    assert "may have been written anyway" in ran.err
    assert writes(loopback) == 1


def test_a_typed_value_shows_nowhere(writer: Person, clovrix: Client, terminal: Terminal) -> None:
    """Not on the screen, in no command line, in no file."""
    with ProcessList() as processes:
        terminal.line(*writer.command("set", "A"))
        terminal.see("Value of A: ")
        terminal.type(_SECRET)
        screen = terminal.see(r"(?s)(.*)created in backend/staging")[1]
        status, rest = terminal.rest()
    assert status == 0
    assert clovrix.get_entry(*_PLACE, "A").value == _SECRET
    assert _SECRET not in screen + rest
    assert not any(_SECRET.encode() in line for line in processes.seen)
    assert files_with(_SECRET, writer.home, writer.folder) == []


def test_nothing_typed_is_nothing_written(
    writer: Person, loopback: Loopback, terminal: Terminal
) -> None:
    """An empty value has to be meant."""
    terminal.line(*writer.command("set", "A"))
    terminal.see("Value of A: ")
    terminal.type("")
    terminal.see("nothing was typed, and nothing was written")
    assert terminal.status() == 125
    assert writes(loopback) == 0


def test_in_an_embedded_store(newcomer: Person, store_home: StoreHome, clovrix: Client) -> None:
    """Its owner writes without a token, and not with that of a file."""
    env = {"CLOVRIX_API_URL": store_home.url}
    newcomer.runs("set", "A", "--stdin", typed="1", env=env).well()
    assert newcomer.runs("get", "A", env=env).well().out == "1\n"
    newcomer.write(".env", f"CLOVRIX_TOKEN={store_home.token}\n")
    assert newcomer.runs("set", "A", "--stdin", typed="2", env=env).status == 125


def test_a_full_stdout_is_told(writer: Person, clovrix: Client) -> None:
    """Written all the same; the status says that nobody could be told."""
    process = subprocess.run(
        ["sh", "-c", 'exec "$@" >/dev/full', "sh", *writer.command("set", "A", "--stdin")],
        input=b"1",
        cwd=writer.folder,
        env=writer.given({}),
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert process.returncode == 125
    assert clovrix.get_entry(*_PLACE, "A").value == "1"
