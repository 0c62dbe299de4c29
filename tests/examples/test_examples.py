"""The files for services and containers: each command is run, each file checked by its schema."""

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys

import pytest
from examples.conftest import EXAMPLES, checked
from examples.stack import FILES, IN_CONTAINER, can_contain, instructions

pytestmark = pytest.mark.timeout(400)
_UNIT = EXAMPLES / "services/backend.service"
_CREDENTIALS = struct.Struct("iII")


def _procfile():
    lines = (EXAMPLES / "services/Procfile").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines)


@pytest.mark.parametrize("name", ["web", "async"])
def test_web_program_of_the_procfile_answers(service, clovrix, name):
    """gunicorn and uvicorn, by one request."""
    service.start("sh", "-c", _procfile()[name])
    assert service.answer("/health") == "ok"
    assert service.answer("/") == "hello"
    assert clovrix.requests == 1


def test_worker_of_the_procfile_is_ready(service, clovrix):
    """celery, whose processes ask nobody."""
    service.start("sh", "-c", _procfile()["worker"])
    service.says("ready.")
    assert clovrix.requests == 1


@pytest.mark.parametrize("launches", [True, False])
def test_django_below_a_launcher_and_by_itself(service, clovrix, launches):
    """One request either way: the settings' own call finds what the launcher left."""
    line = _procfile()["release"]
    ran = service.plain("sh", "-c", line if launches else line.partition(" -- ")[2])
    assert ran.returncode == 0, ran.stderr
    assert b"no issues" in ran.stdout
    assert clovrix.requests == 1


def test_procfile_is_known_whole():
    """Each of its lines is one that a test above runs."""
    assert set(_procfile()) == {"release", "web", "async", "worker"}


def test_files_of_ci_fit_their_schemas(checkers):
    """And GitHub's has the token for single steps only."""
    workflow, job = (
        EXAMPLES / "services" / f"{name}.yml" for name in ("github-actions", "gitlab-ci")
    )
    for schema, file in (("github-workflows", workflow), ("gitlab-ci", job)):
        checked(checkers, "check_jsonschema", "--builtin-schema", f"vendor.{schema}", file)
    before, _, after = workflow.read_text().partition("clovrix-exec --")
    assert "secrets." not in before
    assert "secrets.CLOVRIX_TOKEN" in after


def test_unit_is_one_that_systemd_takes(service, tmp_path):
    """Its own check, with the paths of here."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze here")
    unit = tmp_path / "backend.service"
    text = _UNIT.read_text().replace("/opt/backend/venv", str(service.packages))
    unit.write_text(text.replace("/opt/backend", str(service.folder)))
    ran = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_pid_that_was_started_is_the_one_that_says_ready(service, clovrix, tmp_path):
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


_COMPOSE = EXAMPLES / "containers/compose.yaml"
DOCKERFILES = ["containers/Dockerfile", "containers/Dockerfile.distroless"]


def test_manifests_fit_their_schemas(checkers):
    """Strictly: no field is unknown. Service links are off, and the token is no variable."""
    manifest = EXAMPLES / "containers/kubernetes.yaml"
    composes = (_COMPOSE, FILES / "compose.yaml")
    checked(checkers, "check_jsonschema", "--builtin-schema", "vendor.compose-spec", *composes)
    checked(checkers, "kubernetes_validate", "--strict", manifest)
    assert "enableServiceLinks: false" in manifest.read_text()
    assert "CLOVRIX_TOKEN," not in manifest.read_text()


@pytest.mark.parametrize("name", [*DOCKERFILES, "server/Dockerfile"])
def test_dockerfile_keeps_the_rules(checkers, name):
    """A linter's; and exec form, an unprivileged user by number, no value in the image."""
    linter = checkers / "bin" / "hadolint"
    ran = subprocess.run([linter, EXAMPLES / name], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    image = instructions(name)
    assert json.loads(image["ENTRYPOINT"])
    assert json.loads(image["CMD"])
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", image["USER"])
    assert "CLOVRIX_" not in "".join(image.values())


@pytest.mark.parametrize("name", DOCKERFILES)
def test_image_starts_as_its_dockerfile_says(service, clovrix, name):
    """With a read-only root, without HOME, by a user without a name: it answers, TERM ends it."""
    if not can_contain():
        pytest.skip("no such system can be made here")
    image = instructions(name)
    assert json.loads(image["ENTRYPOINT"])[-1] == "--"
    words = [*json.loads(image["ENTRYPOINT"]), *json.loads(image["CMD"])]
    here = {
        "/usr/bin/python3": sys.executable,
        "0.0.0.0:8000": f"127.0.0.1:{service.port}",
        "/packages/bin/": f"{service.packages}/bin/",
    }
    for there, found in here.items():
        words = [word.replace(there, found) for word in words]
    process = service.start(*IN_CONTAINER, *words)
    assert service.answer("/health") == "ok"
    assert service.answer("/") == "hello"
    assert clovrix.requests == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0


def test_compose_file_runs_as_printed(service, checkers, tmp_path):
    """Its commands, in their order; then the service, with its mounts at the places of here."""
    read = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))"
    command = [sys.executable, "-c", read, _COMPOSE]
    compose = json.loads(subprocess.check_output(command, env={"PYTHONPATH": str(checkers)}))
    lines = _COMPOSE.read_text().splitlines()
    commands = [line[4:] for line in lines if line.startswith("#   ")]
    assert commands[-1].startswith("chown ")
    for name in [name for name in service.environ if name.startswith("CLOVRIX_")]:
        del service.environ[name]
    # The prompt of set needs a terminal.
    commands = [f"{line} --value hello --plain" if " set " in line else line for line in commands]
    if os.getuid() != 0:
        commands.pop()
    ran = service.plain("sh", "-ec", "\n".join(commands))
    assert ran.returncode == 0, ran.stderr

    backend = compose["services"]["backend"]
    (secret,) = backend["secrets"]
    ((_, mounted),) = [volume.split(":") for volume in backend["volumes"]]
    key = service.folder / compose["secrets"][secret["source"]]["file"]
    store = service.folder / "store" / "store.db"
    assert backend["environment"]["CLOVRIX_API_URL"] == f"file:{mounted}/store.db"
    user, group = map(int, backend["user"].split(":"))
    for path in (store, key):
        found = path.stat()
        assert found.st_mode & 0o777 == 0o600
        assert os.getuid() != 0 or (found.st_uid, found.st_gid) == (user, group)
    config = tmp_path / "config"
    target = config / os.path.relpath(secret["target"], backend["environment"]["XDG_CONFIG_HOME"])
    target.parent.mkdir(parents=True)
    target.symlink_to(key)
    service.environ.update(backend["environment"])
    service.environ["XDG_CONFIG_HOME"] = str(config)
    service.environ["CLOVRIX_API_URL"] = f"file:{store}"
    ran = service.plain("clovrix-exec", "--", "printenv", "GREETING")
    assert ran.stdout == b"hello\n", ran.stderr
