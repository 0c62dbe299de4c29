"""What people see on a terminal, at 80 and at 40 columns, and how Ctrl-C ends it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.person import Person
    from loopback import Loopback
    from screens.conftest import Open

    Expect = Callable[[str, str], None]

COMMANDS: dict[str, tuple[int, tuple[str, ...]]] = {
    "list": (0, ("list",)),
    "list-reveal": (0, ("list", "--long", "--reveal")),
    "diff": (1, ("diff", "staging", "production")),
    "explain": (0, ("explain",)),
    "doctor": (0, ("doctor",)),
}
_TYPED = "icr_typed_0123456789abcdefghijklmnop"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_screen(name: str, person: Person, opened: Open, expect: Expect) -> None:
    """Nothing is cut, no line is wrapped by the terminal, and no escape is left to be seen."""
    person.write(".env", "LOCAL=1\nLOG_LEVEL=warning\n", 0o600)
    status, words = COMMANDS[name]
    with opened(*words) as screen:
        assert screen.status() == status, screen.text
        expect(name, screen.text)


@pytest.mark.parametrize("name", COMMANDS)
def test_interrupt_while_clovrix_is_waited_for(
    name: str,
    loopback: Loopback,
    opened: Open,
    interrupted: Callable[..., None],
) -> None:
    """At once, without a traceback, and no file is left behind."""
    loopback.fault("hang")
    with opened(*COMMANDS[name][1]) as screen:
        _until(lambda: bool(loopback.requests))
        began = time.monotonic()
        interrupted(screen, f"{name}-interrupted")
        assert time.monotonic() - began < 3


def test_interrupt_while_names_are_asked_for(
    person: Person, loopback: Loopback, opened: Open, interrupted: Callable[..., None]
) -> None:
    """Several questions are under way, and none is waited for."""
    loopback.fault("answer", times=1, body=b'{"entries": {"A": "1", "B": "2"}}')
    loopback.fault("hang")
    with opened("list", "--long") as screen:
        _until(lambda: len(loopback.requests) == 3)
        began = time.monotonic()
        interrupted(screen, "list-long-interrupted")
        assert time.monotonic() - began < 3


def test_import_asks(person: Person, opened: Open, expect: Expect) -> None:
    """The difference, the question, and what came of it."""
    person.write("new.env", "LOG_LEVEL=info\nNEW_NAME=1\n", 0o600)
    with opened("import", "new.env") as screen:
        screen.shows(r"\[y/N\]:")
        screen.press("y\n")
        assert screen.status() == 0
        expect("import", screen.text)


def test_import_is_refused(person: Person, opened: Open, expect: Expect) -> None:
    """A no, and the end of the input (Ctrl-D), have status 1; nothing is written."""
    person.write("new.env", "LOG_LEVEL=info\n", 0o600)
    for name, keys in (("import-no", "n\n"), ("import-end", "\x04")):
        with opened("import", "new.env") as screen:
            screen.shows(r"\[y/N\]:")
            screen.press(keys)
            assert screen.status() == 1
            expect(name, screen.text)
    assert person.runs("get", "LOG_LEVEL").out == "debug\n"


def test_import_is_interrupted_at_its_question(
    person: Person, opened: Open, interrupted: Callable[..., None]
) -> None:
    """Nothing is written."""
    person.write("new.env", "LOG_LEVEL=info\n", 0o600)
    with opened("import", "new.env") as screen:
        screen.shows(r"\[y/N\]:")
        time.sleep(0.3)  # Python hears one that comes just before a read only after it
        interrupted(screen, "import-interrupted")
    assert person.runs("get", "LOG_LEVEL").out == "debug\n"


def test_progress(person: Person, opened: Open, expect: Expect) -> None:
    """The bar of an import of more than one batch, when it is whole."""
    person.write("many.json", _many(), 0o600)
    with opened("import", "many.json", "--yes") as screen:
        assert screen.status() == 0
        expect("progress", screen.last(3))


def test_progress_is_interrupted(
    person: Person, loopback: Loopback, opened: Open, interrupted: Callable[..., None]
) -> None:
    """Between two batches: the cursor is there again, and what was written is."""
    person.write("many.json", _many(), 0o600)
    loopback.fault("answer", times=1, body=b'{"entries": {}}')
    loopback.fault("answer", times=1, body=b'{"written": 100}')
    loopback.fault("hang")
    with opened("import", "many.json", "--yes") as screen:
        _until(lambda: len(loopback.requests) == 3)
        screen.shows("40%")
        interrupted(screen, "progress-interrupted", 2)
        assert not screen.cursor_is_hidden


def test_login_hides_what_is_typed(person: Person, opened: Open, expect: Expect) -> None:
    """Nothing of it is on the screen."""
    with opened("login") as screen:
        screen.shows("Token:")
        time.sleep(0.3)  # what is typed before echo is off is thrown away
        screen.press(f"{_TYPED}\n")
        assert screen.status() == 125
        assert _TYPED[:8] not in screen.text
        expect("login", screen.text)


def test_login_is_interrupted(
    person: Person, opened: Open, interrupted: Callable[..., None]
) -> None:
    """Nothing is kept."""
    with opened("login") as screen:
        screen.shows("Token:")
        time.sleep(0.3)  # as above
        screen.press(_TYPED[:8])
        time.sleep(0.1)
        interrupted(screen, "login-interrupted")
        assert _TYPED[:8] not in screen.text
    assert not person.tokens.exists()


def _many() -> str:
    return json.dumps({f"NAME_{number:03}": "1" for number in range(250)})


def _until(comes: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not comes():
        assert time.monotonic() < end
        time.sleep(0.01)
