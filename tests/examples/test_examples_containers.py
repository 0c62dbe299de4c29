"""The container files, checked by their parts: there need not be an engine to run them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from condition.container import NOBODY
from examples.conftest import EXAMPLES, Service

if TYPE_CHECKING:
    from pathlib import Path

    from resolve.surroundings import Clovrix

pytestmark = pytest.mark.timeout(400)
_COMPOSE = EXAMPLES / "containers/compose.yaml"
DOCKERFILES = ["Dockerfile", "Dockerfile.distroless"]
_SCHEMA = ("check_jsonschema", "--builtin-schema")
# The root is read-only; shared memory can be written to, as in a container.
_IN_CONTAINER = 'mount -o remount,bind,ro / && mount -t tmpfs none /dev/shm && exec "$@"'


def _checked(checkers: Path, *words: str | Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", *words],
        env={**os.environ, "PYTHONPATH": str(checkers)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def _instructions(name: str) -> dict[str, str]:
    """Of each instruction of a Dockerfile the last one: that of the image itself."""
    text = (EXAMPLES / "containers" / name).read_text().replace("\\\n", "")
    return dict(re.findall(r"^([A-Z]+) (.*)$", text, re.MULTILINE))


def test_compose_file_fits_its_schema(checkers: Path) -> None:
    """That of the compose specification."""
    _checked(checkers, *_SCHEMA, "vendor.compose-spec", _COMPOSE)


def test_kubernetes_manifest_fits_its_schema(checkers: Path) -> None:
    """Strictly: no field is unknown. Service links are off, and the token is no variable."""
    manifest = EXAMPLES / "containers/kubernetes.yaml"
    _checked(checkers, "kubernetes_validate", "--strict", manifest)
    assert "enableServiceLinks: false" in manifest.read_text()
    assert "CLOVRIX_TOKEN," not in manifest.read_text()


@pytest.mark.parametrize("name", DOCKERFILES)
def test_dockerfile_keeps_the_rules(checkers: Path, name: str) -> None:
    """A linter's; and exec form, an unprivileged user by number, no value in the image."""
    linter = checkers / "bin" / "hadolint"
    ran = subprocess.run([linter, EXAMPLES / "containers" / name], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    image = _instructions(name)
    assert json.loads(image["ENTRYPOINT"])[-1] == "--"
    assert json.loads(image["CMD"])
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", image["USER"])
    assert "CLOVRIX_" not in "".join(image.values())


@pytest.mark.parametrize("name", DOCKERFILES)
def test_image_starts_as_its_dockerfile_says(service: Service, clovrix: Clovrix, name: str) -> None:
    """Its ENTRYPOINT and CMD, with a read-only root, without HOME, by a user without a name.

    The program answers, one request was made, and TERM ends it.
    """
    in_container = ("unshare", "--mount", "sh", "-c", _IN_CONTAINER, "sh", *NOBODY)
    try:
        able = service.run(*in_container, "true").returncode == 0
    except FileNotFoundError:
        able = False
    if not able:
        pytest.skip("no such system can be made here")
    image = _instructions(name)
    words = [*json.loads(image["ENTRYPOINT"]), *json.loads(image["CMD"])]
    here = {
        "/usr/bin/python3": sys.executable,
        "0.0.0.0:8000": f"127.0.0.1:{service.port}",
        "/packages/bin/": f"{service.packages}/bin/",
    }
    for there, found in here.items():
        words = [word.replace(there, found) for word in words]
    process = service.start(*in_container, *words)
    assert service.answer("/health") == "ok"
    assert service.answer("/") == "hello"
    assert clovrix.requests == 1
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert time.monotonic() - began < 5


@pytest.fixture
def compose(checkers: Path) -> dict[str, Any]:
    """The compose file, parsed."""
    read = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))"
    ran = subprocess.run(
        [sys.executable, "-c", read, _COMPOSE],
        env={"PYTHONPATH": str(checkers)},
        capture_output=True,
        check=True,
    )
    parsed: dict[str, Any] = json.loads(ran.stdout)
    return parsed


def test_compose_file_runs_as_printed(
    service: Service, compose: dict[str, Any], tmp_path: Path
) -> None:
    """Its commands, in their order; then the service, with its mounts at the places of here."""
    lines = _COMPOSE.read_text().splitlines()
    commands = [line[4:] for line in lines if line.startswith("#   ")]
    assert commands[-1].startswith("chown ")
    for name in [name for name in service.environ if name.startswith("CLOVRIX_")]:
        del service.environ[name]
    # The prompt of set needs a terminal.
    commands = [f"{line} --value hello --plain" if " set " in line else line for line in commands]
    if os.getuid() != 0:
        commands.pop()
    ran = service.run("sh", "-ec", "\n".join(commands))
    assert ran.returncode == 0, ran.stderr

    backend = compose["services"]["backend"]
    (secret,), ((_, mounted),) = (
        backend["secrets"],
        [volume.split(":") for volume in backend["volumes"]],
    )
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
    ran = service.run("clovrix-exec", "--", "printenv", "GREETING")
    assert ran.stdout == b"hello\n", ran.stderr
