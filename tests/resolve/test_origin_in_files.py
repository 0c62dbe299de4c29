"""What a ``.env`` file may say to us: a token to read with, and a store below the root."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import ClovrixConfigError, load_env, resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from resolve.surroundings import Clovrix, Project

    Refused = Callable[..., list[str]]


@pytest.fixture
def without_token(clovrix: Clovrix, monkeypatch: pytest.MonkeyPatch) -> Clovrix:
    """The process environment names the server, and no token."""
    monkeypatch.delenv("CLOVRIX_TOKEN")
    clovrix.put("backend", "staging", A="1")
    return clovrix


@pytest.fixture
def store_below(project: Project, clovrix: Clovrix, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store's file in the project's folder; the process environment names nothing."""
    clovrix.put("backend", "staging", A="1")
    monkeypatch.delenv("CLOVRIX_API_URL")
    monkeypatch.delenv("CLOVRIX_TOKEN")
    clovrix.home.store.close()
    path = project.folder / "data" / "store.db"
    path.parent.mkdir()
    for name in os.listdir(os.path.dirname(clovrix.home.path)):
        if name.startswith("store.db"):
            shutil.copy(os.path.join(os.path.dirname(clovrix.home.path), name), path.parent / name)
    return path


def test_token_of_a_file_is_used(project: Project, without_token: Clovrix) -> None:
    """To ask the address of the process environment; the highest file wins."""
    project.write(".env", "CLOVRIX_TOKEN=icr_wrong\n")
    project.write(".env.local", f"CLOVRIX_TOKEN='{without_token.home.token}'\n")
    assert dict(resolve_env("backend", "staging")) == {"A": "1"}
    [request] = without_token.loopback.requests
    assert request.headers["authorization"] == f"Bearer {without_token.home.token}"


def test_token_of_the_process_wins(project: Project, clovrix: Clovrix) -> None:
    """A file is below it."""
    project.write(".env", "CLOVRIX_TOKEN=icr_wrong\n")
    assert dict(resolve_env("backend", "staging")) == {}


