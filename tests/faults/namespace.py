"""A fault that needs a network of its own: every entry point is checked with it in namespaces.

unshare --net --mount python -m faults.namespace FAULT FOLDER
"""

import os
import sys
from pathlib import Path

from faults.check import MEETING, check
from loopback import Authority
from programs import finish
from scene import ROOT

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


def check_within(fault, folder):
    """Every entry point is checked with a fault; ``None`` where that cannot be made."""
    through = way(folder)
    if through is None:
        return None
    path = os.pathsep.join((ROOT, os.path.join(ROOT, "tests")))
    program = [sys.executable, "-m", "faults.namespace", fault, str(folder)]
    done = finish([*through, *program], environ={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
    return True


def way(folder):
    """The words in front of a command that has a network of its own; ``None`` without one."""
    set_up = ("sh", "-c", _SET_UP, "sh", str(folder))
    for words in _WAYS:
        try:
            if finish([*words, *set_up, "true"]).returncode == 0:
                return (*words, *set_up)
        except FileNotFoundError:
            return None
    return None


def main(fault, folder):
    Path(folder, "authority").mkdir()
    trusted = Authority(str(Path(folder, "authority")))
    for entry_point in MEETING:
        try:
            check(entry_point, fault, Path(folder, entry_point.name), trusted)
        except AssertionError as error:
            raise AssertionError(f"{entry_point}: {error}") from error


if __name__ == "__main__":
    main(*sys.argv[1:])
