"""``set``: one value, by a way that shows it to nobody; and what no command line can be."""

import json

import pytest
from accounts.person import writes

_SECRET = "hunter2-0123456789-of-this-test"
_PLACE = ("backend", "staging")


def test_a_new_key_is_secret(writer, clovrix):
    """And said so; the newline at the end of stdin is no part of the value. JSON, or nothing."""
    ran = writer.runs("set", "A", "--stdin", typed=f"{_SECRET}\n").well()
    assert ran.out == "A created in backend/staging (secret)\n"
    entry = clovrix.get_entry(*_PLACE, "A")
    assert (entry.value, entry.is_secret) == (_SECRET, True)
    ran = writer.runs("set", "B", "--stdin", "--json", typed=_SECRET).well()
    done = {"version": 1, "key": "B", "created": True, "changed": True, "is_secret": True}
    assert json.loads(ran.out) == done
    assert writer.runs("set", "C", "--stdin", "-q", typed="x").well().content == b""


def test_the_contract_says_otherwise(writer, clovrix):
    """``secret = false``; --plain for what is not declared; --secret above the contract."""
    declared = "[variables.LEVEL]\nsecret = false\n[variables.PEM]\nsecret = false\n"
    writer.declares(declared)
    pem = writer.write("key.pem", "-----BEGIN\n-----END\n")
    writer.runs("set", "LEVEL", "--value", "info").well()
    writer.runs("set", "PEM", "--file", "key.pem", "--secret").well()
    writer.runs("set", "REGION", "--value", "eu", "--plain").well()
    found = [clovrix.get_entry(*_PLACE, key) for key in ("LEVEL", "PEM", "REGION")]
    assert [entry.is_secret for entry in found] == [False, True, False]
    assert found[1].value == pem.read_text()


def test_a_value_that_programs_refuse_is_written_with_a_warning(writer):
    """One that breaks the contract, and a name that the guard refuses; never the value."""
    writer.declares('[variables.PORT]\ntype = "port"\nsecret = false\n')
    ran = writer.runs("set", "PORT", "--value", "80000").well()
    assert ran.err.startswith("clovrix-env: PORT is not a valid port (declared in .clovrix:3); ")
    assert "80000" not in ran.err
    ran = writer.runs("set", "LD_PRELOAD", "--value", "x.so", "--plain").well()
    assert ran.err.endswith("refuse it from Clovrix unless [guard] allow in .clovrix names it\n")
    assert writer.runs("set", "PORT", "--value", "8000").well().err == ""


def test_what_is_there_is_not_written_again(writer, clovrix, loopback):
    """No second version of the same."""
    clovrix.set_entry(*_PLACE, "A", "1", False)
    ran = writer.runs("set", "A", "--stdin", typed="1").well()
    assert ran.out == "A unchanged in backend/staging (plain)\n"
    assert writes(loopback) == 0
    ran = writer.runs("set", "A", "--stdin", typed="2").well()
    assert ran.out == "A updated in backend/staging (plain)\n"
    assert writes(loopback) == 1


def test_a_key_that_was_made_elsewhere(writer, clovrix):
    """Only afterwards can it be seen that it is plain: written, told, status 1."""
    clovrix.set_entry("backend", "production", "A", "1", False)
    ran = writer.runs("set", "A", "--secret", "--stdin", typed="2")
    assert ran.status == 1
    assert ran.out == "A updated in backend/staging (plain)\n"
    assert "was created as plain elsewhere" in ran.err


@pytest.mark.parametrize(
    ("words", "content", "told"),
    [
        ("A", b"hunter2" * 5_000, "32768"),
        ("A", b"hunter2" * 20_000, "has more than 32768 bytes"),
        ("A", b"hunter2\xff", "is not valid UTF-8"),
        ("A", b"hunter2\0", "the value of A contains a NUL character"),
        ("CLOVRIX_TOKEN", b"hunter2", "CLOVRIX_TOKEN is a setting"),
        ("MADE_SECRET --plain", b"hunter2", "leave out --plain"),
        ("MADE_PLAIN --secret", b"hunter2", "leave out --secret"),
    ],
)
def test_what_is_refused(writer, clovrix, loopback, words, content, told):
    """What no start would take, or is made otherwise: without being shown, and nothing written."""
    for key, secret in (("MADE_SECRET", True), ("MADE_PLAIN", False)):
        clovrix.set_entry(*_PLACE, key, "1", secret)
    ran = writer.runs("set", *words.split(), "--stdin", typed=content)
    assert ran.status == 125
    assert told in ran.err
    assert "hunter2" not in ran.err
    assert writes(loopback) == 0


def test_a_token_of_a_file_does_not_write(person, store_home, loopback, clovrix):
    """It came with the project: one sentence, the remedy, no request and no editor."""
    person.write(".env", f"CLOVRIX_TOKEN={store_home.token}\n")
    person.environ["EDITOR"] = "touch started"
    for words in (("set", "A", "--stdin"), ("edit",)):
        ran = person.runs(*words, typed=_SECRET)
        assert ran.status == 125
        first, second = ran.err.splitlines()
        assert "the only token comes from .env:1" in first
        assert "run clovrix-env login" in second
    assert loopback.requests == []
    assert not (person.folder / "started").exists()
    person.logs_in(store_home.token)
    person.runs("set", "A", "--stdin", typed=_SECRET).well()
    assert clovrix.get_entry(*_PLACE, "A").value == _SECRET


def test_a_write_that_broke_off_is_told_as_that(writer, loopback, clovrix):
    """It may have been written; it is not sent again."""
    clovrix.set_entry(*_PLACE, "A", "1")
    loopback.fault("answer", body=b'{"key": "A", "value": "1", "is_secret": true}', times=1)
    loopback.fault("close", times=1)
    ran = writer.runs("set", "A", "--stdin", typed="2")
    assert ran.status == 5
    assert "may have been written anyway" in ran.err
    assert writes(loopback) == 1


def test_nothing_typed_is_nothing_written(writer, loopback, terminal):
    """An empty value has to be meant."""
    terminal.line(*writer.command("set", "A"))
    terminal.see("Value of A: ")
    terminal.type("")
    terminal.see("nothing was typed, and nothing was written")
    assert terminal.status() == 125
    assert writes(loopback) == 0


EXCLUDE = "exclude each other"
NO_TERMINAL = "stdin or stderr is not a terminal; use "
CASES = {
    "set A": f"{NO_TERMINAL}--stdin or --file",
    "set A --value hunter2": "--value would show A in the list of processes",
    "set A --stdin --file x": EXCLUDE,
    "set A --stdin --value hunter2": EXCLUDE,
    "set A --file x --value hunter2": EXCLUDE,
    "set A hunter2": "",
    "set A=hunter2": "",
    "get A=hunter2": "",
    "get lower": "",
    "login": f"{NO_TERMINAL}--token-stdin",
    "login hunter2": "",
    "init": "use -p",
    "init -p x": "use -e",
    "init -e y": "use -p",
}


@pytest.mark.parametrize("words", CASES)
def test_wrong_usage(writer, loopback, words):
    """It is said what to use instead, and a value that was given as an argument is not repeated."""
    if words.startswith("init"):
        (writer.folder / ".clovrix").unlink()
    before = list(writer.folder.iterdir())
    ran = writer.runs(*words.split())
    assert ran.status == 2
    assert CASES[words] in ran.err
    assert "hunter2" not in ran.err
    assert loopback.requests == []
    assert list(writer.folder.iterdir()) == before