def test_neither_is_part_of_the_environment(
    project: Project, store_below: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
def test_token_of_a_file_is_literal(
    project: Project, without_token: Clovrix, refused: Refused, token: str
) -> None:
    """It is needed before anything is looked up; whatever is wrong with it, it is not shown."""
    project.write(".env", f"CLOVRIX_TOKEN={token}\n")
    told = refused("backend", "staging")
    assert told[0].startswith(".env:1: CLOVRIX_TOKEN")
    assert "hunter2" not in str(told)
    assert without_token.requests == 0


def test_store_of_a_file_is_relative_to_the_root(project: Project, store_below: Path) -> None:
    """Not to the working directory."""
    project.declare('project = "backend"\ndefault_environment = "staging"\n')
    project.write(".env", "CLOVRIX_API_URL=file:data/store.db\n")
    (project.folder / "below").mkdir()
    os.chdir(project.folder / "below")
    assert dict(resolve_env()) == {"A": "1"}


@pytest.mark.parametrize(
    "address",
    ["https://hunter2.example", "http://127.0.0.1:1", "http://localhost"],
)
def test_file_names_no_address_but_a_store(
    project: Project, store_below: Path, refused: Refused, address: str
) -> None:
    """A file that comes with a project must not decide where the user's token goes."""
    os.environ["CLOVRIX_TOKEN"] = "icr_users"
    project.write(".env", f"CLOVRIX_API_URL={address}\n")
    [told] = refused("backend", "staging")
    assert told.startswith(".env:1: CLOVRIX_API_URL must be a file: address")


@pytest.mark.parametrize("how", ["dots", "absolute", "link to a file", "link to a folder", "home"])
def test_store_of_a_file_lies_below_the_root(
    project: Project, store_below: Path, refused: Refused, tmp_path: Path, how: str
) -> None:
    """Links resolved: no file of a repository opens another store of this user."""
    outside = tmp_path / "outside"
    store_below.parent.rename(outside)
    if how == "link to a file":
        (project.folder / "link").symlink_to(outside / "store.db")
    elif how == "link to a folder":
        (project.folder / "link").symlink_to(outside)
    path = {
        "dots": "../outside/store.db",
        "absolute": str(outside / "store.db"),
        "link to a file": "link",
        "link to a folder": "link/store.db",
        "home": "/etc/hosts",
    }[how]
    project.write(".env", f"CLOVRIX_API_URL=file:{path}\n")
    assert refused("backend", "staging") == [
        ".env:1: CLOVRIX_API_URL names a store outside the project's folder"
    ]


def test_root_that_is_a_link_holds_its_store(
    project: Project, store_below: Path, tmp_path: Path
) -> None:
    """The root's own links are resolved too."""
    project.write(".env", "CLOVRIX_API_URL=file:data/store.db\n")
    (tmp_path / "link").symlink_to(project.folder)
    assert dict(resolve_env("backend", "staging", root=tmp_path / "link")) == {"A": "1"}


def test_tilde_in_a_file_is_a_character(
    project: Project, store_below: Path, refused: Refused
) -> None:
    """``~`` is the process environment's only: here it is a folder of that name."""
    store_below.parent.rename(project.folder / "~")
    project.write(".env", "CLOVRIX_API_URL=file:~/store.db\n")
    assert dict(resolve_env("backend", "staging")) == {"A": "1"}


@pytest.mark.parametrize(
    "name",
    [
        "CLOVRIX_PROJECT",
        "CLOVRIX_ALLOW",
        "CLOVRIX_ALLOW_HTTP",
        "CLOVRIX_ANYTHING",
        "CLOVRIX_TOKEN_FILE",
        "CLOVRIX_MASTER_KEY",
        "__CLOVRIX_ENV",
    ],
)
def test_every_other_variable_of_ours_in_a_file_is_refused(
    project: Project, refused: Refused, name: str
) -> None:
    """Also where nothing is asked, and where another file wins."""
    project.write(".env", f"A=1\n{name}=hunter2\n")
    told = refused(remote=False)
    assert told == [f".env:2: {name} cannot be set in a file"]


def test_addresses_of_the_process_and_the_user_stand_beside_a_file(
    project: Project, store_below: Path, monkeypatch: pytest.MonkeyPatch, clovrix: Clovrix
) -> None:
    """``CLOVRIX_API_URL`` of the process wins over a file's, a file's over ``config.toml``."""
    project.write(".env", "CLOVRIX_API_URL=file:data/store.db\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", os.path.join(os.environ["HOME"], ".config"))
    config = os.path.join(os.environ["XDG_CONFIG_HOME"], "clovrix-env", "config.toml")
    with open(config, "w") as file:
        file.write('api_url = "http://127.0.0.1:1"\n')
    assert dict(resolve_env("backend", "staging")) == {"A": "1"}
    monkeypatch.setenv("CLOVRIX_API_URL", "file:nowhere.db")
    with pytest.raises(ClovrixConfigError, match=r"nowhere.db"):
        resolve_env("backend", "staging")


def test_both_tokens_of_the_process_are_an_error(
    project: Project, clovrix: Clovrix, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file's does not decide between them."""
    monkeypatch.setenv("CLOVRIX_TOKEN_FILE", "x")
    project.write(".env", "CLOVRIX_TOKEN=icr_x\n")
    arguments: dict[str, Any] = {"project": "backend", "environment": "staging"}
    assert refused(**arguments) == ["CLOVRIX_TOKEN and CLOVRIX_TOKEN_FILE are both set"]


@pytest.mark.parametrize("own", ["token", "address"])
def test_repository_that_chose_token_or_address_vouches_for_nothing(
    project: Project,
    without_token: Clovrix,
    monkeypatch: pytest.MonkeyPatch,
    refused: Refused,
    own: str,
) -> None:
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
    assert (
        problem == "backend/staging on Clovrix: BASH_ENV is refused: it is read and run by a shell"
    )
    allowed = resolve_env("backend", "staging", allow=["BASH_ENV"])
    assert allowed["BASH_ENV"] == "/tmp/hunter2"
