"""Files that are no ordinary files: FIFOs, devices, folders, links, too large, not text."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from typing import TYPE_CHECKING

import pytest

from clovrix_env import resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from resolve.surroundings import Project

    Refused = Callable[..., list[str]]


def test_exactly_one_mebibyte_is_read(project: Project) -> None:
    """The largest file that counts has 1 MiB."""
    project.write(".env", "A=" + "x" * (1024 * 1024 - 3) + "\n")
    assert len(resolve_env()["A"]) == 1024 * 1024 - 3


def test_more_than_one_mebibyte_is_refused(project: Project, refused: Refused) -> None:
    """One byte more is an error, not a file read in part."""
    project.write(".env", "A=" + "x" * (1024 * 1024 - 2) + "\n")
    assert refused() == [".env is larger than 1 MiB"]


def test_log_named_by_mistake_is_not_told_line_by_line(project: Project, refused: Refused) -> None:
    """20,000 lines that are no assignments take 21 sentences, and no longer than a moment."""
    project.write(".env", "2026-11-25 12:00:00 INFO started\n" * 20_000)
    began = time.monotonic()
    told = refused()
    assert time.monotonic() - began < 2
    assert told[0] == ".env:1: expected KEY=value"
    assert told[20:] == [".env: and more lines like these; is it a .env file?"]


def test_file_that_is_not_utf8_is_refused(project: Project, refused: Refused) -> None:
    """Latin-1 is told, not guessed at."""
    (project.folder / ".env").write_bytes("A=é".encode("latin-1"))
    assert refused() == [".env is not UTF-8 (line 1)"]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_file_that_is_utf16_is_named_as_that(
    project: Project, refused: Refused, codec: str
) -> None:
    """With a byte order mark and without."""
    (project.folder / ".env").write_bytes("A=é\nB=2\n".encode(codec))
    assert refused() == [".env looks like UTF-16: save it as UTF-8"]


def test_two_byte_order_marks_are_named(project: Project, refused: Refused) -> None:
    """One is skipped; a second would become part of the first name."""
    project.write(".env", "\ufeffA=1\n")
    assert dict(resolve_env()) == {"A": "1"}
    project.write(".env", "\ufeff\ufeffA=1\n")
    marks = "starts with two byte order marks: save it as UTF-8 with one or none"
    assert refused() == [f".env {marks}"]


def test_text_with_a_nul_is_not_taken_for_utf16(project: Project, refused: Refused) -> None:
    """The line is named, as that of any other value that holds one."""
    project.write(".env", "A=x\0y\n")
    assert refused() == [".env:1: A: the value contains a NUL character"]


def test_named_fifo_is_read(project: Project) -> None:
    """A FIFO that is named gives what its writer writes, in pieces, until the writer closes it."""
    os.mkfifo("secrets")

    def write() -> None:
        time.sleep(0.05)
        with open("secrets", "w") as file:
            for line in ("A=1\n", "B=${A}\n"):
                file.write(line)
                file.flush()
                time.sleep(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    assert dict(resolve_env(files=["secrets"], timeout=5)) == {"A": "1", "B": "1"}
    writer.join()


def test_named_fifo_without_writer_ends_at_the_deadline(project: Project, refused: Refused) -> None:
    """Nobody waits for ever for a writer that does not come."""
    os.mkfifo("secrets")
    began = time.monotonic()
    assert refused(files=["secrets"], timeout=0.2) == [
        "secrets is a FIFO that no program wrote to in time"
    ]
    assert 0.15 < time.monotonic() - began < 1.5


def test_named_fifo_whose_writer_never_closes_ends_at_the_deadline(
    project: Project, refused: Refused
) -> None:
    """The deadline is for the whole file."""
    os.mkfifo("secrets")
    writer = os.open("secrets", os.O_RDWR)
    try:
        os.write(writer, b"A=1\n")
        began = time.monotonic()
        assert refused(files=["secrets"], timeout=0.2)
        assert time.monotonic() - began < 1.5
    finally:
        os.close(writer)


def test_folder_in_a_default_files_place_is_ignored(project: Project) -> None:
    """Old virtual environments are folders called ``.env``."""
    (project.folder / ".env").mkdir()
    project.write(".env.local", "A=1\n")
    assert dict(resolve_env()) == {"A": "1"}


def test_dev_null_is_an_empty_file(project: Project) -> None:
    """``files=["/dev/null"]`` says: no file."""
    project.write(".env", "A=1\n")
    assert dict(resolve_env(files=[os.devnull])) == {}


def test_device_is_refused(project: Project, refused: Refused) -> None:
    """``/dev/zero`` never ends."""
    assert refused(files=["/dev/zero"]) == ["/dev/zero is a device or a socket"]


def test_link_is_followed(project: Project, tmp_path: Path) -> None:
    """A default file may be a link to where the deployment keeps it."""
    (tmp_path / "elsewhere").write_text("A=1\n")
    (project.folder / ".env").symlink_to(tmp_path / "elsewhere")
    assert dict(resolve_env()) == {"A": "1"}


def test_broken_link_is_no_file(project: Project) -> None:
    """A link to nothing in a default file's place is an absent file."""
    (project.folder / ".env").symlink_to("nowhere")
    project.write(".env.local", "A=1\n")
    assert dict(resolve_env()) == {"A": "1"}


def test_loop_of_links_is_refused(project: Project, refused: Refused) -> None:
    """What cannot be opened is told, with the system's reason."""
    (project.folder / ".env").symlink_to(".env")
    assert refused() == [".env cannot be read: too many levels of symbolic links"]


def test_unreadable_file_is_refused(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    """A default file that this user cannot read is an error: values would be missing."""
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, ".env")
        os.close(os.open(path, os.O_CREAT, 0))
        monkeypatch.setenv("HOME", folder)
        if user == 0:
            os.seteuid(65534)
        try:
            assert refused(root=folder) == [f"{path} cannot be read: permission denied"]
        finally:
            os.seteuid(user)


@pytest.mark.parametrize("name", ["nowhere", "nowhere/deep"])
def test_missing_named_file_is_an_error(project: Project, refused: Refused, name: str) -> None:
    """Who names a file wants it."""
    assert refused(files=[name]) == [f"{name} does not exist"]


@pytest.mark.parametrize(("name", "shown"), [("folder", "folder"), ("", "''")])
def test_named_folder_is_an_error(
    project: Project, refused: Refused, name: str, shown: str
) -> None:
    """It does exist, and the sentence does not deny it; an empty name is the working directory."""
    (project.folder / "folder").mkdir()
    assert refused(files=[name]) == [f"{shown} is a folder"]


def test_every_missing_named_file_is_told(project: Project, refused: Refused) -> None:
    """All of them at once."""
    assert refused(files=["one", "two"]) == ["one does not exist", "two does not exist"]


@pytest.mark.parametrize("name", ["nul\0character", "x" * 300])
def test_impossible_name_is_refused(project: Project, refused: Refused, name: str) -> None:
    """A name that no file can have is an error, and no traceback."""
    [told] = refused(files=[name])
    assert told.startswith(name)
