"""Launchers of other projects, which set the same 50 variables from local files.

Everything is installed below one folder: PyPI's into a virtual environment, npm's with their own
Node.js, Debian's by unpacking. A launcher that cannot be installed is named with the reason.
"""

import json
import os
import shutil
import subprocess
from collections import namedtuple

from benchmarks.paths import DOTENV, Case, made

# A launcher: its package in a registry, and its command in front of ``true``.
Peer = namedtuple("Peer", "name registry package command")


DOTENV_RUN = "dotenv run"
PEERS = (
    Peer("envdir", "Debian", "daemontools", "envdir variables true"),
    Peer("uv run --env-file", "PyPI", "uv", "uv run --no-sync --offline --env-file .env true"),
    Peer("direnv exec", "Debian", "direnv", "direnv exec . true"),
    Peer("dotenv-cli", "npm", "dotenv-cli", "dotenv -- true"),
    Peer(DOTENV_RUN, "PyPI", "python-dotenv[cli]", "dotenv run true"),
    Peer("env-cmd", "npm", "env-cmd", "env-cmd true"),
    Peer("honcho run", "PyPI", "honcho", "honcho run true"),
    Peer("varlock run", "npm", "varlock", "varlock run -- true"),
    Peer("dotenvx run", "npm", "@dotenvx/dotenvx", "dotenvx run --quiet -- true"),
)
# What is compared would be a request to a service, and these have no server to run here.
ABSENT = {
    "Doppler CLI": "its values come from its own hosted service only",
    "Infisical CLI": "its package downloads the program from outside the registry",
    "chamber, envconsul": "no package on PyPI or npm, or in Debian",
}
NODE = "node@24"


# The launchers that run here, their versions, and why others are absent.
Installed = namedtuple("Installed", "cases versions absent")


def install_peers(python, folder):
    """Install every launcher that can be, and run each one once."""
    project = folder / "project"
    _write_files(project)
    base = {"HOME": made(folder / "home"), "LANG": "C.UTF-8", "VARLOCK_TELEMETRY_DISABLED": "1"}
    _run([python, "-m", "venv", str(folder / "PyPI")])
    try:
        _get("npm", NODE, folder)
    except (OSError, subprocess.CalledProcessError):
        pass  # then npm's run with the Node.js of this machine
    found = Installed([], {}, dict(ABSENT))
    for peer in PEERS:
        scripts = {"PyPI": "PyPI/bin", "npm": "npm/node_modules/.bin", "Debian": "Debian/usr/bin"}
        bin_ = str(folder / scripts[peer.registry])
        # As in an activated environment.
        environ = {**base, "PATH": f"{bin_}:/usr/bin:/bin", "VIRTUAL_ENV": str(folder / "PyPI")}
        try:
            version = _get(peer.registry, peer.package, folder)
            words = peer.command.split()
            case = Case(peer.name, project, [f"{bin_}/{words[0]}", *words[1:]], environ)
            if words[0] == "direnv":
                _run([case.command[0], "allow", "."], cwd=project, env=environ)
            _check(case)
        except (OSError, subprocess.CalledProcessError) as error:
            found.absent[peer.name] = f"{peer.registry}: {_reason(error)}"
            continue
        found.cases.append(case)
        found.versions[peer.name] = version
    return found


def _write_files(project):
    made(project / "variables")
    (project / ".env").write_text(DOTENV)
    (project / ".envrc").write_text("dotenv\n")
    for line in DOTENV.splitlines():
        name, _, value = line.partition("=")
        (project / "variables" / name).write_text(value + "\n")


def _get(registry, package, folder):
    """Install a package and return its version."""
    name = package.lstrip("@").partition("[")[0] if registry != "npm" else package
    if registry == "PyPI":
        pip = [str(folder / "PyPI/bin/python"), "-m", "pip"]
        _run([*pip, "install", "-q", package])
        listed = json.loads(_run([*pip, "list", "--format=json"]))
        return next(found["version"] for found in listed if found["name"] == name)
    if registry == "npm":
        # npm picks the newest version for the Node.js that it runs on.
        path = f"{folder}/npm/node_modules/.bin:{os.environ['PATH']}"
        npm = ["npm", "install", "--silent", "--no-fund", "--no-audit"]
        _run([*npm, "--prefix", made(folder / "npm"), package], env={**os.environ, "PATH": path})
        name = name if name.startswith("@") else name.partition("@")[0]
        manifest = folder / "npm/node_modules" / name / "package.json"
        return json.loads(manifest.read_text())["version"]
    archives = folder / "archives" / name
    _run(["apt-get", "download", "-q", name], cwd=made(archives))
    [archive] = map(str, archives.glob("*.deb"))
    _run(["dpkg-deb", "-x", archive, made(folder / "Debian")])
    version = _run(["dpkg-deb", "-f", archive, "Version"]).strip()
    return version.rpartition(":")[2].partition("-")[0]


def _check(case):
    """Run a launcher once; ``true`` is replaced by a command that needs the last variable."""
    name, _, value = DOTENV.splitlines()[-1].partition("=")
    needs = ["sh", "-c", f'test "${name}" = {value}']
    _run([*case.command[:-1], *needs], cwd=case.folder, env=dict(case.environ))


def _run(command, **options):
    options.setdefault("env", os.environ)
    program = shutil.which(command[0]) or command[0]
    done = subprocess.run(
        [program, *command[1:]], check=True, capture_output=True, text=True, **options
    )
    return done.stdout


def _reason(error):
    if isinstance(error, OSError):
        return f"{os.path.basename(error.filename or '')} is not installed"
    return f"{os.path.basename(error.cmd[0])} ended with status {error.returncode}"
