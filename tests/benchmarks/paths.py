"""The set-up that the benchmarks share: an installation, a store, its servers, and folders.

``installed`` builds a wheel, installs it into a new virtual environment, starts the servers and
writes the folders; every command then runs under a clean environment.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[2])]

from loopback import Authority, serve  # noqa: E402 - the path is set above

from clovrix_env.api.messages import Call, WriteItem  # noqa: E402
from clovrix_env.api.wire import content_of  # noqa: E402
from clovrix_env.store import master_key, sqlite  # noqa: E402
from clovrix_env.store.answer import Store  # noqa: E402

ENTRIES = 50
PROJECT_FILE = 'project = "backend"\ndefault_environment = "development"\n'
DOTENV = "".join(f"LOCAL_{number}=value-{number}\n" for number in range(ENTRIES))
LAUNCH = ["backend", "development", "--", "true"]
PROGRAM = "from clovrix_env import load_env; load_env()"


# One command, the folder that it runs in, and its environment.
Case = namedtuple("Case", "name folder command environ")
# The surroundings, the Python with the wheel, the case of each path, and ``-c pass``.
Installed = namedtuple("Installed", "at python cases nothing")


@contextmanager
def surroundings(folder):
    """Create the store and the folders below ``folder``, and serve until the block ends."""
    store, environ = _store(folder)
    authority = Authority(made(folder / "authority"))
    empty, project, with_env = folder / "empty", folder / "project", folder / "with_env"
    made(empty)
    for place in (project, with_env):
        made(place)
        (place / ".clovrix").write_text(PROJECT_FILE)
    (with_env / ".env").write_text(DOTENV)
    base = {"PATH": "/usr/bin:/bin", "HOME": made(folder / "home"), "LANG": "C.UTF-8"}
    answer = content_of(store.answer(Call("get_entries", "backend", "development")))
    token = {**base, "CLOVRIX_TOKEN": store.create_token(["backend"], role="read")}
    with serve(store) as http, serve(store, authority.context()) as https:
        for server in (http, https):  # a prepared answer: the launcher is measured, not the server
            server.fault("answer", body=answer)
        over_https = {**token, "CLOVRIX_API_URL": https.url, "SSL_CERT_DIR": authority.folder}
        yield SimpleNamespace(
            store=store, server=https, empty=empty, project=project, with_env=with_env, base=base,
            in_store={**base, **environ},
            over_http={**token, "CLOVRIX_API_URL": http.url},
            over_https=over_https,
            files_only={**base, "CLOVRIX_REMOTE": "off"},
            cached={**over_https, "CLOVRIX_CACHE": "max_age=24h"},
        )  # fmt: skip
    store.close()


@contextmanager
def installed(python, versions=None):
    """Install the wheel of this tree for an interpreter, in the surroundings."""
    with tempfile.TemporaryDirectory(prefix="installed-") as name:
        folder = Path(name)
        scripts = install(python, folder, versions)
        hooked = install_hook(python, scripts, folder / "hooked")
        with surroundings(Path(made(folder / "place"))) as at:
            own = str(scripts / "python")
            launch = [str(scripts / "clovrix-exec"), *LAUNCH]
            cases = [
                Case("HTTPS", at.empty, launch, at.over_https),
                Case("HTTP", at.empty, launch, at.over_http),
                Case("HTTP and .env", at.with_env, launch, at.over_http),
                Case("within max_age", at.project, launch, at.cached),
                Case("local files only", at.with_env, launch, at.files_only),
                Case("embedded store", at.empty, launch, at.in_store),
                Case("load_env()", at.project, [own, "-c", PROGRAM], at.cached),
                Case("hook off", at.empty, [hooked, "-c", "pass"], at.base),
            ]
            nothing = Case("python -c pass", at.empty, [own, "-c", "pass"], at.base)
            yield Installed(at, own, {case.name: case for case in cases}, nothing)


def install(python, folder, versions=None):
    """Return the scripts of a new virtual environment that has the wheel of this tree.

    The newest pip writes the scripts and installs the newest dependencies. A package in
    ``versions``, pip included, gets that version instead.
    """
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    kept = {name: text for name, text in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    source = folder / "source"
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", "dist", ".*_cache")
    shutil.copytree(HERE.parents[2], source, ignore=ignored)
    constraints = folder / "constraints.txt"
    constraints.write_text(
        "".join(f"{name}=={version}\n" for name, version in (versions or {}).items())
    )
    subprocess.run([python, "-m", "venv", folder / "venv"], check=True, env=clean)
    pip = [str(folder / "venv/bin/python"), "-m", "pip", "install", "-q", "-c", str(constraints)]
    for what in (["--upgrade", "pip"], [str(source)]):
        subprocess.run([*pip, *what], check=True, env={**clean, **kept}, stderr=subprocess.DEVNULL)
    return folder / "venv" / "bin"


def install_hook(python, scripts, folder):
    """Return the Python of a copy of a virtual environment that has the start-up hook."""
    subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True)
    [original] = scripts.parent.glob("lib/python*/site-packages")
    [copy] = folder.glob("lib/python*/site-packages")
    shutil.copytree(original, copy, dirs_exist_ok=True)
    hooked = str(folder / "bin" / "python")
    install = [str(scripts / "clovrix-env"), "hook", "install", "-q", "--python", hooked]
    subprocess.run(install, check=True)
    return hooked


def made(folder):
    """Create a private folder and return its path."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(folder)


def add_project(store, project, items):
    """Create a project whose development environment has these entries."""
    store.create_project(project)
    store.create_environment(project, "development")
    for at in range(0, len(items), 100):
        call = Call("set_entries", project, "development", items=tuple(items[at : at + 100]))
        assert store.answer(call).status == 200


def _store(folder):
    """Return a store with a project of 50 entries, and the variables that point to it."""
    key = master_key.generate("the benchmark")
    path = str(Path(made(folder / "data")) / "store.db")
    config = folder / "config"
    master_key.save(key, str(Path(made(config / "clovrix-env")) / "master.key"))
    sqlite.create(path, key)
    store = Store.open(path, key)
    items = [WriteItem(f"ENTRY_{number}", f"value-{number}" * 4) for number in range(ENTRIES)]
    add_project(store, "backend", items)
    return store, {"CLOVRIX_API_URL": f"file:{path}", "XDG_CONFIG_HOME": str(config)}
