"""Several processes at one store in the same moment, and keys that are not the store's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from fire.stand import COMMAND, SECONDS, Stand, elsewhere
from repeated import repeated

from clovrix_env.store import master_key

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

# All wait for the same file, so that they act together.
GATE = """
import os, sys, time
gate = sys.argv.pop(1)
print("ready", flush=True)
while not os.path.exists(gate): time.sleep(0.0005)
"""
INIT = f"{GATE}from clovrix_env.cli.main import main; main()"
WRITER = f"""{GATE}
from clovrix_env import Client
with Client() as client:
    for number in range(25):
        print(client.set_entry("backend", "production", "KEY", sys.argv[1]).created)
"""


def together(stand: Stand, script: str, *each: tuple[str, ...], **env: Any) -> list[str]:
    """Start one process for each list of arguments, let them go at once; what each printed."""
    gate = stand.folder / f"gate-{os.urandom(4).hex()}"
    started: list[subprocess.Popen[str]] = [
        stand.start("-c", script, str(gate), *arguments, **env) for arguments in each
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    gate.touch()
    said = []
    for process in started:
        out, err = process.communicate(timeout=SECONDS)
        assert (process.returncode, err) == (0, "")
        said.append(out)
    return said


def nothing_but(folder: Path, *names: str) -> bool:
    """Whether these files are there, and beside them no more than a journal without content."""
    left = {path.name for path in folder.iterdir() if path.suffix != ".db-journal"}
    return left == set(names)


@pytest.mark.parametrize("rounds", repeated(5, deep=100))
@pytest.mark.parametrize("projects", [("backend", "backend"), ("backend", "shared")])
def test_two_that_make_a_store_at_once_make_one(
    stand: Stand, projects: tuple[str, str], rounds: int
) -> None:
    """One store, one key, all projects; what each says it made, it alone made."""
    for number in range(rounds):
        home = stand.folder / f"home-{number}"
        env = elsewhere(home)
        said = together(stand, INIT, *[("local", "init", project) for project in projects], **env)
        lines = [line for out in said for line in out.splitlines()]
        told = [line for line in lines if line.split(" ")[0] in ("created", "unchanged")]
        made = [line.split()[1] for line in told if line.startswith("created ")]
        count = len(set(projects))
        assert sorted(made) == sorted(
            ["master", "store", *["project"] * count, *["environment"] * count]
        ), said
        assert len(told) == 8
        assert nothing_but(home / "data", "store.db")
        assert nothing_but(home / "config" / "clovrix-env", "master.key")
        for project in projects:
            status, out, err = stand.init(project, **env)
            assert (status, out.count("unchanged ")) == (0, 4), err


@pytest.mark.timeout(60)
def test_writers_at_once_leave_no_gap(stand: Stand) -> None:
    """4 processes write a key 25 times each through the SDK: versions 1 to 100, one created."""
    said = together(stand, WRITER, *[(f"writer-{number}",) for number in range(4)])
    assert "".join(said).split().count("True") == 1
    found = stand.rows("SELECT number FROM version ORDER BY number")
    assert [number for (number,) in found] == list(range(1, 101))
    assert stand.is_sound()


def changed(line: str) -> dict[str, str]:
    """A key's line, damaged by hands and editors; ``tests/store/test_master_key.py`` has more."""
    body = len("clovrix-master-1:")
    other = "A" if line[body + 5] != "A" else "B"
    return {
        "a letter": line[: body + 5] + other + line[body + 6 :],
        "cut": line[:-20],
        "twice": f"{line}\n{line}",
        "nothing": "",
        "another store's": master_key.generate("elsewhere").line(),
    }


@pytest.mark.parametrize("damage", list(changed(master_key.generate("any").line())))
def test_a_key_that_is_not_the_stores_gives_nothing(stand: Stand, damage: str) -> None:
    """Another store's key and a damaged one: a sentence, in file and variable; nothing changes."""
    with stand.client() as client:
        client.set_entry("backend", "production", "KEY", "value")
    line = changed(stand.key.line())[damage]
    before = stand.path.read_bytes()
    with open(stand.key_path, "w", encoding="utf-8", newline="") as file:
        file.write(line)
    for env in ({"CLOVRIX_MASTER_KEY": line}, {}):
        source = "CLOVRIX_MASTER_KEY" if env else stand.key_path
        for arguments in (
            (*COMMAND, "local", "init", "backend"),
            (*COMMAND, "local", "token", "create", "--project", "backend", "--role", "read"),
        ):
            status, out, err = stand.run(*arguments, **env)
            assert (status, out) == (125, "")
            assert source in err
            assert "Traceback" not in err
            assert stand.key.line()[17:40] not in err
    assert stand.path.read_bytes() == before
