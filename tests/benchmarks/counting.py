"""Counts the instructions of a command up to exec, and lists the modules that it imports.

The counter is valgrind's callgrind. A process that execs is gone before any tool of valgrind prints
its total; callgrind can write it down before a function is entered, and so before ``execve``.
"""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

# A command that fails is run again: under valgrind on a busy machine, a request can take longer
# than the launcher waits for it.
ATTEMPTS = 4
_EXEC = "--dump-before=execve"
_TOTAL = re.compile(r"^totals: (\d+)$", re.MULTILINE)
_TRIGGER = re.compile(r"^desc: Trigger: (.+)$", re.MULTILINE)
# A time is negative where another thread imported meanwhile.
_IMPORTED = re.compile(r"^import time:\s+-?\d+ \|\s+-?\d+ \|\s*(\S+)$", re.MULTILINE)
_VERSIONS = """
import json, os, platform, ssl
try:
    libc = os.confstr("CS_GNU_LIBC_VERSION")
except (AttributeError, OSError, ValueError):
    libc = " ".join(platform.libc_ver()).strip() or "unknown libc"
python = platform.python_implementation() + " " + platform.python_version()
openssl = " ".join(ssl.OPENSSL_VERSION.split()[:2])
print(json.dumps([python, openssl, libc, platform.machine()]))
"""


class Failed(Exception):
    """A command that did not do what is counted."""


def available():
    """Return whether valgrind is installed."""
    return shutil.which("valgrind") is not None


def count(case, attempts=ATTEMPTS):
    """Return the instructions of a command up to exec, or to its end if it does not exec."""
    try:
        return _count(case)
    except Failed:
        if attempts == 1:
            raise
        return count(case, attempts - 1)


def _count(case):
    valgrind = ["valgrind", "--quiet", "--vgdb=no", "--tool=callgrind", _EXEC]
    with tempfile.TemporaryDirectory(prefix="count-") as folder:
        command = [*valgrind, f"--callgrind-out-file={folder}/out", *case.command]
        # Hash values decide how often a dict looks for a free slot.
        _run(case, command, {"PYTHONHASHSEED": "0"})
        # The dumps of a process in their order: out.1, out.2, …, and the last one, out.
        files = sorted(Path(folder).iterdir(), key=lambda path: int(path.suffix[1:] or "9999"))
        total, execs = total_of(path.read_text("utf-8", "replace") for path in files)
    if execs != case.command[0].endswith("clovrix-exec"):
        raise Failed(f"{case.name}: the command {'reached' if execs else 'did not reach'} exec")
    return total


def total_of(dumps):
    """Return the instructions of all dumps of callgrind, and whether the last is of an exec."""
    total, trigger = 0, ""
    for dump in dumps:
        total += sum(map(int, _TOTAL.findall(dump)))
        trigger = (_TRIGGER.findall(dump) or [trigger])[-1]
    return total, trigger == _EXEC


def modules(case):
    """Return the modules that a command imports; it runs without valgrind."""
    return imported_in(_run(case, case.command, {"PYTHONPROFILEIMPORTTIME": "1"}))


def imported_in(stderr):
    """Return the modules named in the output of ``-X importtime``."""
    return frozenset(_IMPORTED.findall(stderr))


def warm(case):
    """Run a command once: its modules are compiled, and its values are cached."""
    _run(case, case.command, {})


def versions(python):
    """Return the key of an interpreter, and its minor version such as 3.11."""
    done = subprocess.run([python, "-c", _VERSIONS], check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    return ", ".join(found), ".".join(found[0].split()[-1].split(".")[:2])


def packages(python):
    """Return the versions of what pip installed, pip included, without clovrix-env itself."""
    freeze = [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    done = subprocess.run(freeze, check=True, capture_output=True, text=True)
    found = {package["name"]: package["version"] for package in json.loads(done.stdout)}
    del found["clovrix-env"]
    return found


def _run(case, command, more):
    done = subprocess.run(
        list(command),
        cwd=case.folder,
        env={**case.environ, **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise Failed(f"{case.name}: status {done.returncode}: {done.stderr[-500:]}")
    return done.stderr
