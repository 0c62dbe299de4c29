"""PID and mount namespaces, as a container runtime makes them around a start."""

import os

import pytest
from launch.launcher import until

# Root makes one of its own; others in a user namespace, where the kernel lets them. Its end is the
# end of all that is in it.
_UNSHARE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
_WAYS = (_UNSHARE, (*_UNSHARE, "--user", "--map-root-user"))

# Nothing can be written, there is no /proc and no /dev/shm, and nobody knows user 12345, who may
# read everything: else the interpreter of a developer's home could not be started.
_BARE = """
mount -o remount,bind,ro / && mount -t tmpfs -o ro none /proc &&
mount -t tmpfs -o ro none /dev/shm && exec "$@"
"""
NOBODY = (
    "setpriv", "--reuid=12345", "--regid=12345", "--clear-groups",
    "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search",
)  # fmt: skip
BARE = ("unshare", "--mount", "sh", "-c", _BARE, "sh", *NOBODY)


class Container:
    """Starts commands as PID 1 of a namespace, with the surroundings of a ``Launcher``."""

    def __init__(self, launcher):
        self._launcher = launcher
        self._through = next((way for way in _WAYS if runs(launcher, *way)), None)

    def start(self, *arguments):
        """``clovrix-exec`` as PID 1."""
        return self.start_plain(*self._launcher.argv(*arguments))

    def start_plain(self, *command):
        """A command as PID 1, without us."""
        if self._through is None:
            pytest.skip("no PID namespace can be made here")
        return Inside(self._launcher.start_plain(*self._through, *command))


class Inside:
    """A running PID 1: ``pid`` is its number outside, ``process`` the ``unshare`` around it."""

    def __init__(self, process):
        self.process = process
        self.pid = child_of(process.pid)

    def ended(self, seconds=30):
        """Status, stdout and stderr, once it has ended by itself."""
        out, err = self.process.communicate(timeout=seconds)
        return self.process.returncode, out, err

    def ended_by(self, number):
        """The status after a signal: it came long before any deadline, and nothing was said."""
        os.kill(self.pid, number)
        status, out, err = self.ended(7)
        assert (out, err) == (b"", b"")
        return status


def runs(launcher, *through):
    """Whether commands can be started through such a command here."""
    try:
        return launcher.plain(*through, "true").returncode == 0
    except FileNotFoundError:
        return False


def need(launcher, why, *through):
    """Skip where commands cannot be started through such a command."""
    if not runs(launcher, *through):
        pytest.skip(why)


def child_of(pid):
    """The first child of a process, once it has one."""
    found = []

    def has_one():
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            found.extend(map(int, file.read().split()))
        return bool(found)

    until(has_one)
    return found[0]


def has_become(pid, program):
    """Whether a process is called so by now: at exec it takes the program's name."""
    with open(f"/proc/{pid}/comm", encoding="ascii") as file:
        return file.read().strip() == program
