"""Which ``.env`` files are read, in which environment, and what is told of those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clovrix_env import resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolve.surroundings import Project

    Refused = Callable[..., list[str]]


def test_environment_whose_file_could_not_exist(project: Project) -> None:
    """Clovrix takes longer names than file systems do."""
    project.write(".env", "A=1\n")
    assert dict(resolve_env(environment="x" * 300)) == {"A": "1"}


@pytest.mark.parametrize("environment", ["staging", "pre-prod", "eu_1", "Test"])
def test_environment_has_a_file_of_its_own(project: Project, environment: str) -> None:
    """``.env.{environment}`` exists for plain names."""
    project.write(f".env.{environment}", "A=1\n")
    project.write(f".env.{environment}.local", "B=1\n")
    assert dict(resolve_env(environment=environment)) == {"A": "1", "B": "1"}


@pytest.mark.parametrize(
    "environment",
    ["local", "example", "sample", "schema", "vault", "keys", "a.b", "a/b", "é", "a b"],
)
def test_some_names_have_no_file(project: Project, environment: str) -> None:
    """``.env.example`` and its like mean something else, and a name is no path."""
    project.write(f".env.{environment}", "A=1\n")
    project.write(".env", "B=1\n")
    expected = {"A": "1", "B": "1"} if environment == "local" else {"B": "1"}
    assert dict(resolve_env(environment=environment)) == expected


def test_local_file_is_read_once_in_an_environment_called_local(project: Project) -> None:
    """There ``.env.local`` is the one for every environment, and not read a second time."""
    project.write(".env.local", "A=1\n")
    environment = resolve_env(environment="local")
    assert str(environment.origin("A")) == ".env.local:1"


def test_local_file_is_skipped_in_test(project: Project) -> None:
    """A test gives the same on every machine; ``.env.test.local`` is there on purpose."""
    project.write(".env", "A=1\n")
    project.write(".env.local", "A=2\n")
    project.write(".env.test.local", "B=1\n")
    assert dict(resolve_env(environment="test")) == {"A": "1", "B": "1"}


@pytest.mark.parametrize("environment", ["production", "prod"])
def test_default_files_are_not_read_in_production(
    project: Project, capsys: pytest.CaptureFixture[str], environment: str
) -> None:
    """A forgotten ``.env`` does not beat production's values, and one line says so."""
    project.write(".env", "A=1\n")
    assert dict(resolve_env(environment=environment, overrides={"B": "1"})) == {"B": "1"}
    assert capsys.readouterr().err == (
        f"clovrix-env: .env not read in {environment} (local=True reads it)\n"
    )


def test_several_ignored_files_are_one_line(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of them in one line."""
    project.write(".env", "A=1\n")
    project.write(".env.production", "A=1\n")
    resolve_env(environment="production", overrides={})
    assert capsys.readouterr().err == (
        "clovrix-env: .env, .env.production not read in production (local=True reads them)\n"
    )


def test_nothing_is_said_where_no_file_is_ignored(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """No file, no line."""
    resolve_env(environment="production", overrides={"B": "1"})
    assert capsys.readouterr() == ("", "")


def test_local_reads_them_in_production(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """``local=True`` is the user's word."""
    project.write(".env", "A=1\n")
    assert dict(resolve_env(environment="production", local=True)) == {"A": "1"}
    assert capsys.readouterr().err == ""


def test_local_false_reads_none_and_says_nothing(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """``local=False`` leaves the default files out anywhere."""
    project.write(".env", "A=1\n")
    assert dict(resolve_env(local=False, overrides={"B": "1"})) == {"B": "1"}
    assert capsys.readouterr().err == ""


def test_named_file_is_read_in_production(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """Naming a file says that it is meant."""
    project.write(".env", "A=1\n")
    assert dict(resolve_env(environment="production", files=[".env"])) == {"A": "1"}
    assert capsys.readouterr().err == ""


def test_project_file_says_where_they_are_ignored(project: Project) -> None:
    """``[files] ignored_in`` replaces the default list."""
    project.declare('[files]\nignored_in = ["live"]\n')
    project.write(".env", "A=1\n")
    assert dict(resolve_env(environment="production")) == {"A": "1"}
    assert dict(resolve_env(environment="live")) == {}


def test_project_file_names_the_files(project: Project) -> None:
    """``[files] names`` replaces the four, the last wins."""
    project.declare('[files]\nnames = ["b.env", "a.{environment}.env"]\n')
    project.write(".env", "A=no\n")
    project.write("b.env", "A=1\nB=1\n")
    project.write("a.staging.env", "B=2\n")
    assert dict(resolve_env(environment="staging")) == {"A": "1", "B": "2"}


def test_file_that_two_names_mean_is_read_once(project: Project) -> None:
    """What it appends is appended once: by default, and where it is named."""
    project.declare('[files]\nnames = [".env.dev", ".env.{environment}"]\n')
    project.write(".env.dev", "A=${A:-},x\n")
    assert resolve_env(environment="dev")["A"] == ",x"
    assert resolve_env(files=[".env.dev", "./.env.dev"])["A"] == ",x"


def test_named_files_replace_the_four_and_the_last_wins(project: Project) -> None:
    """``files=`` in order; one that is named twice counts where it stands last."""
    project.write(".env", "A=no\n")
    project.write("one", "A=1\nB=1\n")
    project.write("two", "A=2\n")
    assert dict(resolve_env(files=["one", "two"])) == {"A": "2", "B": "1"}
    assert dict(resolve_env(files=["one", "two", "one"])) == {"A": "1", "B": "1"}
    assert str(resolve_env(files=["one", "two", "one"]).origin("B")) == "one:2"


def test_named_files_are_relative_to_the_working_directory(project: Project) -> None:
    """Not to the root."""
    project.write("below/.clovrix", "")
    project.write("below/one", "A=no\n")
    project.write("one", "A=1\n")
    assert dict(resolve_env(root="below", files=["one"])) == {"A": "1"}


def test_default_files_are_optional(project: Project) -> None:
    """None of the four has to exist."""
    project.declare("")
    assert dict(resolve_env()) == {}


def test_nothing_configured_is_refused(project: Project, refused: Refused) -> None:
    """A program without its configuration does not start silently."""
    [told] = refused()
    assert told.startswith(f"nothing is configured in {project.folder}")


def test_refusal_tells_of_the_file_that_was_not_read(project: Project, refused: Refused) -> None:
    """Where nothing else is configured, the ignored file is why."""
    project.write(".env", "A=1\n")
    told = refused(environment="production")
    assert told[1] == ".env not read in production (local=True reads it)"


def test_one_text_is_no_list_of_files(refused: Refused) -> None:
    """``files=".env"`` would be four files of one letter."""
    assert refused(files=".env") == ["files= must be a list of paths"]
