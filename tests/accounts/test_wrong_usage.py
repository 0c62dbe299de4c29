"""What a command line cannot be: status 2, before anything is asked or written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from accounts.person import Person
    from loopback import Loopback

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
    "get A-B": "",
    "login": f"{NO_TERMINAL}--token-stdin",
    "login hunter2": "",
    "logout hunter2": "",
    "init": "use -p",
    "init -p x": "use -e",
    "init -e y": "use -p",
}


@pytest.mark.parametrize("words", CASES)
def test_wrong_usage(writer: Person, loopback: Loopback, words: str) -> None:
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
