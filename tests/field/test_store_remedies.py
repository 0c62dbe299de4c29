"""The embedded store: what is printed helps."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import StoreHome
    from transfer.conftest import Command


_FULL = 'mount -t tmpfs -o size=300k tmpfs "$0" && cp "$1" "$0" && cat /dev/zero > "$0/rest"; shift'
_READ_ONLY = 'mount --bind "$(dirname "$1")" "$0" && mount -o remount,ro,bind "$0"; shift'


@pytest.mark.parametrize("mount", [_FULL, _READ_ONLY])
def test_another_attempt_is_no_remedy(at_store: Command, store_home: StoreHome, mount: str) -> None:
    """Of a store on a full disk, or on one that is mounted to be read."""
    disk = at_store.folder / "disk"
    disk.mkdir()
    at_store.write("value", "x" * 32_000)
    at_store.environ["CLOVRIX_API_URL"] = f"file:{disk}/store.db"
    words = at_store.argv("set", "B", "--file", "value")
    ended = subprocess.run(
        ["unshare", "-rm", "sh", "-c", f'{mount}; exec "$@"', str(disk), store_home.path, *words],
        cwd=at_store.folder,
        env=at_store.environ,
        capture_output=True,
        text=True,
    )
    if "mount" in ended.stderr or "unshare" in ended.stderr:
        pytest.skip("nothing can be mounted here")
    assert ended.returncode == 125, ended
    assert f"the store {disk}/store.db cannot be written: it" in ended.stderr
    assert "clovrix-env: free space on its disk, or let this user write" in ended.stderr
    assert "try again" not in ended.stderr


@pytest.mark.parametrize("words", [("export", "--format", "json", "-o"), ("local", "backup")])
def test_misspelled_folder_is_not_made(at_store: Command, words: tuple[str, ...]) -> None:
    """An export and a backup treat it alike."""
    at_store.environ["CLOVRIX_PROJECT"] = "backend"
    said = at_store.refused(*words, "no/such/file")
    assert "no/such/file cannot be written: no such file or directory" in said
    assert not (at_store.folder / "no").exists()


def test_names_are_shown_as_they_are_written(at_store: Command, store_home: StoreHome) -> None:
    """Letters of any language are valid in a name; only what commands a terminal is escaped."""
    told = at_store.done("local", "project", "create", "büro \x1b[31m", "--env", "日本")
    assert told == "created    project      büro \\x1b[31m\ncreated    environment  日本\n"
    at_store.done("set", "A", "--value", "1", "--plain", "-p", "büro \x1b[31m", "-e", "日本", "-q")
    assert "the store has no project 'ünbekannt'" in at_store.refused(
        "local", "environment", "create", "ünbekannt", "x"
    )
