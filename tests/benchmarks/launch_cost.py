"""What a start costs, as multiples of ``python -c pass``: run as a script, or by its test.

    python tests/benchmarks/launch_cost.py [--rounds N] [--python PATH]

A wheel is built and installed into a new virtual environment by the newest pip; every command runs
under a clean environment, once a round, in a random order, all in one run. A figure is the median
over the rounds of its time divided by that round's ``python -c pass``; of a case that is measured
beyond another, of what it takes more than that one.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[2])]

from loopback import Authority, serve  # noqa: E402 - the path is set above

from clovrix_env.api.messages import Call, WriteItem  # noqa: E402
from clovrix_env.api.wire import content_of  # noqa: E402
from clovrix_env.store import master_key, sqlite  # noqa: E402
from clovrix_env.store.answer import Store  # noqa: E402

ENTRIES = 50
# A project as large as Clovrix lets it be, and what its contract says of each entry.
MANY = 500
TYPICAL = {
    "str": "a value of some length",
    "url": "postgres://user:pass@db.internal:5432/app",
    "int": "42",
    "bool": "true",
    "port": "8000",
    "duration": "1h30m",
}
PROJECT_FILE = 'project = "backend"\ndefault_environment = "development"\n'
DOTENV = "".join(f"LOCAL_{number}=value-{number}\n" for number in range(20))
PROGRAM = "from clovrix_env import load_env; load_env()"


# What a command prints is not measured, and shows nowhere.
_SILENT = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]


class Case(NamedTuple):
    """One command, the folder that it runs in, its environment, and how dear it may be."""

    name: str
    folder: Path
    command: list[str]
    environ: dict[str, str]
    budget: float
    beyond: str = ""


def measure(python: str, rounds: int) -> dict[str, tuple[float, float]]:
    """Of each case the figure and its budget."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="launch-cost-")))
        scripts = _install(python, folder)
        store, environ = _store(folder)
        stack.callback(store.close)
        authority = Authority(_made(folder / "authority"))
        http = stack.enter_context(serve(store))
        https = stack.enter_context(serve(store, authority.context()))
        answer = store.answer(Call("get_entries", "backend", "development"))
        for server in (http, https):  # a prepared answer: the launcher is measured, not the server
            server.fault("answer", body=content_of(answer))
        token = store.create_token(["backend"], role="read")
        bare, with_env, declared = folder / "bare", folder / "with_env", folder / "declared"
        for place in (bare, with_env, declared):
            _made(place)
            (place / ".clovrix").write_text(PROJECT_FILE)
        (with_env / ".env").write_text(DOTENV)
        (declared / ".clovrix").write_text(PROJECT_FILE + _contract())
        base = {"PATH": "/usr/bin:/bin", "HOME": _made(folder / "home"), "LANG": "C.UTF-8"}
        in_store = {**base, **environ}
        over_http = {**base, "CLOVRIX_TOKEN": token, "CLOVRIX_API_URL": http.url}
        over_https = {
            **over_http, "CLOVRIX_API_URL": https.url, "SSL_CERT_DIR": authority.folder
        }  # fmt: skip
        off = {**base, "CLOVRIX_REMOTE": "off"}
        known = {**over_https, "CLOVRIX_CACHE": "max_age=24h"}
        launch = [str(scripts / "clovrix-exec"), "backend", "development", "--", "true"]
        large = [launch[0], "large", *launch[2:]]
        interpreter = str(scripts / "python")
        load = [interpreter, "-c", PROGRAM]
        nothing = Case("python -c pass", bare, [interpreter, "-c", "pass"], base, 1.0)
        stack.callback(os.chdir, os.getcwd())
        cases = [
            Case("clovrix-exec, embedded store", bare, launch, in_store, 4.5),
            Case("clovrix-exec, HTTP", bare, launch, over_http, 4.5),
            Case("clovrix-exec, HTTPS", bare, launch, over_https, 5.0),
            Case("clovrix-exec, HTTP and .env", with_env, launch, over_http, 6.5),
            Case("clovrix-exec, local files only", with_env, launch, off, 4.5),
            Case("clovrix-exec, within max_age", bare, launch, known, 3.5),
            Case("load_env(), within max_age", bare, load, known, 4.0),
            Case("clovrix-env --help", bare, [str(scripts / "clovrix-env"), "--help"], base, 5.0),
            Case("500 entries", bare, large, in_store, 8.0),
            Case("a contract of 500 beyond that", declared, large, in_store, 3.0, "500 entries"),
        ]
        return _ratios(nothing, cases, rounds)


