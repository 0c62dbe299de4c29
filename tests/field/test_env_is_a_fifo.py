"""``.env`` is a FIFO, which gives what it holds once, and whose writer waits for a reader."""

from __future__ import annotations

import os
import select
import threading
from typing import TYPE_CHECKING

import pytest

from clovrix_env import resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from launch.launcher import Launcher
    from resolve.surroundings import Project


@pytest.fixture
def writer(project: Project) -> Iterator[threading.Thread]:
    """Somebody who writes ``A=1`` to the FIFO ``.env``, once, to whoever opens it."""

    def write() -> None:
        with open(path, "w") as file:
            file.write("A=1\n")

    path = project.folder / ".env"
    os.mkfifo(path)
    thread = threading.Thread(target=write)
    thread.start()
    yield thread
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    thread.join()
    os.close(reader)


def test_it_is_read(writer: threading.Thread) -> None:
    """1Password; python-dotenv#586, direnv#1570, pydantic-settings#776."""
    assert dict(resolve_env(timeout=5)) == {"A": "1"}


def test_it_is_read_without_poll(writer: threading.Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    """eventlet takes ``select.poll`` away."""
    monkeypatch.delattr(select, "poll")
    assert dict(resolve_env(timeout=5)) == {"A": "1"}


def test_without_a_writer_the_deadline_ends_it(
    project: Project, refused: Callable[..., list[str]]
) -> None:
    """A start does not wait for ever."""
    os.mkfifo(".env")
    assert refused(timeout=0.1) == [".env is a FIFO that no program wrote to in time"]


def test_it_is_not_opened_where_no_file_is_read(
    project: Project, writer: threading.Thread, capfd: pytest.CaptureFixture[str]
) -> None:
    """To open and close it would take from its writer what was meant for somebody else."""
    project.declare("")
    assert dict(resolve_env(environment="production")) == {}
    assert ".env not read in production" in capfd.readouterr().err
    assert writer.is_alive()


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files to others")
def test_that_of_another_user_is_not_opened(
    project: Project, writer: threading.Thread, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whoever could put it there could hold up every start."""
    project.declare("")
    os.chown(".env", 65534, 65534)
    assert dict(resolve_env()) == {}
    assert ".env is a FIFO of another user" in capfd.readouterr().err
    assert writer.is_alive()


@pytest.mark.slow
def test_commands_that_load_no_values_do_not_open_it(
    project: Project, launched: Launcher, output: Callable[..., str], writer: threading.Thread
) -> None:
    """``doctor`` and ``check`` look at it, ``whoami`` and completion do without."""
    project.declare("[variables.A]\n")
    for words in (("check",), ("doctor",), ("whoami",)):
        output(*words)
    output(
        env={
            "_CLOVRIX_ENV_COMPLETE": "bash_complete",
            "COMP_WORDS": "clovrix-env get ",
            "COMP_CWORD": "2",
        }
    )
    assert writer.is_alive()
    assert launched("--", "printenv", "A").stdout == b"1\n"
