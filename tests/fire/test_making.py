"""A store that is made while another program makes it too, or where a link is in the way."""

import os

import pytest
from fire.stand import BATCHES, SECONDS, elsewhere
from repeated import repeated

# Both wait for the same file, so that they act together.
INIT = """
import os, sys, time
gate = sys.argv.pop(1)
print("ready", flush=True)
while not os.path.exists(gate): time.sleep(0.0005)
from clovrix_env.cli.main import main; main()
"""


def together(stand, projects, env):
    """Let one ``init`` for each project go at once; what they printed."""
    gate = stand.folder / f"gate-{os.urandom(4).hex()}"
    words = ("-c", INIT, str(gate), "local", "init")
    started = [stand.start(*words, project, **env) for project in projects]
    for process in started:
        assert process.stdout.readline() == "ready\n"
    gate.touch()
    said = ""
    for process in started:
        out, err = process.communicate(timeout=SECONDS)
        assert (process.returncode, err) == (0, "")
        said += out
    return said


def nothing_but(folder, name):
    """Whether this file is there, and beside it no more than a journal without content."""
    return {path.name for path in folder.iterdir() if path.suffix != ".db-journal"} == {name}


@pytest.mark.parametrize("rounds", repeated(5, deep=100))
@pytest.mark.parametrize("projects", [("backend", "backend"), ("backend", "shared")])
def test_two_that_make_a_store_at_once_make_one(stand, projects, rounds):
    """One store, one key, all projects; what each says it made, it alone made."""
    for number in range(rounds):
        home = stand.folder / f"home-{number}"
        env = elsewhere(home)
        lines = [line.split() for line in together(stand, projects, env).splitlines()]
        told = [line[:2] for line in lines if line[:1] in (["created"], ["unchanged"])]
        made = sorted(what for how, what in told if how == "created")
        each = ["environment", "project"] * len(set(projects))
        assert (made, len(told)) == (sorted(["master", "store", *each]), 8), lines
        assert nothing_but(home / "data", "store.db")
        assert nothing_but(home / "config" / "clovrix-env", "master.key")
        for project in projects:
            status, out, err = stand.init(project, **env)
            assert (status, out.count("unchanged ")) == (0, 4), err


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("link", ["data/store.db", "config/clovrix-env/master.key", "journal"])
def test_a_link_in_the_way_is_not_followed(stand, request, link, there):
    """Where store, key or journal would be, a link to a stranger's file: told, untouched."""
    stranger, home = stand.folder / "stranger", stand.folder / "new"
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
