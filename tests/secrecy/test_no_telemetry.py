"""No usage data, no search for a newer version: a process connects to its own address only."""

import re
import shutil

import entry_points
import pytest
from entry_points import ENTRY_POINTS
from secrecy.failures import Stores

# In connect(), sendto() and sendmsg(); sockets of the machine itself are AF_UNIX.
_PEER = re.compile(r'sa_family=AF_INET6?, .*?port=htons\((\d+)\).*?"([0-9a-f.:]+)"')
_TRACE = ("strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-e", "signal=none")
_HERE = {"client", "sdk", "function"}  # in this process
_PROCESSES = [
    entry_point
    for name, entry_point in ENTRY_POINTS.items()
    if not entry_point.traits & _HERE and not name.startswith(("Client.", "AsyncClient."))
]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
@pytest.mark.parametrize("entry_point", _PROCESSES, ids=repr)
def test_a_process_connects_to_its_address_only(entry_point, watch, tmp_path, monkeypatch):
    """With every process that it starts. A store in a file needs no address."""
    run = entry_points.process
    trace = [*_TRACE, "-o", str(tmp_path / "calls")]
    monkeypatch.setattr(entry_points, "process", lambda scene, argv: run(scene, [*trace, *argv]))
    asks = bool(entry_point.traits & {"asks", "program"})
    expected = set()

    def set_up(scene):
        if asks:
            expected.add(("127.0.0.1", scene.server.port))
            scene.answer(body=scene.body())
        else:
            Stores.put(scene)
            scene.write(".clovrix", '[variables.API_KEY]\ntype = "str"\n')

    outcome, _ = watch(entry_point, set_up)
    found = _PEER.findall((tmp_path / "calls").read_text())
    assert {(host, int(port)) for port, host in found} == expected
    assert outcome.went_well or "looks" in entry_point.traits, outcome.texts
