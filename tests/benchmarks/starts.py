"""Starts of clovrix-env beside those of other launchers, and how they grow: for people to see.

    python tests/benchmarks/starts.py [--python PATH] [--rounds N] [--skip wall|growth]...

Everything runs in one run, in turns, under a clean environment, in new virtual environments. The
figures go to ``starts.json``, from which ``docs/generate.py`` draws the plot and the tables. It
fails if a figure is over its limit. It takes about 15 minutes, and wants an idle machine.
"""

import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks import counting, growth, wall  # noqa: E402 - the path is set
from benchmarks.paths import installed  # noqa: E402
from benchmarks.peers import DOTENV_RUN, install_peers  # noqa: E402

from clovrix_env import __version__  # noqa: E402

RESULTS = Path(__file__).with_name("starts.json")
NOTHING = "python -c pass"
# What the paths are called beside other launchers.
SHOWN = {
    **{path: f"clovrix-exec, {path}" for path in ("HTTPS", "HTTP", "HTTP and .env")},
    "within max_age": "clovrix-exec, within max_age",
    "local files only": "clovrix-exec, .env",
    "embedded store": "clovrix-exec, embedded store",
    "load_env()": "load_env(), within max_age",
}
# In wall time, as multiples of `python -c pass` on CPython 3.11.
BUDGETS = {
    "HTTPS": 5.0, "HTTP": 4.5, "HTTP and .env": 4.5, "embedded store": 4.5, "within max_age": 3.5,
    "local files only": 3.0, "load_env()": 4.0, "hook off": 1.05,
}  # fmt: skip
# In wall time, as multiples of `dotenv run`.
OF_DOTENV_RUN = {"HTTPS": 1.0, "local files only": 0.5}
AT_ONCE = 200
# Of the CPU time of as many `dotenv run`.
CPU_AT_ONCE = 0.6


def own_starts(python, rounds):
    """Return the wall time of each path, as multiples of ``python -c pass``."""
    with installed(python) as here:
        found = wall.in_turns([here.nothing, *here.cases.values()], rounds)
        return {name: wall.ratio(found, name, NOTHING) for name in here.cases}


def measured(python, rounds):
    """Return the part of the results that a clock measures."""
    with installed(python) as here, tempfile.TemporaryDirectory() as folder:
        cases = {path: here.cases[path]._replace(name=name) for path, name in SHOWN.items()}
        peers = install_peers(python, Path(folder))
        compared = [*cases.values(), *peers.cases]
        found = wall.in_turns([here.nothing, *compared], rounds)

        def rounded(name, of, base=NOTHING):
            return [round(number, 3) for number in wall.ratio(found, name, base, of)]

        starts = {
            case.name: {
                "version": peers.versions.get(case.name, __version__),
                "own": case.name in SHOWN.values(),
                **{of: rounded(case.name, of) for of in ("wall", "cpu")},
            }
            for case in compared
        }
        pass_ms = 1000 * statistics.median(took.wall for took in found[NOTHING])
        results = {
            "rounds": rounds,
            "milliseconds of python -c pass": round(pass_ms, 1),
            "starts": dict(sorted(starts.items(), key=lambda start: start[1]["wall"])),
            "absent": peers.absent,
        }
        dotenv_run = next((case for case in peers.cases if case.name == DOTENV_RUN), None)
        if dotenv_run is not None:
            results["of dotenv run"] = {
                path: {of: rounded(name, of, DOTENV_RUN) for of in ("wall", "cpu")}
                for path, name in SHOWN.items()
            }
            results["at once"] = _at_once(here.at, cases["within max_age"], dotenv_run)
        return results


def _at_once(at, case, peer):
    """Return the CPU time of many starts at once, compared with as many of a peer."""
    counting.warm(case)
    at.server.forget()
    ratios = [wall.together([case] * AT_ONCE) / wall.together([peer] * AT_ONCE) for _ in range(3)]
    requests = len(at.server.requests)
    return {"starts": AT_ONCE, "cpu": round(statistics.median(ratios), 3), "requests": requests}


def problems(results):
    """Return a line for each figure over its limit."""
    timed, found = results["wall"], []
    for name, limit in OF_DOTENV_RUN.items():
        figure = timed["of dotenv run"][name]["wall"][0]
        if figure > limit:
            found.append(f"{name}: {figure} x {DOTENV_RUN}, at most {limit}")
    herd = timed["at once"]
    if herd["cpu"] > CPU_AT_ONCE or herd["requests"]:
        found.append(f"{AT_ONCE} starts at once: {herd}, at most {CPU_AT_ONCE} and 0 requests")
    return found + growth.problems(results["growth"])


def _machine(python):
    about = Path("/proc/cpuinfo").read_text() if os.path.exists("/proc/cpuinfo") else ""
    model = re.search("^model name.*: (.*)", about, re.MULTILINE)
    cpu = model[1] if model else platform.processor()
    return {
        "date": str(datetime.date.today()),
        "python": counting.versions(python)[0],
        "cpu": f"{os.cpu_count()} cores, {cpu or platform.machine()}",
        "load": round(os.getloadavg()[1], 1),
    }


def main():
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--skip", action="append", default=[], choices=["wall", "growth"])
    asked = parser.parse_args()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for part, measure in (
        ("wall", lambda: measured(asked.python, asked.rounds)),
        ("growth", lambda: growth.measured(asked.python)),
    ):
        if part not in asked.skip:
            results[part] = {**_machine(asked.python), **measure()}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    generate = Path(__file__).resolve().parents[2] / "docs" / "generate.py"
    subprocess.run([sys.executable, str(generate)], check=True)
    wrong = problems(results)
    sys.exit("\n".join(wrong) if wrong else 0)


if __name__ == "__main__":
    main()
