"""Files and folders that this process may not use: whose they are, and the command that helps."""

import os

import pytest
from fire.stand import COMMAND, elsewhere

OTHER = 12345
# Root whose rights end at modes, as in a container that drops all capabilities.
_LIMITED = (
    "setpriv", "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
)  # fmt: skip
_LAUNCH = (
    *("-c", "from clovrix_env.cli.exec import main; main()"),
    *("backend", "production", "--", "true"),
)
_MINE = "{} has mode 0000 and belongs to this user, root (uid 0)"
_OTHERS = (
    "{} belongs to uid 12345 and has mode {}; "
    "this process runs as root (uid 0) without CAP_DAC_OVERRIDE"
)
_CHOWN = "ask its owner for access, or change the owner: chown 0 {}"


@pytest.fixture
def limited(stand):
    """A command in front of another, which then runs as such a root."""
    if os.getuid() != 0 or stand.run("-c", "", through=_LIMITED)[0] != 0:
        pytest.skip("only root can give files away")
    return _LIMITED


@pytest.mark.parametrize(
    ("closed", "owner", "words", "why", "remedy"),
    [("store", OTHER, "the store {} cannot be opened", _OTHERS, _CHOWN),
     ("store", 0, "the store {} cannot be opened", _MINE, "chmod u+rw {}"),
     ("folder", OTHER, "the store {} cannot be opened", _OTHERS, _CHOWN),
     ("folder", 0, "the store {} cannot be opened", _MINE, "chmod u+rwx {}"),
     ("above", OTHER, "the store {} cannot be opened", _OTHERS, "move it to a folder"),
     ("key", OTHER, "the master key in {} cannot be read", _OTHERS, _CHOWN),
     ("key folder", OTHER, "the master key in {} cannot be reached", _OTHERS, _CHOWN)],
)  # fmt: skip
def test_owner_and_command_are_named(stand, limited, closed, owner, words, why, remedy):
    """By a launch and by the owner's commands, with the system's reason."""
    store = stand.copied("service")
    if closed == "above":
        store = store.copied("deeper")
    key = os.path.dirname(stand.key_path)
    where = {
        "store": store.path, "folder": store.folder, "above": store.folder.parent,
        "key": stand.key_path, "key folder": key,
    }[closed]  # fmt: skip
    is_folder = os.path.isdir(where)
    mode = 0o000 if owner == 0 else 0o700 if is_folder else 0o600
    os.chown(where, owner, -1)
    os.chmod(where, mode)
    first = words.format(stand.key_path if "key" in closed else store.path)
    expected = f"{first}: permission denied: {why.format(where, f'{mode:04o}')}"
    for command in (_LAUNCH, (*COMMAND, "local", "verify")):
        status, out, err = stand.run(*command, through=limited, CLOVRIX_API_URL=store.url)
        said = [line.partition(": ")[2] for line in err.splitlines()]
        assert (status, out) == (125, "")
        assert said[0] == expected
        assert said[1].startswith(remedy.format(where))


@pytest.mark.parametrize("closed", ["data", "config/clovrix-env"])
def test_init_in_a_closed_folder(stand, limited, closed):
    """Nothing is created, least of all a second store beside one that cannot be seen."""
    folder = stand.folder / "home" / closed
    folder.mkdir(parents=True)
    os.chown(folder, OTHER, -1)
    os.chmod(folder, 0o755)
    env = elsewhere(stand.folder / "home")
    status, out, err = stand.init("backend", through=limited, **env)
    assert (status, out) == (125, "")
    assert "cannot be created: permission denied: " + _OTHERS.format(folder, "0755") in err
    assert f"clovrix-env: {_CHOWN.format(folder)}, or set " in err


def test_a_chmod_is_recommended_for_stores_only(stand):
    """Not for another program's file that an address names by mistake."""
    stand.path.chmod(0o644)
    _, _, err = stand.run(*_LAUNCH)
    assert f"chmod 600 {stand.path}" in err
    stand.path.write_text("the notes of a program\n")
    _, _, err = stand.run(*_LAUNCH)
    assert err == (
        f"clovrix-exec: {stand.path} is not a store: it is not a SQLite database\n"
        "clovrix-exec: name a file that clovrix-env local init or local backup wrote\n"
    )
