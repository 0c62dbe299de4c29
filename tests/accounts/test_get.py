"""``get``: one value to the letter, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.person import Person
    from condition.terminal import Terminal
    from conftest import StoreHome

    from clovrix_env import Client

_VALUE = "two\nlines \x1b[31m ü\t'\"\\${X}  "


def test_one_value(writer: Person, clovrix: Client) -> None:
    """To the letter and a newline, which ``-n`` leaves out; as JSON with its secrecy."""
    clovrix.set_entry("backend", "staging", "A", _VALUE, True)
    assert writer.runs("get", "A").well().content == f"{_VALUE}\n".encode()
    assert writer.runs("get", "A", "-n").well().content == _VALUE.encode()
    document = json.loads(writer.runs("get", "A", "--json").well().out)
    assert document == {"version": 1, "key": "A", "value": _VALUE, "is_secret": True}


def test_options_name_the_place(writer: Person, clovrix: Client, store_home: StoreHome) -> None:
    """Above ``.clovrix``; an extended project does not count."""
    store_home.project("other", "production")
    clovrix.set_entry("other", "production", "A", "there")
    writer.environ["CLOVRIX_TOKEN"] = store_home.make_token("backend", "other")
    assert writer.runs("get", "A", "-p", "other", "-e", "production").well().out == "there\n"
    writer.write(
        ".clovrix", 'project = "backend"\ndefault_environment = "production"\nextends = ["other"]\n'
    )
    assert writer.runs("get", "A").status == 125


def test_a_token_of_a_file_reads(person: Person, clovrix: Client, store_home: StoreHome) -> None:
    """As for a start."""
    clovrix.set_entry("backend", "staging", "A", "1")
    person.write(".env", f"CLOVRIX_TOKEN={store_home.token}\n")
    assert person.runs("get", "A").well().out == "1\n"


def test_what_is_missing_is_named(writer: Person) -> None:
    """The key with its place, then the token, then the project; each with its remedy."""
    ran = writer.runs("get", "MISSING")
    first, second = ran.err.splitlines()
    assert first.startswith("clovrix-env: backend/staging: ")
    assert "MISSING" in first
    assert "check the names" in second
    del writer.environ["CLOVRIX_TOKEN"]
    without_token = writer.runs("get", "A")
    assert "run clovrix-env login" in without_token.err
    (writer.folder / ".clovrix").unlink()
    without_project = writer.runs("get", "A")
    assert "name a project with -p, CLOVRIX_PROJECT or in .clovrix" in without_project.err
    assert {ran.status, without_token.status, without_project.status} == {125}


def test_a_value_commands_no_terminal(writer: Person, clovrix: Client, terminal: Terminal) -> None:
    """There what is not to be printed is an escape."""
    clovrix.set_entry("backend", "staging", "A", "red\x1b[31m\nsecond")
    terminal.type("stty -echo")
    terminal.line(*writer.command("get", "A"))
    assert "red\\x1b[31m\nsecond\n" in terminal.see(r"(?s)(.*second\n)")[1]
