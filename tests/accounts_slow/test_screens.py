"""What stands on the screen, at 80 and at 40 columns: tables, prompts, Ctrl-C.

The expected screens are the files in ``screens``; where one is missing it is written, and the test
fails.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from accounts.person import interrupt
from condition.terminal import Terminal

from clovrix_env import WriteItem

pyte = pytest.importorskip("pyte", reason="the terminal that reads screens is in the extra dev")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FunctionType

    from accounts.person import Person
    from loopback import Loopback

    from clovrix_env import Client

_SCREENS = Path(__file__).parent / "screens"
_PROMPT = "shell> "
_CONTRACT = """
[variables.A_RATHER_LONG_NAME_OF_A_VARIABLE_THAT_IS_DECLARED]
required = true
"""


class Screen(Terminal):
    """A terminal of so many columns, and what stands on it."""

    columns = 80

    def __enter__(self) -> Screen:
        super().__enter__()
        self._screen = pyte.Screen(self.columns, 24)
        self._stream = pyte.Stream(self._screen)
        self.resize(24, self.columns)
        self.type(f"stty echo; PS1='{_PROMPT}'; clear")
        self.see(re.escape(_PROMPT) + r"\Z")
        return self

    def run(self, command: str) -> None:
        """Type a command that is written as people write it."""
        self.type(command)

    def shows(self, pattern: str) -> None:
        """Wait for a text, and put all that came until then on the screen."""
        found = self.see(rf"(?s).*{pattern}")
        self._stream.feed(found[0].replace("\n", "\r\n"))

    def text(self, port: int) -> str:
        """The screen without blanks at the ends, and without the digits of a port."""
        shown = "\n".join(line.rstrip() for line in self._screen.display).rstrip("\n")
        return shown.replace(str(port), "#" * len(str(port))) + "\n"


@pytest.fixture(params=[80, 40])
def screen(request: pytest.FixtureRequest, writer: Person, clovrix: Client) -> Iterator[Screen]:
    """A terminal on which ``clovrix-env`` is a command, in a project with three entries."""
    writer.write(".clovrix", 'project = "backend"\ndefault_environment = "staging"\n' + _CONTRACT)
    clovrix.set_entries(
        "backend",
        "staging",
        [
            WriteItem("API_KEY", "hunter2", True),
            WriteItem("DATABASE_URL", "postgres://db.internal:5432/backend?sslmode=verify", False),
            WriteItem("MESSAGE", "red \x1b[31m\nsecond line", False),
        ],
    )
    command = shlex.join(writer.command())
    script = writer.write("bin/clovrix-env", f'#!/bin/sh\nexec {command} "$@"\n', 0o755)
    writer.write("bin/editor", '#!/bin/sh\nsed -i /^API_KEY=/d "$1"\n', 0o755)
    writer.environ["PATH"] = f"{script.parent}:{writer.environ['PATH']!s}"
    writer.environ["EDITOR"] = "editor"
    opened = Screen(writer)
    opened.columns = request.param
    with opened:
        yield opened


def list_names(screen: Screen) -> None:
    screen.run("clovrix-env list")
    screen.shows("--long asks of each.*" + _PROMPT)


def list_values(screen: Screen) -> None:
    screen.run("clovrix-env list --long --reveal")
    screen.shows("MESSAGE.*" + _PROMPT)


def get_a_value(screen: Screen) -> None:
    screen.run("clovrix-env get MESSAGE")
    screen.shows("second line.*" + _PROMPT)


def set_a_value(screen: Screen) -> None:
    screen.run("clovrix-env set NEW")
    screen.shows("Value of NEW: ")
    screen.type("hunter3")
    screen.shows("made in.*" + _PROMPT)


def set_interrupted(screen: Screen) -> None:
    screen.run("clovrix-env set NEW")
    screen.shows("Value of NEW: ")
    interrupt(screen, "hunter3")
    screen.shows(_PROMPT)


def login_interrupted(screen: Screen) -> None:
    screen.run("clovrix-env login")
    screen.shows("Token: ")
    interrupt(screen, "icr_half")
    screen.shows(_PROMPT)


def edit_given_up(screen: Screen) -> None:
    screen.run("clovrix-env edit")
    screen.shows(r"\[Y/n\]: ")
    screen.type("n")
    screen.shows("given up.*" + _PROMPT)


def edit_interrupted(screen: Screen) -> None:
    screen.run("clovrix-env edit")
    screen.shows(r"\[Y/n\]: ")
    interrupt(screen)
    screen.shows(_PROMPT)


def init_interrupted(screen: Screen) -> None:
    screen.run("rm .clovrix; clovrix-env init")
    screen.shows(r"Project \[project\]: ")
    screen.type("backend")
    screen.shows(r"Environment \[development\]: ")
    interrupt(screen)
    screen.shows(_PROMPT)


def whoami(screen: Screen) -> None:
    screen.run("clovrix-env whoami")
    screen.shows("CLOVRIX_TOKEN.*" + _PROMPT)


_ALL = (
    list_names, list_values, get_a_value, set_a_value, set_interrupted, login_interrupted,
    edit_given_up, edit_interrupted, init_interrupted, whoami,
)  # fmt: skip


@pytest.mark.parametrize("scene", _ALL, ids=lambda scene: scene.__name__)
def test_the_screen_is_as_expected(scene: FunctionType, screen: Screen, loopback: Loopback) -> None:
    """To the character, and without what was typed into a hidden prompt."""
    scene(screen)
    shown = screen.text(loopback.port)
    assert "hunter3" not in shown
    assert "icr_half" not in shown
    expected = _SCREENS / f"{scene.__name__}_{screen.columns}.txt"
    if not expected.exists():
        _SCREENS.mkdir(exist_ok=True)
        expected.write_text(shown, encoding="utf-8")
        pytest.fail(f"{expected.name} was missing: look at it, and run again")
    assert shown == expected.read_text(encoding="utf-8")
