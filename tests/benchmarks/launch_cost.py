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
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks.paths import (  # noqa: E402 - the path is set
    LAUNCH,
    PROGRAM,
    PROJECT_FILE,
    Case,
    add_project,
    install,
    made,
    surroundings,
)

from clovrix_env.api.messages import WriteItem  # noqa: E402

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

# What a command prints is not measured, and shows nowhere.
_SILENT = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]


def measure(python: str, rounds: int) -> dict[str, tuple[float, float]]:
    """Of each case the figure and its budget."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="launch-cost-")))
        scripts = install(python, folder)
        at = stack.enter_context(surroundings(folder))
        add_project(at.store, "large", [WriteItem(name, TYPICAL[kind]) for name, kind in _large()])
        declared = Path(made(folder / "declared"))
        (declared / ".clovrix").write_text(PROJECT_FILE + _contract())
        launch = [str(scripts / "clovrix-exec"), *LAUNCH]
        large = [launch[0], "large", *launch[2:]]
        interpreter = str(scripts / "python")
        load = [interpreter, "-c", PROGRAM]
        usage = [str(scripts / "clovrix-env"), "--help"]
        nothing = Case("python -c pass", at.project, [interpreter, "-c", "pass"], at.base)
        cases = [
            Case("clovrix-exec, embedded store", at.project, launch, at.in_store, 4.5),
            Case("clovrix-exec, HTTP", at.project, launch, at.over_http, 4.5),
            Case("clovrix-exec, HTTPS", at.project, launch, at.over_https, 5.0),
            Case("clovrix-exec, HTTP and .env", at.with_env, launch, at.over_http, 4.5),
            Case("clovrix-exec, local files only", at.with_env, launch, at.files_only, 3.0),
            Case("clovrix-exec, within max_age", at.project, launch, at.cached, 3.5),
            Case("load_env(), within max_age", at.project, load, at.cached, 4.0),
            Case("clovrix-env --help", at.project, usage, at.base, 5.0),
            Case("500 entries", at.project, large, at.in_store, 8.0),
            Case("a contract of 500 beyond that", declared, large, at.in_store, 3.0, "500 entries"),
        ]
        stack.callback(os.chdir, os.getcwd())
        return ratios(nothing, cases, rounds)


def ratios(nothing: Case, cases: list[Case], rounds: int) -> dict[str, tuple[float, float]]:
    """Of each case the median of its ratio to ``nothing``, and its budget."""
    found: dict[str, list[float]] = {case.name: [] for case in cases}
    for number in range(rounds + 2):
        order = [nothing, *cases]
        random.shuffle(order)
        took = {case.name: _time(case) for case in order}
        if number >= 2:  # the first rounds warm caches
            for case in cases:
                more = took[case.name] - took.get(case.beyond, 0.0)
                found[case.name].append(more / took[nothing.name])
    return {case.name: (statistics.median(found[case.name]), case.budget) for case in cases}


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


def _large() -> list[tuple[str, str]]:
    """Names and types of the large project."""
    kinds = list(TYPICAL)
    return [(f"ENTRY_{number}", kinds[number % len(kinds)]) for number in range(MANY)]


def _contract() -> str:
    return "".join(
        f'\n[variables.{name}]\ntype = "{kind}"\nrequired = true\ndescription = "About {name}"\n'
        for name, kind in _large()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--python", default=sys.executable)
    asked = parser.parse_args()
    for name, (figure, budget) in measure(asked.python, asked.rounds).items():
        print(f"{name:34} {figure:5.2f} x   (at most {budget})")


if __name__ == "__main__":
    main()
