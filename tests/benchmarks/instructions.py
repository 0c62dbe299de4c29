"""What a start costs in instructions, as multiples of ``python -c pass``: no load can move it.

    python tests/benchmarks/instructions.py [--python PATH]...
    python tests/benchmarks/instructions.py --update --reason TEXT [--python PATH]...

It counts the instructions of each path up to exec and lists the modules that the path imports, and
compares both with ``start_cost.json``. It fails if a path takes 2 % more instructions or imports a
module more. Figures for a Python, an OpenSSL or a libc without an entry are only reported.

``--update`` writes the figures, and the reason for those that changed. It refuses a figure above
its ceiling. ``--python`` may be repeated; without it, the Python that runs this is measured.
"""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks import counting  # noqa: E402 - the path is set
from benchmarks import start_cost as costs  # noqa: E402
from benchmarks.paths import installed  # noqa: E402

# A figure is the lowest of so many counts where it is recorded, or where it would fail.
TIMES = 3


def measure(python, versions, again):
    """Measure an interpreter with these versions of the packages.

    ``again`` is called with the measurement so far, and names the paths to measure once more.
    """
    with installed(python, versions) as here:
        for case in (here.nothing, *here.cases.values()):
            counting.warm(case)
        base_modules = counting.modules(here.nothing)
        base = counting.count(here.nothing) if counting.available() else 0

        def figure(path):
            case = here.cases[path]
            ratio = counting.count(case) / base if base else None
            return costs.Figure(ratio, counting.modules(case) - base_modules)

        found = costs.Measurement(*counting.versions(python), counting.packages(here.python), {})
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found.figures.update(zip(here.cases, pool.map(figure, here.cases)))
            for _ in range(1, TIMES):
                names = list(again(found))
                for path, more in zip(names, pool.map(figure, names)):
                    found.figures[path] = found.figures[path].steadied(more)
        return found


def check(pythons, record):
    """Print each figure beside the recorded one; return whether no path costs more."""
    well = True
    for python in pythons:
        key, minor = counting.versions(python)
        recorded = record.paths(key, minor)
        found = measure(
            python, record.packages(key), lambda now, of=recorded: costs.compare(now, of)
        )
        print(f"\n{key}", *costs.table(found, recorded), sep="\n  ")
        if not recorded:
            print("  no entry for these versions: reported only")
        for line in (line for lines in costs.compare(found, recorded).values() for line in lines):
            print(f"  FAILED: {line}")
            well = False
    if not well:
        print(f"\nRemove the cause, or record the increase with its reason:\n  {costs.UPDATE}")
    return well


def update(pythons, record, reason):
    """Record the figures of each interpreter. Nothing is written if one is refused."""
    for python in pythons:
        found = measure(python, {}, lambda now: now.figures)
        recorded = record.paths(found.key, found.minor)
        print(f"\n{found.key}", *costs.table(found, recorded), sep="\n  ", flush=True)
        record.update(found, reason)
    costs.RECORD.write_text(record.text(), encoding="utf-8")


def main(arguments=None):
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
    record = costs.Record(costs.RECORD.read_text(encoding="utf-8"))
    pythons = list(dict.fromkeys(options.python or [sys.executable]))
    try:
        if options.update:
            update(pythons, record, options.reason)
        elif not check(pythons, record):
            sys.exit(1)
    except costs.Refused as error:
        sys.exit(f"refused: {error}")


if __name__ == "__main__":
    main()
