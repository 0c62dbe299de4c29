"""Who can read what is made, and what lies in the way of what is to be made."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from fire.stand import BATCHES, Stand, elsewhere

if TYPE_CHECKING:
    from pathlib import Path


def modes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): f"{stat.S_IMODE(path.lstat().st_mode):04o}"
        for path in folder.rglob("*")
    }


@pytest.fixture
def home(stand: Stand) -> Path:
    folder = stand.folder / "new"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_all_that_is_made_is_private(
    stand: Stand, home: Path, rollback_journal: None, umask: int
) -> None:
    """Folders 0700, files 0600, the journal too: by ``init`` and by writes, whatever the umask."""
    env = elsewhere(home)
    assert stand.init("backend", "--env", "production", umask=umask, **env)[0] == 0
    (home / "data" / "store.db-journal").unlink()
    assert stand.run("-c", BATCHES, "0", "2", umask=umask, **env)[0] == 0
    assert modes(home) == {
        "config": "0700",
        "config/clovrix-env": "0700",
        "config/clovrix-env/master.key": "0600",
        "data": "0700",
        "data/store.db": "0600",
        "data/store.db-journal": "0600",
    }


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("link", ["data/store.db", "config/clovrix-env/master.key", "journal"])
def test_a_link_in_the_way_is_not_followed(
    stand: Stand, home: Path, request: pytest.FixtureRequest, link: str, there: bool
) -> None:
    """Where store, key or journal would be, a link to a stranger's file: told, untouched."""
    stranger = stand.folder / "stranger"
    if there:
        stranger.write_text("mine")
        stranger.chmod(0o600)
    place = home / link
    if link == "journal":
        request.getfixturevalue("rollback_journal")
        place = stand.journal
        place.unlink(missing_ok=True)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.symlink_to(stranger)
    if link == "journal":
        status, out, err = stand.run("-c", BATCHES, "0", "1")
        assert (status, out) == (1, "")
        assert f"the store {stand.path} " in err
    else:
        key = {"CLOVRIX_MASTER_KEY": stand.key.line()} if "store" in link else {}
        status, out, err = stand.init("backend", **elsewhere(home), **key)
        assert (status, out) == (125, "")
        assert os.fspath(place) in err
        assert "Traceback" not in err
    assert stranger.exists() == there
    assert not there or stranger.read_text() == "mine"