def _ratios(nothing: Case, cases: list[Case], rounds: int) -> dict[str, tuple[float, float]]:
    ratios: dict[str, list[float]] = {case.name: [] for case in cases}
    for number in range(rounds + 2):
        order = [nothing, *cases]
        random.shuffle(order)
        took = {case.name: _time(case) for case in order}
        if number >= 2:  # the first rounds warm caches
            for case in cases:
                more = took[case.name] - took.get(case.beyond, 0.0)
                ratios[case.name].append(more / took[nothing.name])
    return {case.name: (statistics.median(ratios[case.name]), case.budget) for case in cases}


def _time(case: Case) -> float:
    """Seconds from the start of a process to its end; nothing of ours stands between."""
    os.chdir(case.folder)
    began = time.perf_counter()
    pid = os.posix_spawn(case.command[0], case.command, case.environ, file_actions=_SILENT)
    _, status = os.waitpid(pid, 0)
    took = time.perf_counter() - began
    if status != 0:
        raise RuntimeError(f"{case.name} ended with wait status {status}")
    return took


def _install(python: str, folder: Path) -> Path:
    """The scripts of a virtual environment with our wheel, written by the newest pip."""
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    kept = {name: text for name, text in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    source = folder / "source"
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", "dist", ".*_cache")
    shutil.copytree(HERE.parents[2], source, ignore=ignored)
    subprocess.run([python, "-m", "venv", folder / "venv"], check=True, env=clean)
    pip = [str(folder / "venv/bin/python"), "-m", "pip", "install", "-q"]
    for what in (["--upgrade", "pip"], [str(source)]):
        subprocess.run([*pip, *what], check=True, env={**clean, **kept}, stderr=subprocess.DEVNULL)
    return folder / "venv" / "bin"


def _store(folder: Path) -> tuple[Store, dict[str, str]]:
    """A store with a project of 50 entries and one of 500, and where it is found."""
    key = master_key.generate("the benchmark")
    path = str(Path(_made(folder / "data")) / "store.db")
    config = folder / "config"
    master_key.save(key, str(Path(_made(config / "clovrix-env")) / "master.key"))
    sqlite.create(path, key)
    store = Store.open(path, key)
    some = [WriteItem(f"ENTRY_{number}", f"value-{number}" * 4) for number in range(ENTRIES)]
    many = [WriteItem(name, TYPICAL[kind]) for name, kind in _declared()]
    for project, items in (("backend", some), ("large", many)):
        store.create_project(project)
        store.create_environment(project, "development")
        for at in range(0, len(items), 100):
            call = Call("set_entries", project, "development", items=tuple(items[at : at + 100]))
            assert store.answer(call).status == 200
    return store, {"CLOVRIX_API_URL": f"file:{path}", "XDG_CONFIG_HOME": str(config)}


def _declared() -> list[tuple[str, str]]:
    """Names and types of the large project."""
    kinds = list(TYPICAL)
    return [(f"ENTRY_{number}", kinds[number % len(kinds)]) for number in range(MANY)]


def _contract() -> str:
    return "".join(
        f'\n[variables.{name}]\ntype = "{kind}"\nrequired = true\ndescription = "About {name}"\n'
        for name, kind in _declared()
    )


def _made(folder: Path) -> str:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--python", default=sys.executable)
    asked = parser.parse_args()
    for name, (figure, budget) in measure(asked.python, asked.rounds).items():
        print(f"{name:34} {figure:5.2f} x   (at most {budget})")


if __name__ == "__main__":
    main()
