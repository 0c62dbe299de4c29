"""The record of what each path costs: read, written, and compared with a measurement.

``start_cost.json`` beside this file has two parts. ``instructions`` has an entry for each
combination of Python, OpenSSL and libc, with the versions of the packages, and for each path its
ratio to ``python -c pass`` and the reason for it. ``modules`` has, for each minor version of
Python, every module that ``python -c pass`` does not import, with the paths that import it.
"""

import json
import re
from collections import namedtuple
from pathlib import Path
from typing import NamedTuple, Optional

RECORD = Path(__file__).with_name("start_cost.json")
UPDATE = 'python tests/benchmarks/instructions.py --update --reason "..."'
ALLOWED = 0.02
# An update leaves a figure as it is when it differs by less: counts repeat to a thousandth.
SAME = 0.002
# No path may cost more than this on CPython 3.11, and no reason changes that. A .pth file is nearly
# all of what the hook costs while it is off, and on 3.13 finding one loads a codec: hence 1.05.
CEILINGS = {
    "HTTPS": 4.6, "HTTP": 3.6, "HTTP and .env": 3.8, "within max_age": 2.9, "local files only": 2.4,
    "embedded store": 3.8, "load_env()": 2.7, "hook off": 1.05,
}  # fmt: skip
CEILINGS_OF = "3.11"
# On the other versions a tenth more, beyond the interpreter's own start: 3.9 needs that.
LEEWAY = 1.1
# A list, or an object without lists and objects in it: each is one line of the record.
_FLAT = re.compile(r"\[[^][{}]*\]|\{[^][{}]*\}")


def ceiling(path, minor):
    """Return the highest ratio that may be recorded for a path on a minor version."""
    figure = CEILINGS[path]
    return figure if minor == CEILINGS_OF else round(1 + (figure - 1) * LEEWAY, 2)


class Figure(NamedTuple):
    """The ratio to ``python -c pass`` of one path, and the modules that it imports beyond it.

    ``ratio`` is ``None`` where valgrind is missing; ``reason`` is set where the figure is recorded.
    """

    ratio: Optional[float]
    modules: frozenset
    reason: str = ""

    def steadied(self, again):
        """Return what both measurements agree on: the lower ratio, and the common modules."""
        known = [ratio for ratio in (self.ratio, again.ratio) if ratio is not None]
        return Figure(min(known, default=None), self.modules & again.modules)


# The figures of one interpreter by path, and the versions that they depend on.
Measurement = namedtuple("Measurement", "key minor packages figures")


class Refused(Exception):
    """An update that is not allowed; the record stays as it is."""


class Record:
    """The contents of ``start_cost.json``."""

    def __init__(self, text="{}"):
        document = json.loads(text)
        self.instructions = document.get("instructions", {})
        self._modules = document.get("modules", {})

    def packages(self, key):
        """Return the versions of the packages that an entry was measured with."""
        return self.instructions.get(key, {}).get("packages", {})

    def paths(self, key, minor):
        """Return the entry of each path; empty for an unknown key."""
        found = {}
        for path, entry in self.instructions.get(key, {}).get("paths", {}).items():
            modules = (name for name, of in self._modules.get(minor, {}).items() if path in of)
            found[path] = Figure(entry["ratio"], frozenset(modules), entry["reason"])
        return found

    def update(self, measured, reason):
        """Record the figures, with ``reason`` for those that changed.

        Raises:
            Refused: The reason is empty, or a figure is above its ceiling or was not counted.
        """
        if not reason.strip():
            raise Refused("an update needs a reason: --reason TEXT")
        before = self.paths(measured.key, measured.minor)
        paths = {}
        modules = {}
        for path in CEILINGS:
            if path not in measured.figures:
                continue
            figure, highest = measured.figures[path], ceiling(path, measured.minor)
            if figure.ratio is None:
                raise Refused("an update needs valgrind")
            if figure.ratio > highest:
                above = f"{path}: {figure.ratio:.3f} x is above the ceiling of {highest} x"
                raise Refused(f"{above} ({measured.key})")
            old = before.get(path)
            if old and old.modules == figure.modules and abs(figure.ratio / old.ratio - 1) <= SAME:
                paths[path] = {"ratio": old.ratio, "reason": old.reason}
            else:
                paths[path] = {"ratio": round(figure.ratio, 3), "reason": reason.strip()}
            for name in figure.modules:
                modules.setdefault(name, []).append(path)
        packages = dict(sorted(measured.packages.items()))
        self.instructions[measured.key] = {"packages": packages, "paths": paths}
        self._modules[measured.minor] = dict(sorted(modules.items()))

    def text(self):
        """Return the file's text: versions by number, and one line for each path and module."""
        document = {"instructions": self.instructions, "modules": self._modules}
        document = {
            part: dict(sorted(of.items(), key=lambda item: _numbers(item[0])))
            for part, of in document.items()
        }
        text = json.dumps(document, indent=2, ensure_ascii=False)
        flat = _FLAT.sub(lambda f: json.dumps(json.loads(f[0]), ensure_ascii=False), text)
        return f"{flat}\n"


def problems_of(path, figure, recorded):
    """Return what is wrong with a path: more than 2 % above its record, or a new module."""
    if recorded is None:
        return [f"{path}: not recorded"]
    added = sorted(figure.modules - recorded.modules)
    found = [f"{path}: module added: {', '.join(added)}"] if added else []
    if figure.ratio and recorded.ratio and figure.ratio / recorded.ratio - 1 > ALLOWED:
        more = f"{figure.ratio / recorded.ratio - 1:+.1%} instructions"
        found.append(f"{path}: {more} ({figure.ratio:.3f} x, was {recorded.ratio:.3f} x)")
    return found


def compare(measured, recorded):
    """Return the problems of each path that has any: none where nothing is recorded for the key."""
    if not recorded:
        return {}
    found = {
        path: problems_of(path, of, recorded.get(path)) for path, of in measured.figures.items()
    }
    return {path: problems for path, problems in found.items() if problems}


def table(measured, recorded):
    """Return a line for each path: its figure, the recorded one, the difference, the ceiling."""
    for path, figure in measured.figures.items():
        count = "not counted" if figure.ratio is None else f"{figure.ratio:.3f} x"
        line = f"{path:18} {count:>11}  {len(figure.modules):3} modules"
        old = recorded.get(path)
        if old:
            line += f"   recorded: {old.ratio:.3f} x"
            line += f" ({figure.ratio / old.ratio - 1:+.2%})" if figure.ratio else ""
            removed = sorted(old.modules - figure.modules)
            line += f", {' '.join(['modules removed:', *removed])}" if removed else ""
        yield f"{line}   ceiling: {ceiling(path, measured.minor)} x"


def _numbers(key):
    """Return the numbers in a key, so that 3.9 comes before 3.10."""
    words = key.replace(",", " ").replace(".", " ").split()
    return [(int(word), "") if word.isdigit() else (0, word) for word in words]
