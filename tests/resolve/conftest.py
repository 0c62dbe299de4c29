"""A project folder to resolve in, and Clovrix behind a real server or a brought client."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from resolve.surroundings import Clovrix, Project

from clovrix_env import ClovrixConfigError, resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from conftest import StoreHome
    from loopback import Loopback


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty folder with ``.git``, which is the working directory."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return Project(folder)


@pytest.fixture
def refused() -> Callable[..., list[str]]:
    """The problems with which ``resolve_env(…)`` refuses."""

    def ask(*arguments: Any, **options: Any) -> list[str]:
        with pytest.raises(ClovrixConfigError) as caught:
            resolve_env(*arguments, **options)
        return list(caught.value.problems)

    return ask


class Answers:
    """A client to bring: ``entries`` by project, and what it was asked."""

    def __init__(self, entries: Mapping[str, dict[str, str]]) -> None:
        self.entries = entries
        self.asked: list[tuple[str, str]] = []

    def get_entries(self, project: str, environment: str) -> dict[str, str]:
        self.asked.append((project, environment))
        return self.entries[project]


@pytest.fixture
def answers() -> Callable[..., Any]:
    """``client=answers(backend={"A": "1"})``: Clovrix without a server."""

    def made(**entries: dict[str, str]) -> Answers:
        return Answers(entries)

    return made


@pytest.fixture
def clovrix(store_home: StoreHome, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> Clovrix:
    """A real server that we are told to ask: ``backend`` in ``production`` and ``staging``."""
    monkeypatch.setenv("CLOVRIX_API_URL", loopback.url)
    monkeypatch.setenv("CLOVRIX_TOKEN", store_home.token)
    return Clovrix(store_home, loopback)


@pytest.fixture
def descriptors() -> Callable[[], int]:
    """How many descriptors this process has open."""
    return lambda: len(os.listdir("/proc/self/fd"))
