"""HOME is a folder that this user may not enter."""

import os
import sys
import tempfile

import pytest
from programs import finish

USER = 65534
# Everything is imported before: the interpreter may be behind such a folder too.
PROGRAM = """
import contextlib, importlib, io, os, pkgutil, sys
import clovrix_env
from clovrix_env.cli import exec as launcher
from clovrix_env.auth import stored_tokens
for module in pkgutil.walk_packages(clovrix_env.__path__, "clovrix_env."):
    if not module.name.endswith(("__main__", "sitecustomize")):
        with contextlib.suppress(ImportError):
            importlib.import_module(module.name)
sink = io.TextIOWrapper(io.BytesIO())
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sink):
    launcher.run(["-v", "--explain", "--", "true"])
os.setgid(65534); os.setuid(65534)
os.environ["HOME"] = sys.argv[1]
print(stored_tokens.addresses(os.environ), flush=True)
launcher.run(sys.argv[2:])
"""

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root gives folders to others")


@pytest.fixture
def place():
    """A folder that every user may enter, with a ``.env``."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        with open(f"{folder}/.env", "w") as file:
            file.write("GREETING=hello\n")
        yield folder


def ran(place, home, *words, **environ):
    words = words or ("-v", "--", "printenv", "GREETING")
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environ}
    return finish([sys.executable, "-c", PROGRAM, home, *words], place, environ)


@pytest.mark.parametrize(
    ("closed", "home"), [("home", "home"), ("home", "home/svc")], ids=["its home", "all homes"]
)
def test_what_cannot_be_reached_is_no_configuration(place, closed, home):
    """Supervisor#161, jupyter/notebook#1719: ``user=`` with root's HOME, ``ProtectHome=yes``."""
    os.makedirs(f"{place}/{home}")
    os.chmod(f"{place}/{closed}", 0)
    result = ran(place, f"{place}/{home}")
    assert (result.returncode, result.stdout) == (0, "()\nhello\n"), result
    assert f"{place}/{home}/.config/clovrix-env cannot be reached" in result.stderr
    assert "cannot be reached" not in ran(place, "/dev/null").stderr


def test_a_folder_of_ones_own_is_an_error(place):
    """What this user closed by mistake would otherwise be ignored without a word."""
    os.mkdir(f"{place}/home")
    os.chown(f"{place}/home", USER, USER)
    os.chmod(f"{place}/home", 0)
    result = ran(place, f"{place}/home")
    assert result.returncode == 1
    assert "tokens.json cannot be read: permission denied" in result.stderr
    assert "let this user read it, or set XDG_CONFIG_HOME to another folder" in result.stderr


def test_an_unreadable_credentials_directory_is_named(place):
    """systemd's folder, inherited by a program that became another user."""
    os.makedirs(f"{place}/credentials")
    os.chmod(f"{place}/credentials", 0)
    result = ran(
        place,
        "/nonexistent",
        *("backend", "x", "--", "true"),
        CREDENTIALS_DIRECTORY=f"{place}/credentials",
    )
    assert result.returncode == 125
    assert (
        "no token for https://app.clovrix.com (the default address); $CREDENTIALS_DIRECTORY "
        f"({place}/credentials/clovrix_token) cannot be read: permission denied\n"
    ) in result.stderr
