"""Names in another letter case."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolve.surroundings import Project


@pytest.mark.parametrize("environment", ["Production", "PROD"])
def test_production_is_production_in_any_case(
    project: Project, environment: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A forgotten ``.env`` must not beat it."""
    project.declare("")
    project.write(".env", "A=1\n")
    assert dict(resolve_env(environment=environment)) == {}
    assert f".env not read in {environment}" in capfd.readouterr().err


def test_test_and_reserved_names_are_so_in_any_case(project: Project) -> None:
    """``.env.local`` is not for tests, and ``.env.Example`` is no environment's file."""
    project.write(".env", "A=1\n")
    project.write(".env.local", "B=1\n")
    project.write(".env.Example", "C=1\n")
    assert dict(resolve_env(environment="TEST")) == {"A": "1"}
    assert dict(resolve_env(environment="Example")) == {"A": "1", "B": "1"}


def test_on_windows_names_that_differ_in_case_are_one(
    project: Project, answers: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """cpython#91017: in every layer, references, the contract and the result. Told by a fake."""
    project.declare('[variables.port]\ntype = "int"\n[variables.with_default]\ndefault = "d"\n')
    project.write(".env", "db_url=file\nHost=one\nHOST=two\nAt=${hOST}:${Port}\nSKIP_me=1\n")
    monkeypatch.setenv("LOCALAPPDATA", str(project.folder))
    monkeypatch.setenv("DB_URL", "process")
    client = answers(backend={"Port": "80", "host": "remote"})
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        found = resolve_env(
            "backend", "staging", client=client, exclude=["skip_*"], overrides={"Over": "1"}
        )
    assert dict(found) == {
        "DB_URL": "process",
        "HOST": "two",
        "AT": "two:80",
        "PORT": "80",
        "WITH_DEFAULT": "d",
        "OVER": "1",
    }
    assert (found["db_url"], found.typed("Port"), "over" in found) == ("process", 80, True)
    assert str(found.origin("host")) == ".env:3 (hides .env:2, backend/staging on Clovrix)"
