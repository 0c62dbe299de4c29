"""What a ``.env`` file may say to us: a token to read with, and a store below the root."""

import os
import shutil
from pathlib import Path

import pytest

from clovrix_env import ClovrixConfigError, load_env, resolve_env
from clovrix_env.settings.variables import VARIABLES


@pytest.fixture
def without_token(clovrix, monkeypatch):
    """The process environment names the server, and no token."""
    monkeypatch.delenv("CLOVRIX_TOKEN")
    clovrix.put("backend", "staging", A="1")
    return clovrix


@pytest.fixture
def store_below(project, clovrix, monkeypatch):
    """A store's file in the project's folder; the process environment names nothing."""
    clovrix.put("backend", "staging", A="1")
    monkeypatch.delenv("CLOVRIX_API_URL")
    monkeypatch.delenv("CLOVRIX_TOKEN")
    clovrix.home.store.close()
    (project.folder / "data").mkdir()
    return Path(shutil.copy(clovrix.home.path, project.folder / "data"))


def test_token_of_a_file_is_used(project, without_token):
    """To ask the address of the process environment; the highest file wins."""
    project.write(".env", "CLOVRIX_TOKEN=icr_wrong\n")
    project.write(".env.local", f"CLOVRIX_TOKEN='{without_token.home.token}'\n")
    assert dict(resolve_env("backend", "staging")) == {"A": "1"}
    [request] = without_token.loopback.requests
    assert request.headers["authorization"] == f"Bearer {without_token.home.token}"


def test_token_of_the_process_wins(project, clovrix, refused, monkeypatch):
    """A file is below it, and does not decide between two of them."""
    project.write(".env", "CLOVRIX_TOKEN=icr_wrong\n")
    assert dict(resolve_env("backend", "staging")) == {}
    monkeypatch.setenv("CLOVRIX_TOKEN_FILE", "x")
    assert refused("backend", "staging") == ["CLOVRIX_TOKEN and CLOVRIX_TOKEN_FILE are both set"]


def test_neither_is_part_of_the_environment(project, store_below, monkeypatch):
    """Not of the mapping, not of ``os.environ``."""
    project.write(".env", "CLOVRIX_API_URL=file:data/store.db\nCLOVRIX_TOKEN=icr_x\nB=2\n")
    monkeypatch.setattr(os, "environ", os.environ.copy())
    environment = load_env("backend", "staging")
    assert dict(environment) == {"A": "1", "B": "2"}
    assert os.environ["A"] == "1"
    assert not {"CLOVRIX_API_URL", "CLOVRIX_TOKEN"}.intersection(os.environ)


@pytest.mark.parametrize(
    "token",
    ["${OTHER}", '"${CLOVRIX_TOKEN_2:-x}"', "icr_${HOME}hunter2", "hunter2\\ x", '"hunter2\\n"'],
)
def test_token_of_a_file_is_literal(project, without_token, refused, token):
    """It is needed before anything is looked up; whatever is wrong with it, it is not shown."""
    project.write(".env", f"CLOVRIX_TOKEN={token}\n")
    told = refused("backend", "staging")
    assert told[0].startswith(".env:1: CLOVRIX_TOKEN")
    assert "hunter2" not in str(told)
    assert without_token.requests == 0


@pytest.mark.parametrize("folder", ["data", "~"])
def test_store_of_a_file_is_relative_to_the_root(project, store_below, tmp_path, folder):
    """Not to the working directory; a root that is a link is resolved, ``~`` is a folder's name."""
    store_below.parent.rename(project.folder / folder)
    project.declare('project = "backend"\ndefault_environment = "staging"\n')
    project.write(".env", f"CLOVRIX_API_URL=file:{folder}/store.db\n")
    project.write("below/x", "")
    os.chdir(project.folder / "below")
    assert dict(resolve_env()) == {"A": "1"}
    (tmp_path / "link").symlink_to(project.folder)
    assert dict(resolve_env(root=tmp_path / "link")) == {"A": "1"}


_OUTSIDE = "CLOVRIX_API_URL names a store outside the project's folder"


@pytest.mark.parametrize("address", ["link-to-file", "link-to-folder/store.db"])
def test_file_names_no_store_behind_a_link_out_of_the_root(
    project, store_below, refused, tmp_path, address
):
    """Links resolved; ``tests/hostile`` has every other address."""
    os.environ["CLOVRIX_TOKEN"] = "icr_users"
    outside = tmp_path / "outside"
    store_below.parent.rename(outside)
    (project.folder / "link-to-file").symlink_to(outside / "store.db")
    (project.folder / "link-to-folder").symlink_to(outside)
    project.write(".env", f"CLOVRIX_API_URL=file:{address}\n")
    [told] = refused("backend", "staging")
    assert told.startswith(f".env:1: {_OUTSIDE}")


def test_every_other_variable_of_ours_in_a_file_is_refused(project, refused):
    """Also where nothing is asked."""
    names = {*VARIABLES, "CLOVRIX_ANYTHING", "__CLOVRIX_ENV"} - {"CLOVRIX_API_URL", "CLOVRIX_TOKEN"}
    project.write(".env", "".join(f"{name}=hunter2\n" for name in names))
    assert refused(remote=False) == [
        f".env:{line}: {name} cannot be set in a file" for line, name in enumerate(names, 1)
    ]


def test_addresses_of_the_process_and_the_user_stand_beside_a_file(
    project, store_below, monkeypatch, clovrix
):
    """``CLOVRIX_API_URL`` of the process wins over a file's, a file's over ``config.toml``."""
    project.write(".env", "CLOVRIX_API_URL=file:data/store.db\n")
    config = Path(os.environ["HOME"], ".config/clovrix-env/config.toml")
    config.write_text('api_url = "http://127.0.0.1:1"\n')
    assert dict(resolve_env("backend", "staging")) == {"A": "1"}
    monkeypatch.setenv("CLOVRIX_API_URL", "file:nowhere.db")
    with pytest.raises(ClovrixConfigError, match=r"nowhere.db"):
        resolve_env("backend", "staging")


@pytest.mark.parametrize("own", ["token", "address"])
def test_repository_that_chose_token_or_address_vouches_for_nothing(
    project, without_token, monkeypatch, refused, own
):
    """``[guard] allow`` does not count: project, token and entries have one author."""
    without_token.put("backend", "staging", BASH_ENV="/tmp/hunter2")
    project.declare('[guard]\nallow = ["BASH_ENV"]\n')
    if own == "token":
        project.write(".env", f"CLOVRIX_TOKEN={without_token.home.token}\n")
    else:
        without_token.home.store.close()
        shutil.copy(without_token.home.path, project.folder / "store.db")
        monkeypatch.delenv("CLOVRIX_API_URL")
        project.write(".env", "CLOVRIX_API_URL=file:store.db\n")
    [problem] = refused("backend", "staging")
    where = "on Clovrix" if own == "token" else "in the store"
    assert problem == f"backend/staging {where}: BASH_ENV is refused: it is read and run by a shell"
    allowed = resolve_env("backend", "staging", allow=["BASH_ENV"])
    assert allowed["BASH_ENV"] == "/tmp/hunter2"
