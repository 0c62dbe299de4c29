"""Every text that a repository can write has a limit, and a sentence that names it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from clovrix_env import ClovrixConfigError, resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from launch.launcher import Launcher
    from resolve.surroundings import Project

    Refused = Callable[..., list[str]]


@pytest.mark.parametrize("form", ["{} = 1", "[{}]", "x = 0x10\n{} = 1"])
def test_key_of_many_parts(project: Project, refused: Refused, form: str) -> None:
    """Each part is a table: 80 KB of dots would take gigabytes."""
    project.declare(form.format(".".join("a" * 40_000)) + "\n")
    [problem] = refused()
    assert problem == f".clovrix:{1 + form.count(chr(10))}: the key has too many parts"


def test_many_globs(project: Project, refused: Refused) -> None:
    """Each glob is held against each name."""
    globs = ", ".join(['"A*"'] * 1001)
    project.declare(f"[select]\nonly = [{globs}]\n")
    assert refused() == [".clovrix:2: select.only has more than 1,000 items"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[select]\nonly = ["{}"]\n', "select.only has an item of more than 1,000 characters"),
        ('[variables.A]\npattern = "{}"\n', "variables.A.pattern has more than 10,000 characters"),
    ],
)
def test_long_glob_and_pattern(project: Project, refused: Refused, text: str, problem: str) -> None:
    """Both are compiled."""
    project.declare(text.format("a" * 10_001))
    assert refused() == [f".clovrix:2: {problem}"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("A='x'\nB=x" + " " * 10_000 + "y\n", ".env: has more than 2,000 spaces in a row"),
        ("A" * 1_001 + "=1\n", ".env:1: the key has more than 1,000 characters"),
    ],
    ids=["spaces", "name"],
)
def test_long_spaces_and_names(project: Project, refused: Refused, text: str, problem: str) -> None:
    """python-dotenv takes the square of the one; the other would be part of each message."""
    project.write(".env", text)
    assert refused() == [problem]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("declared", "value", "problem"),
    [
        (
            "[variables.CODE]\npattern = '(a+)+$'\n",
            f"CODE={'a' * 40}!\n",
            ".clovrix:1: CODE: the pattern takes more than 1 s or 64 MiB",
        ),
        (
            "[variables.CODE]\npattern = '" + "(?:" * 10 + "a|b|cc" + ")*?x?" * 10 + "c'\n",
            f"CODE={'a' * 900_000}\n",
            ".clovrix:1: CODE: the pattern takes more than 1 s or 64 MiB",
        ),
        (
            f"[select]\nexclude = {['*A?' * 300 + str(n) for n in range(900)]}\n",
            f"{'A' * 900}=1\n" * 1_000,
            "[select]: its globs take more than 1 s or 64 MiB",
        ),
    ],
    ids=["time", "memory", "globs"],
)
def test_launcher_ends_what_backtracks(
    launched: Launcher, project: Project, declared: str, value: str, problem: str
) -> None:
    """With a line that says what to write, and without the value."""
    project.declare(declared)
    project.write(".env", value)
    ended = launched("--", "true")
    lines = ended.stderr.decode().splitlines()
    assert (ended.returncode, len(lines)) == (125, 2)
    assert lines[0].startswith(f"clovrix-exec: {problem}")
    assert lines[1].startswith("clovrix-exec: write ")
    assert "aaaa" not in ended.stderr.decode()


def test_program_of_its_own_is_not_limited(project: Project) -> None:
    """Timers and handlers are the program's: a pattern may take as long as it needs there."""
    project.declare("[variables.A]\npattern = 'a+'\n")
    project.write(".env", "A=aaa\n")
    before = signal.getsignal(signal.SIGVTALRM)
    assert resolve_env()["A"] == "aaa"
    assert signal.getsignal(signal.SIGVTALRM) is before


def test_many_lines(project: Project, refused: Refused) -> None:
    """A log that was named by mistake is refused before it is parsed."""
    project.write(".env", "A=1\n" * 20_001)
    assert refused() == [".env: has more than 20,000 lines"]


def test_many_problems(project: Project) -> None:
    """All are in ``problems``; a message shows a hundred, and how many more there are."""
    project.write(".env", "".join(f"LD_{number}=1\n" for number in range(150)))
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env()
    assert len(caught.value.problems) == 150
    lines = str(caught.value).split("\n")
    assert lines[99].startswith(".env:100: LD_99 ")
    assert lines[100] == "and 50 more problems"
