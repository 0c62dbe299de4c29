"""Silent while all is well; otherwise 125, one line for each problem, and one with the remedy."""

import os
import re
import time

import loopback
import pytest
from launch.launcher import TOKEN, refusal
from loopback import serve

START = ("backend", "staging", "--", "echo", "started")
REMEDY = "check the names, and that the token's scope includes them"


def refused(launcher, *options):
    """The lines of a start that failed without a word of the token."""
    result = launcher(*options, *START)
    assert TOKEN.encode() not in result.stderr
    return refusal(result)


def test_a_redirect_is_not_followed(launcher, remote):
    """The token goes nowhere else."""
    remote.fault("redirect", location=f"{remote.url}/elsewhere")
    assert len(refused(launcher)) == 2
    assert len(remote.requests) == 1


def test_one_of_several_projects_refuses(launcher, remote):
    """Nothing is half started: an extended project that is missing stops the start by its name."""
    (launcher.folder / ".clovrix").write_text('extends = ["shared"]\n')
    remote.fault("answer", status=404, body=b'{"error": "not there"}')
    assert refused(launcher) == ["shared/staging: not there", REMEDY]


@pytest.mark.parametrize("kind", ["files", "http", "store"])
@pytest.mark.parametrize("python", [(), ("-X", "dev", "-bb", "-W", "error")], ids=["", "dev"])
def test_not_a_byte_of_ours(launcher, source, kind, python):
    """stdout and stderr have what the program writes; Python's own warnings find nothing."""
    program = ("sh", "-c", "echo $GREETING; echo e >&2")
    result = launcher(*source(kind).split(), "--", *program, python=python)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"hello\n", b"e\n")


def test_nothing_is_configured(launcher):
    """Configured by nothing at all is no silent start."""
    (launcher.folder / ".env").unlink()
    problem, remedy = refusal(launcher("--", "true"))
    assert problem.startswith(f"nothing is configured in {launcher.folder}")
    assert remedy.startswith("name a project and an environment")


def test_an_answer_cannot_write_lines_of_its_own(launcher, remote):
    """What a server says stays one line, and commands no terminal."""
    body = b"<html>\n<h1>502\x1b[31m</h1>\r\nclovrix-exec: all is well\n"
    remote.fault("answer", status=418, body=body)
    problem, _ = refused(launcher)
    assert problem.endswith("<html> <h1>502\\x1b[31m</h1> clovrix-exec: all is well")


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
    """Of 50 none fails; of 200 those that are not in time name the step that was late."""
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
