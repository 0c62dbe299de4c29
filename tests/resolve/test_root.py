"""The folder whose ``.clovrix`` and ``.env`` files count, and whom we do not follow there."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from clovrix_env import resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Refused = Callable[..., list[str]]

needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="gives files to another user"
)
_SOMEBODY = 54321


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``outer/.git``, ``outer/middle/inner``: the last is the working directory."""
    outer = tmp_path / "outer"
    inner = outer / "middle" / "inner"
    inner.mkdir(parents=True)
    (outer / ".git").mkdir()
    monkeypatch.chdir(inner)
    return outer


def _declare(folder: Path) -> None:
    (folder / ".clovrix").touch()
    (folder / ".env").write_text(f"FROM={folder.name}\n")


def test_working_directory_without_a_project_file(tree: Path) -> None:
    """Without any ``.clovrix`` the files of the working directory count, and no others."""
    (tree / "middle" / "inner" / ".env").write_text("A=1\n")
    (tree / ".env").write_text("B=1\n")
    assert dict(resolve_env()) == {"A": "1"}


@pytest.mark.parametrize("where", [".", "middle", "middle/inner"])
def test_project_file_is_found_upward(tree: Path, where: str) -> None:
    """In the working directory or above, up to the folder with ``.git``."""
    _declare(tree / where)
    environment = resolve_env()
    assert environment["FROM"] == (tree / where).resolve().name


def test_nearest_project_file_wins(tree: Path) -> None:
    """Two on the way: the nearer one."""
    _declare(tree)
    _declare(tree / "middle")
    assert resolve_env()["FROM"] == "middle"


def test_folder_with_git_is_the_last_one(tree: Path, refused: Refused) -> None:
    """What lies above the repository is somebody else's."""
    _declare(tree)
    (tree / "middle" / ".git").write_text("gitdir: elsewhere\n")
    assert refused()[0].startswith("nothing is configured in")


def test_found_files_are_named_with_their_folder(tree: Path) -> None:
    """An origin above the working directory is a whole path, for ``.env`` alone would mislead."""
    _declare(tree)
    assert str(resolve_env().origin("FROM")) == f"{tree}/.env:1"


def test_folder_called_like_the_project_file_is_none(tree: Path) -> None:
    """A folder ``.clovrix`` is passed by without a word."""
    (tree / "middle" / ".clovrix").mkdir()
    _declare(tree)
    assert resolve_env()["FROM"] == "outer"


def _passed_over(tree: Path, capsys: pytest.CaptureFixture[str], why: str) -> None:
    _declare(tree)
    assert resolve_env()["FROM"] == "outer"
    assert capsys.readouterr().err == (
        f"clovrix-env: {tree / 'middle' / '.clovrix'} is skipped: {why} (use root= to name it)\n"
    )


@needs_root
@pytest.mark.parametrize("name", ["middle", "middle/.clovrix"])
def test_another_users_is_passed_over(
    tree: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Whoever can put a file above us must not configure us; one line says so."""
    _declare(tree / "middle")
    os.chown(tree / name, _SOMEBODY, 0)
    _passed_over(tree, capsys, f"{tree / name} belongs to another user")


@pytest.mark.parametrize("name", ["middle", "middle/.clovrix"])
def test_one_that_everybody_can_write_is_passed_over(
    tree: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """``/tmp/.clovrix`` configures nobody."""
    _declare(tree / "middle")
    (tree / name).chmod(0o777)
    _passed_over(tree, capsys, f"others can write to {tree / name}")


@needs_root
@pytest.mark.parametrize("name", ["middle", "middle/.clovrix"])
def test_one_that_a_group_can_write_is_passed_over(
    tree: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """A group of others, that is."""
    _declare(tree / "middle")
    os.chown(tree / name, 0, _SOMEBODY)
    (tree / name).chmod(0o770)
    _passed_over(tree, capsys, f"others can write to {tree / name}")


@needs_root
def test_own_group_may_write(tree: Path) -> None:
    """On most systems each user has a group of their own, and umask 002."""
    _declare(tree / "middle")
    (tree / "middle").chmod(0o775)
    assert resolve_env()["FROM"] == "middle"


@needs_root
def test_working_directory_is_looked_at_whoever_owns_it(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """There the user chose to be; a bind mount or a checkout belongs to whom it does."""
    here = tree / "middle" / "inner"
    _declare(here)
    for path in (here, here / ".clovrix"):
        os.chown(path, _SOMEBODY, _SOMEBODY)
    assert resolve_env()["FROM"] == "inner"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", [".clovrix", ".env"])
@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_file_that_a_stranger_put_there_is_refused(
    tree: Path, refused: Refused, name: str, mode: int
) -> None:
    """Anyone can write to the folder, and the file is another user's: as in ``/tmp``."""
    here = tree / "middle" / "inner"
    _declare(here)
    (here / ".env").write_text("FROM=env\n")
    os.chown(here / name, _SOMEBODY, _SOMEBODY)
    here.chmod(mode)
    assert refused() == [
        f"{name} belongs to another user, in a folder that others can write to "
        "(use --root or CLOVRIX_ROOT for a folder that you trust)"
    ]
    assert resolve_env(root=here)["FROM"] == "env"


def test_refusal_tells_what_was_passed_over(tree: Path, refused: Refused) -> None:
    """Where nothing else is configured, the file that was passed over is why."""
    _declare(tree / "middle")
    (tree / "middle").chmod(0o777)
    told = refused()
    assert told[0].startswith("nothing is configured")
    assert told[1].endswith("(use root= to name it)")


def test_root_names_any_folder(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``root=`` beats ``CLOVRIX_ROOT``, which beats searching; none of them asks who owns it."""
    for name in (".", "middle", "middle/inner"):
        _declare(tree / name)
    (tree / "middle").chmod(0o777)
    monkeypatch.setenv("CLOVRIX_ROOT", str(tree / "middle"))
    assert resolve_env()["FROM"] == "middle"
    assert resolve_env(root=tree)["FROM"] == "outer"
    assert resolve_env(root="..")["FROM"] == "middle"


@pytest.mark.parametrize("name", ["nowhere", ".env", ""])
def test_root_that_is_no_folder_is_refused(
    tree: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A mistyped root is an error, not a search."""
    _declare(tree / "middle" / "inner")
    assert refused(root=name) == [f"root ({name}) is not a folder"]
    if name:
        monkeypatch.setenv("CLOVRIX_ROOT", name)
        assert refused() == [f"CLOVRIX_ROOT ({name}) is not a folder"]


@pytest.mark.skipif(sys.platform == "win32", reason="an open folder cannot be deleted")
def test_deleted_working_directory(tree: Path, refused: Refused) -> None:
    """It is told; with a root that is named as a whole it does not matter."""
    _declare(tree)
    (tree / "middle" / "inner").rmdir()
    assert refused() == ["the working directory was deleted"]
    assert resolve_env(root=tree)["FROM"] == "outer"


def test_callers_source_file_does_not_matter(tree: Path, refused: Refused) -> None:
    """What python-dotenv's users stumble over most: a search from where the source file lies."""
    module = tree.parent / "elsewhere"
    module.mkdir()
    _declare(module)
    source = module / "settings.py"
    source.write_text("import clovrix_env\nclovrix_env.resolve_env()\n")
    scope = {"__file__": str(source), "__name__": "settings"}
    with pytest.raises(Exception, match="nothing is configured"):
        exec(compile(source.read_text(), source, "exec"), scope)
