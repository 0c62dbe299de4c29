"""Who can read what is made, and what lies in the way of what is to be made."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from fire.stand import BATCHES, Stand

if TYPE_CHECKING:
    from pathlib import Path


def modes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): f"{stat.S_IMODE(path.lstat().st_mode):04o}"
        for path in folder.rglob("*")
    }


def new_home(stand: Stand) -> tuple[Path, dict[str, str]]:
    home = stand.folder / "new"
    home.mkdir()
    return home, {
        "CLOVRIX_API_URL": f"file:{home}/data/store.db",
        "XDG_CONFIG_HOME": f"{home}/config",
    }


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_all_that_is_made_is_private(stand: Stand, rollback_journal: None, umask: int) -> None:
    """Folders 0700, files 0600, the journal too: by ``init`` and by writes, whatever the umask."""
    home, env = new_home(stand)
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
@pytest.mark.parametrize("link", ["data/store.db", "config/clovrix-env/master.key"])
def test_a_link_in_the_way_is_not_followed(stand: Stand, link: str, there: bool) -> None:
    """Where store or key would lie, a link to a stranger's file, there or not: told, untouched."""
    home, env = new_home(stand)
    stranger = stand.folder / "stranger"
    if there:
        stranger.write_text("mine")
        stranger.chmod(0o600)
    (home / link).parent.mkdir(mode=0o700, parents=True)
    (home / link).symlink_to(stranger)
    if "store" in link:
        env["CLOVRIX_MASTER_KEY"] = stand.key.line()
    status, out, err = stand.init("backend", **env)
    assert status == 125
    assert os.fspath(home / link) in err
    assert "Traceback" not in err
    assert out == ""
    assert stranger.exists() == there
    assert not there or stranger.read_text() == "mine"


@pytest.mark.parametrize("there", [True, False])
def test_a_link_in_the_journals_place_is_not_followed(
    stand: Stand, rollback_journal: None, there: bool
) -> None:
    """A write does not put its journal into a stranger's file: it is refused."""
    stranger = stand.folder / "stranger"
    if there:
        stranger.write_text("mine")
    stand.journal.unlink(missing_ok=True)
    stand.journal.symlink_to(stranger)
    status, _, err = stand.run("-c", BATCHES, "0", "1")
    assert status == 1
    assert f"the store {stand.path} " in err
    assert stranger.exists() == there
    assert not there or stranger.read_text() == "mine"
