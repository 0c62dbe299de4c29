"""``export -o FILE`` where the folder is another user's, who is not to be trusted."""

import os
import stat
import subprocess
import sys
import time

import pytest
from programs import finish

from clovrix_env.system import private_file

pytestmark = [
    pytest.mark.slow,  # a race
    pytest.mark.skipif(os.getuid() != 0, reason="only root becomes another user"),
]

_OTHER = 54321
_SECRET = "planted-secret-of-this-test"
_ROUNDS, _SECONDS = 200, 20
# Takes every new name of an unfinished file for itself: a link to root's file, or a file held open.
_SWAPS = """
import os, sys
folder, victim, uid = sys.argv[1:]
os.chdir(folder)
os.setgid(int(uid))
os.setuid(int(uid))
print("ready", flush=True)
held, number = [], 0
while True:
    for name in os.listdir("."):
        if name.startswith("out.") and name.endswith(".new") and name not in held:
            number += 1
            try:
                os.rename(name, f"taken.{number}")
                if number % 2:
                    os.symlink(victim, name)
                else:
                    os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
            except OSError:
                pass
            held.append(name)
"""


@pytest.fixture
def folder(tmp_path):
    """A folder of another user's, which that user can reach."""
    for above in (tmp_path, *tmp_path.parents):
        os.chmod(above, stat.S_IMODE(above.stat().st_mode) | 0o055)
    made = tmp_path / "theirs"
    made.mkdir()
    os.chown(made, _OTHER, _OTHER)
    return made


@pytest.fixture
def victim(folder):
    """A file of root's own, elsewhere; the other user is at work."""
    made = folder.parent / "victim"
    made.write_text("root's own")
    made.chmod(0o600)
    words = [sys.executable, "-c", _SWAPS, str(folder), str(made), str(_OTHER)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        yield made
        process.kill()


@pytest.mark.parametrize("write", [private_file.replace, private_file.create])
def test_a_swapped_name_gets_no_value(folder, victim, write):
    """Neither root's own file nor one of the other user's: a write is done or fails."""
    end = time.monotonic() + _SECONDS
    failed = number = 0
    while number < _ROUNDS and time.monotonic() < end:
        number += 1
        try:
            write(str(folder / f"out.{number}"), f"{_SECRET} {number}".encode() * 1000)
        except OSError:
            failed += 1
    print(f"{failed} writes of {number} failed")
    assert victim.read_text() == "root's own"
    assert stat.S_IMODE(victim.stat().st_mode) == 0o600
    for path in folder.iterdir():
        found = path.lstat()
        if stat.S_ISREG(found.st_mode) and (found.st_uid == _OTHER or found.st_mode & 0o077):
            assert _SECRET not in path.read_text()


def test_a_file_that_cannot_be_replaced_leaves_nothing(command, folder):
    """In a sticky folder another user's file stays, and nothing of ours lies beside it."""
    command.write(".env", f"A={_SECRET}\n")
    sticky = folder.parent / "sticky"
    sticky.mkdir()
    os.chmod(sticky, 0o1777)
    file = sticky / "out.json"
    file.write_text("theirs")
    for path in (sticky, file):
        os.chown(path, _OTHER, _OTHER)
    # As root without its powers: the interpreter of the tests may be one that only root can read.
    words = ("setpriv", "--inh-caps=-all", "--bounding-set=-all")
    export = command.argv("export", "--format", "json", "--force", "-o", str(file))
    environ = {**command.environ, "CLOVRIX_ROOT": str(command.folder)}
    ended = finish([*words, *export], command.folder, environ)
    assert ended.returncode == 125
    assert "out.json cannot be written: operation not permitted" in ended.stderr
    assert [path.name for path in sticky.iterdir()] == ["out.json"]
    assert file.read_text() == "theirs"
