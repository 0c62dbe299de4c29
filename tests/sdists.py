"""Releases of PyPI, unpacked: real projects for tests."""

import contextlib
import subprocess
import sys
import tarfile

import pytest
from programs import finish


def ended(*command, seconds=100):
    return finish(command, stderr=subprocess.STDOUT, timeout=seconds)


def unpack(release, digest, folder, work):
    """Move the source archive of ``NAME==VERSION`` with this SHA-256 to a folder; or skip."""
    wanted = work / "wanted.txt"
    wanted.write_text(f"{release} --hash=sha256:{digest}\n")
    pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps")
    source = ("--no-binary", release.partition("==")[0], "--ignore-requires-python")
    with contextlib.suppress(subprocess.TimeoutExpired):
        ended(*pip, *source, "--retries=1", "--dest", str(work), "-r", str(wanted), seconds=45)
    found = list(work.glob("*.tar.gz"))
    if not found:
        pytest.skip(f"{release} cannot be had from PyPI here")
    with tarfile.open(found[0]) as archive:
        archive.extractall(work / "unpacked", filter="data")
    (inner,) = (work / "unpacked").iterdir()
    folder.rmdir()
    inner.rename(folder)
    folder.chmod(0o700)
