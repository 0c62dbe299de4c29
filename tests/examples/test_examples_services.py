"""The files for services, and the programs: each command of them is run."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
from typing import TYPE_CHECKING

import pytest
from examples.conftest import EXAMPLES, Service, checked

if TYPE_CHECKING:
    from pathlib import Path

    from resolve.surroundings import Clovrix

pytestmark = pytest.mark.timeout(400)
_UNIT = EXAMPLES / "services/backend.service"
_CREDENTIALS = struct.Struct("iII")


def _procfile() -> dict[str, str]:
    lines = (EXAMPLES / "services/Procfile").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines)


@pytest.mark.parametrize("name", ["web", "async"])
def test_web_program_of_the_procfile_answers(service: Service, clovrix: Clovrix, name: str) -> None:
    """gunicorn and uvicorn, by one request."""
    service.start("sh", "-c", _procfile()[name])
    assert service.answer("/health") == "ok"
    assert service.answer("/") == "hello"
    assert clovrix.requests == 1


def test_worker_of_the_procfile_is_ready(service: Service, clovrix: Clovrix) -> None:
    """celery, whose processes ask nobody."""
    service.start("sh", "-c", _procfile()["worker"])
    service.says("ready.")
    assert clovrix.requests == 1


@pytest.mark.parametrize("launches", [True, False])
def test_django_below_a_launcher_and_by_itself(
    service: Service, clovrix: Clovrix, launches: bool
) -> None:
    """One request either way: the settings' own call finds what the launcher left."""
    line = _procfile()["release"]
    ran = service.run("sh", "-c", line if launches else line.partition(" -- ")[2])
    assert ran.returncode == 0, ran.stderr
    assert b"no issues" in ran.stdout
    assert clovrix.requests == 1


def test_procfile_is_known_whole() -> None:
    """Each of its lines is one that a test above runs."""
    assert set(_procfile()) == {"release", "web", "async", "worker"}


def test_workflow_fits_its_schema(checkers: Path) -> None:
    """And the token is there for one step only."""
    workflow = EXAMPLES / "services/github-actions.yml"
    schema = ("--builtin-schema", "vendor.github-workflows")
    checked(checkers, "check_jsonschema", *schema, workflow)
    before, _, after = workflow.read_text().partition("clovrix-exec --")
    assert "secrets." not in before
    assert "secrets.CLOVRIX_TOKEN" in after


def test_unit_is_one_that_systemd_takes(service: Service, tmp_path: Path) -> None:
    """Its own check, with the paths of here."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze here")
    unit = tmp_path / "backend.service"
    text = _UNIT.read_text().replace("/opt/backend/venv", str(service.packages))
    unit.write_text(text.replace("/opt/backend", str(service.folder)))
    ran = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_pid_that_was_started_is_the_one_that_says_ready(
    service: Service, clovrix: Clovrix, tmp_path: Path
) -> None:
    """``Type=notify`` with ``NotifyAccess=main``, and the token as ``LoadCredential`` lays it."""
    unit = dict(line.split("=", 1) for line in _UNIT.read_text().splitlines() if "=" in line)
    assert (unit["Type"], unit["NotifyAccess"]) == ("notify", "main")
    credential = unit["LoadCredential"].partition(":")[0]
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / credential).write_text(service.environ.pop("CLOVRIX_TOKEN") + "\n")
    command = unit["ExecStart"].replace("/opt/backend/venv/bin/", "")
    command = command.replace("127.0.0.1:8000", f"127.0.0.1:{service.port}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        service.environ["NOTIFY_SOCKET"] = str(tmp_path / "notify")
        service.environ["CREDENTIALS_DIRECTORY"] = str(folder)
        process = service.start(*command.split())
        said, sent, _, _ = manager.recvmsg(256, socket.CMSG_SPACE(_CREDENTIALS.size))
    pid, _, _ = _CREDENTIALS.unpack(sent[0][2])
    assert b"READY=1" in said
    assert pid == process.pid
    assert service.answer("/") == "hello"
