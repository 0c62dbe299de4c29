"""Many launchers at once, one server, nothing cached."""

import os
import re
import time

import loopback
import pytest
from loopback import serve

# All wait for the end of one pipe, so that they really begin at once.
_WAITS = ("sh", "-c", 'read -r _; exec "$@"', "sh")
_LATE = re.compile(
    r"clovrix-exec: backend/staging: (cannot reach \S+: the (name look-up|connection|TLS handshake)"
    r" timed out|\S+ did not answer in time|\S+: the request was not sent in time)"
)


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("count", [50, 200])
def test_many_at_once(launched, authority, monkeypatch, count, scheme):
    """Of 50 none fails. Of 200 two processors start as many as they can by the deadline, and
    the others name the step that was late."""
    # A queue for all of them: a connection that does not fit comes again a second later.
    monkeypatch.setattr(loopback._Server, "request_queue_size", 1024)
    with serve(tls=authority.context() if scheme == "https" else None) as server:
        server.fault("answer", body=b'{"entries": {"KEY": "v"}}')
        launched.environ.update(CLOVRIX_API_URL=server.url, CLOVRIX_TOKEN="icr_x")
        launched.environ["SSL_CERT_FILE"] = authority.file
        reader, writer = os.pipe()
        words = ("backend", "staging", "--", "true")
        streams = {"stdin": reader, "stdout": None}
        started = [launched.start(*words, through=_WAITS, **streams) for _ in range(count)]
        os.close(reader)
        time.sleep(0.5)
        os.close(writer)
        lines = [process.communicate()[1].decode().partition("\n")[0] for process in started]
    failed = [line for line in lines if line]
    print(f"{count} launchers at once: {len(failed)} failed")
    assert [process.returncode for process in started].count(0) == count - len(failed)
    assert all(map(_LATE.match, failed)), failed
    assert count > 50 or not failed
