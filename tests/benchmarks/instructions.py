"""What a start costs in instructions, as multiples of ``python -c pass``: no load can move it.

    python tests/benchmarks/instructions.py [--python PATH]...
    python tests/benchmarks/instructions.py --update --reason TEXT [--python PATH]...

It counts the instructions of each path up to exec and lists the modules that the path imports, and
compares both with ``start_cost.json``. It fails if a path takes 2 % more instructions or imports a
module more. Figures for a Python, an OpenSSL or a libc without an entry are only reported.

``--update`` writes the figures, and the reason for those that changed. It refuses a figure above
its ceiling. ``--python`` may be repeated; without it, every CPython found is measured.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks import counting  # noqa: E402 - the path is set
from benchmarks.paths import (  # noqa: E402
    Case,
    cases_of,
    install,
    install_hook,
    made,
    surroundings,
)
from benchmarks.start_cost import (  # noqa: E402
    RECORD,
    UPDATE,
    Figure,
    Measurement,
    Record,
    Refused,
    compare,
    differing,
    module_changes,
    package_changes,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

MINORS = range(9, 15)
# A figure is the lowest of so many counts where it is recorded, or where it would fail.
TIMES = 3


class Bench:
    """One interpreter in the surroundings, and what its paths cost."""

    def __init__(self, cases: dict[str, Case], nothing: Case) -> None:
        self._cases = cases
        self._nothing = nothing
        for case in (nothing, *cases.values()):
            counting.warm(case)
        self._base_modules = counting.modules(nothing)
        self._base = counting.count(nothing) if counting.available() else 0

    def measure(self, paths: Iterable[str] | None = None) -> dict[str, Figure]:
        """Return the figure of each path, or of those that are named."""
        names = list(self._cases if paths is None else paths)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return dict(zip(names, pool.map(self._figure, names)))

    def _figure(self, path: str) -> Figure:
        case = self._cases[path]
        ratio = counting.count(case) / self._base if self._base else None
        return Figure(ratio, counting.modules(case) - self._base_modules)


def measure(
    python: str, versions: Mapping[str, str], again: Callable[[Measurement], Iterable[str]]
) -> Measurement:
    """Measure an interpreter with these versions of the packages.

    ``again`` is called with the measurement so far, and names the paths to measure once more.
    """
    with tempfile.TemporaryDirectory(prefix="instructions-") as name:
        folder = Path(name)
        scripts = install(python, folder, versions)
        hooked = install_hook(python, scripts, folder / "hooked")
        with surroundings(Path(made(folder / "place"))) as at:
            bench = Bench(*cases_of(at, scripts, hooked))
            key, minor = counting.versions(python)
            packages = counting.packages(str(scripts / "python"))
            found = Measurement(key, minor, packages, bench.measure())
            for _ in range(1, TIMES):
                for path, figure in bench.measure(again(found)).items():
                    found.figures[path] = found.figures[path].steadied(figure)
            return found


def check(pythons: Sequence[str], record: Record) -> bool:
    """Print each figure beside the recorded one; return whether no path costs more."""
    well = True
    for python in pythons:
        key, minor = counting.versions(python)
        recorded = record.paths(key, minor)
        again = partial(differing, recorded=recorded)
        found = measure(python, record.packages(key), again)
        print(f"\n{key}", *table(found, recorded), sep="\n  ")
        if not recorded:
            print("  no entry for these versions: reported only")
            continue
        problems = compare(found, recorded)
        for line in module_changes(found, recorded)[1]:
            print(f"  {line}")
        for line in problems:
            print(f"  FAILED: {line}")
        if problems:
            for line in package_changes(found.packages, record.packages(key)):
                print(f"  {line}")
        well = well and not problems
    if not well:
        print(f"\nRemove the cause, or record the increase with its reason:\n  {UPDATE}")
    return well


def update(pythons: Sequence[str], record: Record, reason: str) -> None:
    """Record the figures of each interpreter. Nothing is written if one is refused."""
    for python in pythons:
        found = measure(python, {}, lambda now: now.figures)
        key, recorded = found.key, record.paths(found.key, found.minor)
        print(f"\n{key}", *table(found, recorded), sep="\n  ", flush=True)
        record.update(found, reason)
    RECORD.write_text(record.text(), encoding="utf-8")


def interpreters() -> list[str]:
    """Return the newest CPython of each minor version: pyenv's, or otherwise the one on PATH."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = []
    for minor in MINORS:
        installed = sorted(versions.glob(f"3.{minor}.*/bin/python"), key=_patch)
        python = str(installed[-1]) if installed else shutil.which(f"python3.{minor}")
        needs = "import venv, sqlite3, ssl"
        if python and not subprocess.run([python, "-c", needs], capture_output=True).returncode:
            found.append(python)
    return found or [sys.executable]


def _patch(python: Path) -> int:
    digits = python.parts[-3].split(".")[2]
    return int(digits) if digits.isdigit() else -1


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", action="append", metavar="PATH")
    parser.add_argument("--update", action="store_true", help="write the figures to the record")
    parser.add_argument("--reason", default="", help="why the figures change (with --update)")
    options = parser.parse_args(arguments)
    if options.update and not options.reason.strip():
        parser.error("--update needs --reason TEXT")
    if not counting.available():
        if options.update:
            parser.error("--update needs valgrind")
        print("valgrind is not installed: instructions are not counted, only modules are compared")
    record = Record(RECORD.read_text(encoding="utf-8") if RECORD.exists() else "{}")
    pythons = list(dict.fromkeys(options.python or interpreters()))
    try:
        if options.update:
            update(pythons, record, options.reason)
        elif not check(pythons, record):
            sys.exit(1)
    except Refused as error:
        sys.exit(f"refused: {error}")


if __name__ == "__main__":
    main()
