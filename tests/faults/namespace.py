"""A fault that needs a network of its own, with every door: made in namespaces, told as JSON.

unshare --net --mount python -m faults.namespace FAULT FOLDER
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from faults.askers import DOORS, Heard
from faults.catalogue import FAULTS
from faults.cell import Cell
from loopback import Authority

import clovrix_env
from clovrix_env.client import exchange

if TYPE_CHECKING:
    from collections.abc import Sequence

_SECONDS = 60
_UNSHARE = ("unshare", "--net", "--mount")
# Root makes them; others in a user namespace, where the kernel lets them.
_WAYS = (_UNSHARE, (*_UNSHARE, "--user", "--map-root-user"))
# Files of the namespace's own in place of the system's, and a loopback interface that is up.
_SET_UP = """
set -e
ip link set lo up
for file in hosts resolv.conf; do
    : > "$1/$file"
    mount --bind "$1/$file" "/etc/$file"
done
shift
exec "$@"
"""


def heard_within(fault: str, folder: Path) -> dict[str, Heard] | None:
    """What every door says to a fault, by the door's name; ``None`` where that cannot be made."""
    through = way(folder)
    if through is None:
        return None
    path = os.pathsep.join((str(Path(__file__).parents[1]), str(Path(__file__).parents[2])))
    assert clovrix_env.__file__.startswith(str(Path(__file__).parents[2]))
    done = subprocess.run(
        [*through, sys.executable, "-m", "faults.namespace", fault, str(folder)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return {name: Heard(*fields) for name, fields in json.loads(done.stdout).items()}


def way(folder: Path) -> Sequence[str] | None:
    """The words in front of a command that has a network of its own; ``None`` without one."""
    set_up = ("sh", "-c", _SET_UP, "sh", str(folder))
    for words in _WAYS:
        try:
            done = subprocess.run([*words, *set_up, "true"], capture_output=True, timeout=_SECONDS)
        except FileNotFoundError:
            return None
        if done.returncode == 0:
            return (*words, *set_up)
    return None


def main(fault: str, folder: str) -> None:
    exchange._chance = lambda: 0.0  # asked again at once
    authority = Path(folder, "authority")
    authority.mkdir()
    trusted = Authority(str(authority))
    heard: dict[str, Heard] = {}
    for number, door in enumerate(DOORS):
        cell = Cell(Path(folder, str(number)), trusted, door.deadline(fault))
        with cell.stack:
            FAULTS[fault](cell)
            heard[door.name] = door.asked(cell)
    json.dump(heard, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
