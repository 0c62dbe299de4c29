"""A misspelled variable of clovrix-env's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clovrix_env import resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from launch.launcher import Launcher
    from resolve.surroundings import Project


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("CLOVRIX_ENVIROMENT", "CLOVRIX_ENVIRONMENT"),
        ("CLOVRIX_API_URI", "CLOVRIX_API_URL"),
        ("CLOVIRX_TOKEN", "CLOVRIX_TOKEN"),
        ("CLOVRIX_PORT", ""),
        ("CLOVRIX_SERVICE_HOST", ""),
        ("CLOVRIX_PORT_443_TCP", ""),
        ("CLOVRIX_SOMETHING", ""),
        ("CLOVER_TOKEN_OF_OURS", ""),
    ],
)
def test_it_is_warned_of(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    name: str,
    meant: str,
) -> None:
    """Within two letters of a known name; never what Kubernetes sets for a Service ``clovrix``."""
    project.write(".env", "A=1\n")
    monkeypatch.setenv(name, "icr_hunter2")
    resolve_env()
    line = f"clovrix-env: {name} is not known: did you mean {meant}?\n" if meant else ""
    assert capfd.readouterr().err == line


@pytest.mark.slow
def test_launcher_and_commands_warn_too(
    project: Project, launched: Launcher, output: Callable[..., str]
) -> None:
    """One line in front of the program; where a command looks at the settings, there."""
    project.write(".env", "A=1\n")
    launched.environ["CLOVRIX_ENVIROMENT"] = "production"
    line = "CLOVRIX_ENVIROMENT is not known: did you mean CLOVRIX_ENVIRONMENT?"
    assert launched("--", "true").stderr.decode() == f"clovrix-exec: {line}\n"
    for words in (("explain",), ("doctor",), ("check",), ("list", "-p", "backend", "-e", "x")):
        assert line in " ".join(output(*words).split()), words
