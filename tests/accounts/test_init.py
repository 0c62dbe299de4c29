"""``init``: a ``.clovrix`` and a line for git; nothing that is there is overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clovrix_env.errors import Problems
from clovrix_env.settings import project_reader

if TYPE_CHECKING:
    from pathlib import Path

    from accounts.person import Person
    from condition.terminal import Terminal

    from clovrix_env import Client

_WORDS = ("init", "-p", "x", "-e", "y")


@pytest.fixture
def beginner(newcomer: Person) -> Person:
    """Somebody whose project has no ``.clovrix`` yet."""
    (newcomer.folder / ".clovrix").unlink()
    return newcomer


def declared(person: Person) -> tuple[str | None, str | None]:
    """What the file says, which has to be without a problem."""
    problems = Problems()
    read = project_reader.parse((person.folder / ".clovrix").read_text(), ".clovrix", problems)
    problems.raise_if_any()
    return read.project, read.default_environment


@pytest.mark.parametrize("name", ['my "own" \\ project', "ü\x7f\t/\n\U0001f511"])
def test_options_say_what_is_written(beginner: Person, name: str) -> None:
    """Any name that Clovrix takes is read back."""
    ran = beginner.runs("init", "-p", name, "-e", "stg/eu").well()
    assert declared(beginner) == (name, "stg/eu")
    assert ran.out.splitlines() == [
        f"created {beginner.folder}/.clovrix",
        "added .env, .env.*, !.env.example to .gitignore",
    ]


def test_the_examples_in_it_are_right(beginner: Person) -> None:
    """Without their ``#`` they are declarations."""
    beginner.runs("init", "-p", "backend", "-e", "development").well()
    text = (beginner.folder / ".clovrix").read_text()
    lines = text.partition("# Other projects")[2].splitlines()[1:]
    examples = "\n".join(line[2:] for line in lines if not line.endswith((":", "starts:")))
    problems = Problems()
    read = project_reader.parse(examples, ".clovrix", problems)
    problems.raise_if_any()
    assert list(read.variables) == ["DATABASE_URL", "LOG_LEVEL"]
    assert read.extends == ("shared",)


def test_what_is_there_stays(beginner: Person) -> None:
    """A ``.clovrix``, and a link of that name; no ``.gitignore`` is made either."""
    path = beginner.write(".clovrix", "# mine\n")
    ran = beginner.runs(*_WORDS)
    assert (ran.status, path.read_text()) == (125, "# mine\n")
    assert "exists already" in ran.err
    path.write_text('project = "x"\n')
    assert beginner.runs(*_WORDS).status == 125
    path.unlink()
    path.symlink_to("elsewhere")
    assert beginner.runs(*_WORDS).status == 125
    assert [entry.name for entry in beginner.folder.iterdir()] == [".clovrix"]


def test_a_second_time(beginner: Person) -> None:
    """The same names, or none, change nothing and are well, as ``local init`` is."""
    beginner.runs(*_WORDS).well()
    before = (beginner.folder / ".clovrix").read_bytes()
    for words in (_WORDS, ("init",), ("init", "-e", "y")):
        ran = beginner.runs(*words).well()
        assert ran.out == f"unchanged {beginner.folder}/.clovrix\n"
    assert (beginner.folder / ".clovrix").read_bytes() == before


def test_git_and_a_dotenv(beginner: Person) -> None:
    """A ``.gitignore`` that is a link is left alone; how to import a ``.env`` is said."""
    target = beginner.write("target", "")
    (beginner.folder / ".gitignore").symlink_to(target)
    beginner.write(".env", "A=hunter2\n")
    ran = beginner.runs("init", "-p", "my project", "-e", "dev").well()
    assert target.read_text() == ""
    assert ".gitignore is unchanged" in ran.err
    assert f"clovrix-env import {beginner.folder}/.env -p 'my project' -e dev" in ran.out
    assert "hunter2" not in ran.out + ran.err


def test_importing_is_offered(writer: Person, clovrix: Client, terminal: Terminal) -> None:
    """On a terminal it asks for both names; yes runs the import, which shows names and asks."""
    (writer.folder / ".clovrix").unlink()
    writer.write(".env", "A=hunter2\n")
    terminal.line(
        "env", f"CLOVRIX_TOKEN={writer.environ['CLOVRIX_TOKEN']!s}", *writer.command("init")
    )
    terminal.see(r"Project \[project\]: ")
    terminal.type("backend")
    terminal.see(r"Environment \[development\]: ")
    terminal.type("staging")
    terminal.see(r"created .*\.clovrix")
    terminal.see(r"Import \.env into backend/staging\? \[y/N\]: ")
    terminal.type("y")
    assert "hunter2" not in terminal.see(r"(?s)(.*)\[y/N\]: ")[1]
    terminal.type("y")
    assert terminal.status() == 0
    assert clovrix.get_entries("backend", "staging") == {"A": "hunter2"}


@pytest.mark.parametrize("name", ["", "."])
def test_an_impossible_name_is_refused(beginner: Person, name: str) -> None:
    """Before anything is written."""
    assert beginner.runs("init", "-p", name, "-e", "y").status == 125
    assert list(beginner.folder.iterdir()) == []


def test_another_folder(beginner: Person, tmp_path: Path) -> None:
    """``--root`` names it; the working directory is left alone."""
    other = tmp_path / "other"
    other.mkdir()
    beginner.runs(*_WORDS, "-q", "--root", str(other)).well()
    assert sorted(path.name for path in other.iterdir()) == [".clovrix", ".gitignore"]
    assert list(beginner.folder.iterdir()) == []
    assert beginner.runs(*_WORDS, "--root", "missing").status == 125
