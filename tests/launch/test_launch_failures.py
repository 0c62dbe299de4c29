"""Silent while all is well; otherwise 125, one line for each problem, one with the remedy."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest
from launch.launcher import TOKEN, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from launch.launcher import Launcher
    from loopback import Loopback

START = ("backend", "staging", "--", "echo", "started")
NETWORK = "check network and CLOVRIX_API_URL; --no-remote starts without Clovrix"
LATER = "try again; --no-remote starts without Clovrix"
REMEDIES = {
    401: "check the token: it may be wrong, revoked or expired",
    402: "the organization's billing has to be settled first",
    403: "use a token whose role may read",
    404: "check the names, and that the token's scope includes them",
    409: LATER,
    422: LATER,
    429: LATER,
    500: LATER,
    503: LATER,
}


def refused(launcher: Launcher, *options: str) -> list[str]:
    """The lines of a start that failed without a word of the token."""
    result = launcher(*options, *START)
    assert TOKEN.encode() not in result.stderr
    return refusal(result)


@pytest.mark.parametrize(
    "status",
    [pytest.param(n, marks=pytest.mark.slow if n > 404 else ()) for n in REMEDIES],
)
def test_a_refusal(launcher: Launcher, remote: Loopback, status: int) -> None:
    """The source, Clovrix's own words, and what to do about this status."""
    body = json.dumps({"error": f"no, by {status}", "billing_status": "restricted"}).encode()
    remote.fault("answer", status=status, body=body)
    lines = refused(launcher, "--timeout", "0.9")
    assert lines == [f"backend/staging: no, by {status}", REMEDIES[status]]


def test_an_answer_that_is_none_of_clovrix(launcher: Launcher, remote: Loopback) -> None:
    """A captive portal's page with 200 is no configuration."""
    remote.fault("answer", body=b"<html>please log in</html>")
    problem = "backend/staging: the answer (status 200) is not a JSON object"
    assert refused(launcher) == [problem, NETWORK]


def test_a_redirect_is_not_followed(launcher: Launcher, remote: Loopback) -> None:
    """The token goes nowhere else."""
    remote.fault("redirect", location=f"{remote.url}/elsewhere")
    assert len(refused(launcher)) == 2
    assert len(remote.requests) == 1


def test_a_token_of_nobody(launcher: Launcher, loopback: Loopback) -> None:
    """The store's own 401, through a real server."""
    launcher.environ.update(CLOVRIX_API_URL=loopback.url, CLOVRIX_TOKEN=TOKEN)
    problem, remedy = refused(launcher)
    assert problem.startswith("backend/staging: ")
    assert remedy == REMEDIES[401]


def test_no_token(launcher: Launcher, remote: Loopback) -> None:
    """Said before anything is asked."""
    del launcher.environ["CLOVRIX_TOKEN"]
    problem, _ = refused(launcher)
    assert problem.startswith("no token for ")
    assert remote.requests == []


def test_nobody_listens(launcher: Launcher) -> None:
    """A connection that is refused, after the attempts that the deadline leaves room for."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        launcher.environ.update(CLOVRIX_API_URL=url, CLOVRIX_TOKEN=TOKEN)
        lines = refused(launcher, "--timeout", "0.9")
    assert lines == [f"backend/staging: cannot reach {url}: connection refused", NETWORK]


@pytest.mark.parametrize("kind", ["hang", "drip_header", "drip_body"])
def test_the_deadline_is_kept(launcher: Launcher, hanging: Loopback, kind: str) -> None:
    """An answer that does not come, or comes in drips, ends the start by then."""
    hanging.fault(kind)
    lines = refused(launcher, "--timeout", "0.3")
    assert lines == [f"backend/staging: {hanging.url} did not answer in time", NETWORK]


def test_one_of_several_projects_refuses(launcher: Launcher, remote: Loopback) -> None:
    """Nothing is half started: an extended project that is missing stops the start by its name."""
    (launcher.folder / ".clovrix").write_text('extends = ["shared"]\n')
    remote.fault("answer", status=404, body=b'{"error": "not there"}')
    assert refused(launcher) == ["shared/staging: not there", REMEDIES[404]]


@pytest.mark.parametrize("kind", ["files", "http", "store"])
@pytest.mark.parametrize("python", [(), ("-X", "dev", "-bb", "-W", "error")], ids=["", "dev"])
def test_not_a_byte_of_ours(
    launcher: Launcher, source: Callable[[str], str], kind: str, python: Sequence[str]
) -> None:
    """stdout and stderr have what the program writes; Python's own warnings find nothing."""
    program = ("sh", "-c", "echo $GREETING; echo e >&2")
    result = launcher(*source(kind).split(), "--", *program, python=python)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"hello\n", b"e\n")


def test_every_problem_is_a_line(launcher: Launcher) -> None:
    """All that is wrong at once, each with its place; below those that have one, a remedy."""
    (launcher.folder / ".env").write_text("A=1\nnonsense nonsense\nEDITOR=vi\nB=${MISSING}\n")
    lines = refusal(launcher("--", "true"))
    assert [line[:7] for line in lines[:3]] == [".env:2:", ".env:4:", ".env:3:"]
    assert len(lines) == 4
    assert "--allow EDITOR" in lines[-1]


def test_nothing_is_configured(launcher: Launcher) -> None:
    """Configured by nothing at all is no silent start."""
    (launcher.folder / ".env").unlink()
    problem, remedy = refusal(launcher("--", "true"))
    assert problem.startswith(f"nothing is configured in {launcher.folder}")
    assert remedy.startswith("name a project and an environment")


def test_an_answer_cannot_write_lines_of_its_own(launcher: Launcher, remote: Loopback) -> None:
    """What a server says stays one line, and commands no terminal."""
    body = b"<html>\n<h1>502\x1b[31m</h1>\r\nclovrix-exec: all is well\n"
    remote.fault("answer", status=418, body=body)
    problem, _ = refused(launcher)
    assert problem.endswith("<html> <h1>502\\x1b[31m</h1> clovrix-exec: all is well")
