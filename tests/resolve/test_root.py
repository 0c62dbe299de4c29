"""The folder whose ``.clovrix`` and ``.env`` files count, and whom we do not follow there."""

import os
import sys

import pytest

from clovrix_env import ClovrixConfigError, resolve_env

needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="gives files to another user"
)
_SOMEBODY = 54321


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """``outer/.git``, ``outer/middle/inner``: the last is the working directory."""
    outer = tmp_path / "outer"
    inner = outer / "middle" / "inner"
    inner.mkdir(parents=True)
    (outer / ".git").mkdir()
    monkeypatch.chdir(inner)
    return outer


def _declare(folder):
    (folder / ".clovrix").touch()
    (folder / ".env").write_text(f"FROM={folder.name}\n")


def test_working_directory_without_a_project_file(tree):
    """Without any ``.clovrix`` the files of the working directory count, and no others."""
    (tree / "middle" / "inner" / ".env").write_text("A=1\n")
    (tree / ".env").write_text("B=1\n")
    assert dict(resolve_env()) == {"A": "1"}


@pytest.mark.parametrize(
    ("declared", "found"),
    [(["."], "."), (["middle"], "middle"), (["middle/inner"], "middle/inner"),
     ([".", "middle"], "middle")],
)  # fmt: skip
def test_nearest_project_file_upward_wins(tree, declared, found):
    """In the working directory or above, up to the folder with ``.git``."""
    for where in declared:
        _declare(tree / where)
    if found == ".":
        (tree / "middle" / ".clovrix").mkdir()  # a folder of that name is none
    environment = resolve_env()
    folder = (tree / found).resolve()
    assert environment["FROM"] == folder.name
    shown = ".env:1" if found == "middle/inner" else f"{folder}/.env:1"
    assert str(environment.origin("FROM")) == shown  # above, ``.env`` alone would mislead


@needs_root
@pytest.mark.parametrize("name", ["middle", "middle/.clovrix"])
@pytest.mark.parametrize(
    ("owner", "group", "mode", "why"),
    [(_SOMEBODY, 0, 0o755, "{} belongs to another user"),
     (0, 0, 0o777, "others can write to {}"),
     (0, _SOMEBODY, 0o770, "others can write to {}")],
    ids=["another user's", "everybody's", "a group's"],
)  # fmt: skip
def test_one_that_another_user_could_put_there_is_passed_over(
    tree, capsys, name, owner, group, mode, why
):
    """``/tmp/.clovrix`` configures nobody; one line says so."""
    _declare(tree)
    _declare(tree / "middle")
    os.chown(tree / name, owner, group)
    (tree / name).chmod(mode)
    assert resolve_env()["FROM"] == "outer"
    assert capsys.readouterr().err == (
        f"clovrix-env: {tree / 'middle' / '.clovrix'} is skipped: {why.format(tree / name)} "
        "(use root= to name it)\n"
    )


@needs_root
def test_own_group_may_write(tree):
    """On most systems each user has a group of their own, and umask 002."""
    _declare(tree / "middle")
    (tree / "middle").chmod(0o775)
    assert resolve_env()["FROM"] == "middle"


@needs_root
def test_working_directory_is_looked_at_whoever_owns_it(tree, capsys):
    """There the user chose to be; a bind mount or a checkout belongs to whom it does."""
    here = tree / "middle" / "inner"
    _declare(here)
    for path in (here, here / ".clovrix"):
        os.chown(path, _SOMEBODY, _SOMEBODY)
    assert resolve_env()["FROM"] == "inner"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", [".clovrix", ".env"])
@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_file_that_a_stranger_put_there_is_refused(tree, refused, name, mode):
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


def test_refusal_tells_what_was_passed_over(tree, refused):
    """Where nothing else is configured, the file that was passed over is why."""
    _declare(tree / "middle")
    (tree / "middle").chmod(0o777)
    told = refused()
    assert told[0].startswith("nothing is configured")
    assert told[1].endswith("(use root= to name it)")


def test_root_names_any_folder(tree, monkeypatch):
    """``root=`` beats ``CLOVRIX_ROOT``, which beats searching; none of them asks who owns it."""
    for name in (".", "middle", "middle/inner"):
        _declare(tree / name)
    (tree / "middle").chmod(0o777)
    monkeypatch.setenv("CLOVRIX_ROOT", str(tree / "middle"))
    assert resolve_env()["FROM"] == "middle"
    assert resolve_env(root=tree)["FROM"] == "outer"
    assert resolve_env(root="..")["FROM"] == "middle"


@pytest.mark.parametrize("name", ["nowhere", ".env", ""])
def test_root_that_is_no_folder_is_refused(tree, refused, monkeypatch, name):
    """A mistyped root is an error, not a search."""
    _declare(tree / "middle" / "inner")
    assert refused(root=name) == [f"root ({name}) is not a folder"]
    if name:
        monkeypatch.setenv("CLOVRIX_ROOT", name)
        assert refused() == [f"CLOVRIX_ROOT ({name}) is not a folder"]


@pytest.mark.skipif(sys.platform == "win32", reason="an open folder cannot be deleted")
def test_deleted_working_directory(tree, refused):
    """It is told; with a root that is named as a whole it does not matter."""
    _declare(tree)
    (tree / "middle" / "inner").rmdir()
    assert refused() == ["the working directory was deleted"]
    assert resolve_env(root=tree)["FROM"] == "outer"


def test_callers_source_file_does_not_matter(tree):
    """What python-dotenv's users stumble over most: a search from where the source file lies."""
    (tree.parent / "elsewhere").mkdir()
    _declare(tree.parent / "elsewhere")
    source = tree.parent / "elsewhere" / "settings.py"
    text = "import clovrix_env\nclovrix_env.resolve_env()\n"
    with pytest.raises(ClovrixConfigError, match="nothing is configured"):
        exec(compile(text, source, "exec"), {"__file__": str(source), "__name__": "settings"})
