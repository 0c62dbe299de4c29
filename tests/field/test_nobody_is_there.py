"""Commands that would wait for somebody, or empty a secret because a program failed."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from clovrix_env import Client

if TYPE_CHECKING:
    from accounts.person import Person
    from condition.terminal import Terminal
    from conftest import StoreHome
    from transfer.conftest import Command


@pytest.mark.parametrize("given", [b"", b"\n", b"\r\n"])
def test_failed_program_empties_no_secret(
    at_store: Command, store_home: StoreHome, given: bytes
) -> None:
    """``false | clovrix-env set PW --stdin``: nothing came, and nothing is written."""
    with Client(base_url=store_home.url) as client:
        client.set_entry("backend", "staging", "PW", "old", is_secret=True)
        said = at_store.refused("set", "PW", "--stdin", given=given)
        assert "stdin was empty, and nothing was written" in said
        script = '"$@" --file <(false)'
        words = at_store.argv("set", "PW")
        piped = subprocess.run(
            ["bash", "-c", script, "-", *words], cwd=at_store.folder, env=at_store.environ
        )
        assert piped.returncode == 125
        assert client.get_entry("backend", "staging", "PW").value == "old"
        for words in (["--value", ""], ["--file", "/dev/null"]):
            client.set_entry("backend", "staging", "PW", "old")
            at_store.done("set", "PW", *words, "-q")
            assert client.get_entry("backend", "staging", "PW").value == ""


def test_editor_needs_somebody(at_store: Command, terminal: Terminal) -> None:
    """Without a terminal, and in CI with one, vi is not started; what EDITOR names is."""
    said = at_store.refused("edit", status=2)
    assert "neither VISUAL nor EDITOR is set, and stdin or stderr is not a terminal" in said
    at_store.done("edit", "-q", env={"EDITOR": "true"})
    exports = [f"export {name}='{value}'" for name, value in at_store.environ.items()]
    terminal.type("; ".join([*exports, "export CI=true"]))
    for words in (("edit",), ("set", "NEW"), ("login", "--api-url", "https://c.invalid")):
        terminal.line(*at_store.argv(*words), behind="; echo status=$?")
        terminal.see("CI is set, so no prompt is shown")
        terminal.see("status=2\n")


def test_stdin_on_a_terminal_is_said(person: Person, terminal: Terminal) -> None:
    """``login --token-stdin`` without a pipe does not look as if it hung."""
    terminal.line(*person.command("login", "--token-stdin"))
    terminal.see("reading stdin: end the input with Ctrl-D")


def test_editor_that_ends_at_once_is_said(at_store: Command) -> None:
    """``EDITOR=code`` without ``--wait`` gives the file back unchanged, and it is gone."""
    result = at_store("edit", env={"EDITOR": "true"})
    assert b"(code --wait)" in result.stderr
    at_store.done("edit", "-q", env={"EDITOR": "true"})
