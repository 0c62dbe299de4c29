"""``only`` and ``exclude``: what we inject, by glob, after everything was expanded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import ClovrixConfigError, resolve_env

if TYPE_CHECKING:
    from resolve.surroundings import Project

_FILE = "DB_HOST=h\nLEGACY_NAME=n\nDB_URL=x://${DB_HOST}/${LEGACY_NAME}\nlower=1\n"


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["DB_HOST", "LEGACY_NAME", "DB_URL", "lower"]),
        ({"only": ["DB_*"]}, ["DB_HOST", "DB_URL"]),
        ({"only": ["DB_*", "lower"]}, ["DB_HOST", "DB_URL", "lower"]),
        ({"only": ["DB_*"], "exclude": ["*_HOST"]}, ["DB_URL"]),
        ({"exclude": ["LEGACY_*"]}, ["DB_HOST", "DB_URL", "lower"]),
        ({"only": ["db_*"]}, []),
        ({"only": ["DB_?RL"]}, ["DB_URL"]),
        ({"only": ["DB_[HU]*"]}, ["DB_HOST", "DB_URL"]),
        ({"only": []}, ["DB_HOST", "LEGACY_NAME", "DB_URL", "lower"]),
    ],
)
def test_globs_select_names(project: Project, options: dict[str, Any], names: list[str]) -> None:
    """Case counts; ``exclude`` beats ``only``."""
    project.write(".env", _FILE)
    assert list(resolve_env(**options)) == names


def test_name_that_is_left_out_may_be_referred_to_and_be_wrong(project: Project) -> None:
    """The selection comes after interpolation; what nobody gets need not expand."""
    project.write(".env", f"{_FILE}B=${{NOPE}}\n")
    assert dict(resolve_env(only=["DB_URL"])) == {"DB_URL": "x://h/n"}
    project.write(".env", "B=${NOPE}\nA=${B}\n")
    with pytest.raises(ClovrixConfigError, match="NOPE"):
        resolve_env(exclude=["B"])


def test_project_file_selects_and_arguments_replace(project: Project) -> None:
    """Each list for itself."""
    project.declare('[select]\nonly = ["DB_*"]\nexclude = ["*_HOST"]\n')
    project.write(".env", _FILE)
    assert list(resolve_env()) == ["DB_URL"]
    assert list(resolve_env(only=["LEGACY_*", "DB_HOST"])) == ["LEGACY_NAME"]
    assert list(resolve_env(exclude=[])) == ["DB_HOST", "DB_URL"]


def test_process_environment_and_overrides_are_never_left_out(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one is not ours to inject, the other was said just now."""
    monkeypatch.setenv("DB_HOST", "process")
    project.write(".env", _FILE)
    environment = resolve_env(exclude=["*"], overrides={"DEBUG": "1"})
    assert dict(environment) == {"DB_HOST": "process", "DEBUG": "1"}


def test_one_text_is_no_list_of_globs(project: Project) -> None:
    """``only="DB_*"`` would be four globs of one letter."""
    for option in ("only", "exclude", "allow"):
        with pytest.raises(ClovrixConfigError, match=f"{option}= must be a list of names"):
            resolve_env(**{option: "DB_*"})  # type: ignore[arg-type]
