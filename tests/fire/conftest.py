"""A store under fire, and the means to let system calls fail."""

import shutil
import sqlite3
import subprocess

import pytest
from fire.stand import Stand

from clovrix_env.store.opening import has_sound_wal


@pytest.fixture
def stand(clean_environment, tmp_path):
    made = Stand(tmp_path, clean_environment)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def rollback_journal():
    """The test looks at the journal, which a mended SQLite replaces by its log."""
    if has_sound_wal(sqlite3.sqlite_version_info):
        pytest.skip("this SQLite is mended: it keeps a log and no journal")


@pytest.fixture(scope="session")
def strace():
    """``strace(CALL, error="EIO", when="3+")``: what stands in front of a command whose third and
    later calls fail; ``log=`` writes down the calls instead. Skipped where nothing may be traced.
    """
    found = shutil.which("strace") or pytest.skip("strace is not installed")

    def through(call, *, log="", **inject):
        how = "".join(f":{name}={value}" for name, value in inject.items())
        does = "trace" if log else "inject"
        return (found, "-o", log or "/dev/null", "-e", f"{does}={call}{how}")

    tried = subprocess.run([*through("fsync", error="EIO"), "true"], capture_output=True)
    if tried.returncode != 0:
        pytest.skip("strace may not trace here: " + tried.stderr.decode().strip())
    return through
