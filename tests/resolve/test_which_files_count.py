"""Which ``.env`` files are read, in which environment, and what is told of those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import resolve_env

if TYPE_CHECKING:
    from resolve.surroundings import Project, Refused

_PLAIN = ("staging", "pre-prod", "eu_1", "Test")
# .env.example and its like mean something else; others are no name, or too long for a file's.
_WITHOUT = ("example", "sample", "schema", "vault", "keys", "a.b", "a/b", "é", "a b")


@pytest.mark.parametrize(
    ("environment", "read", "not_read"),
    [
        (None, [".env", ".env.local"], [".env.dev"]),
        *((name, [f".env.{name}", f".env.{name}.local"], []) for name in _PLAIN),
        *((name, [".env"], [f".env.{name}"]) for name in _WITHOUT),
        ("x" * 300, [".env"], []),
        ("local", [".env", ".env.local"], []),
        ("test", [".env", ".env.test.local"], [".env.local"]),  # the same on every machine
    ],
)
def test_files_of_an_environment(
    project: Project, environment: str | None, read: list[str], not_read: list[str]
) -> None:
    """Each is read once, in this order; the last wins."""
    for name in (*read, *not_read):
        project.write(name, f"ALL=${{ALL:-}},{name}\n")
    assert resolve_env(environment=environment)["ALL"].split(",")[1:] == read


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"environment": "production"}, ".env, .env.production not read in production"),
        ({"environment": "prod"}, ".env not read in prod"),
        ({"local": False}, ""),
        ({"environment": "production", "local": False}, ""),
    ],
    ids=str,
)
def test_default_files_are_not_read(
    project: Project, capsys: pytest.CaptureFixture[str], options: dict[str, Any], told: str
) -> None:
    """In production, or by ``local=False``; one line says so where nobody did."""
    project.write(".env", "A=1\n")
    project.write(".env.production", "A=1\n")
    assert dict(resolve_env(overrides={"B": "1"}, **options)) == {"B": "1"}
    read = "reads them" if "," in told else "reads it"
    assert capsys.readouterr().err == (f"clovrix-env: {told} (local=True {read})\n" if told else "")


@pytest.mark.parametrize("options", [{"local": True}, {"files": [".env"]}], ids=str)
def test_who_names_them_reads_them_in_production(
    project: Project, capsys: pytest.CaptureFixture[str], options: dict[str, Any]
) -> None:
    """Without a line; nor is there one where no file is ignored."""
    project.write(".env", "A=1\n")
    assert dict(resolve_env(environment="production", **options)) == {"A": "1"}
    (project.folder / ".env").unlink()
    resolve_env(environment="production", overrides={"B": "1"})
    assert capsys.readouterr() == ("", "")


def test_project_file_names_the_files_and_where_they_are_ignored(project: Project) -> None:
    """``[files]`` replaces the four names, of which the last wins, and the default list."""
    project.declare('[files]\nnames = ["b.env", "a.{environment}.env"]\nignored_in = ["live"]\n')
    project.write(".env", "A=no\n")
    project.write("b.env", "A=1\nB=1\n")
    project.write("a.production.env", "B=2\n")
    assert dict(resolve_env(environment="production")) == {"A": "1", "B": "2"}
    assert dict(resolve_env(environment="live")) == {}


def test_file_that_two_names_mean_is_read_once(project: Project) -> None:
    """What it appends is appended once: by default, and where it is named."""
    project.declare('[files]\nnames = [".env.dev", ".env.{environment}"]\n')
    project.write(".env.dev", "A=${A:-},x\n")
    assert resolve_env(environment="dev")["A"] == ",x"
    assert resolve_env(files=[".env.dev", "./.env.dev"])["A"] == ",x"


def test_named_files_replace_the_four_and_the_last_wins(project: Project) -> None:
    """They are relative to the working directory; one named twice counts where it stands last."""
    project.write("below/.clovrix", "")
    project.write("below/one", "A=no\n")
    project.write(".env", "A=no\n")
    project.write("one", "A=1\nB=1\n")
    project.write("two", "A=2\n")
    assert dict(resolve_env(root="below", files=["one", "two"])) == {"A": "2", "B": "1"}
    again = resolve_env(files=["one", "two", "one"])
    assert (again["A"], str(again.origin("B"))) == ("1", "one:2")


def test_nothing_configured_is_refused(project: Project, refused: Refused) -> None:
    """A program without its configuration does not start silently; an ignored file is told."""
    [told] = refused()
    assert told.startswith(f"nothing is configured in {project.folder}")
    project.write(".env", "A=1\n")
    assert refused(environment="production")[1] == (
        ".env not read in production (local=True reads it)"
    )
    project.declare("")
    assert dict(resolve_env(local=False)) == {}
