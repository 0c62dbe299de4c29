"""The record of what each path costs: read, written, and compared with a measurement.

``start_cost.json`` beside this file has two parts. ``instructions`` has an entry for each
combination of Python, OpenSSL and libc, with the versions of the packages, and for each path its
ratio to ``python -c pass`` and the reason for it. ``modules`` has, for each minor version of
Python, every module that ``python -c pass`` does not import, with the paths that import it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RECORD = Path(__file__).with_name("start_cost.json")
UPDATE = 'python tests/benchmarks/instructions.py --update --reason "..."'
ALLOWED = 0.02
# An update leaves a figure as it is when it differs by less: counts repeat to a thousandth.
SAME = 0.002
# No path may cost more than this on CPython 3.11, and no reason changes that. A .pth file is nearly
# all of what the hook costs while it is off, and on 3.13 finding one loads a codec: hence 1.05.
CEILINGS = {
    "HTTPS": 4.6,
    "HTTP": 3.6,
    "HTTP and .env": 3.8,
    "within max_age": 2.9,
    "local files only": 2.4,
    "embedded store": 3.8,
    "load_env()": 2.7,
    "hook off": 1.05,
}
CEILINGS_OF = "3.11"
# On the other versions a tenth more, beyond the interpreter's own start: 3.9 needs that.
LEEWAY = 1.1


def ceiling(path: str, minor: str) -> float:
    """Return the highest ratio that may be recorded for a path on a minor version."""
    figure = CEILINGS[path]
    return figure if minor == CEILINGS_OF else round(1 + (figure - 1) * LEEWAY, 2)


class Figure(NamedTuple):
    """The ratio to ``python -c pass`` of one path, and the modules that it imports beyond it.

    ``ratio`` is ``None`` where valgrind is missing.
    """

    ratio: float | None
    modules: frozenset[str]

    def steadied(self, again: Figure) -> Figure:
        """Return what both measurements agree on: the lower ratio, and the common modules."""
        known = [ratio for ratio in (self.ratio, again.ratio) if ratio is not None]
        return Figure(min(known, default=None), self.modules & again.modules)


class Measurement(NamedTuple):
    """The figures of one interpreter, and the versions that they depend on."""

    key: str
    minor: str
    packages: dict[str, str]
    figures: dict[str, Figure]


class Recorded(NamedTuple):
    """The entry of one path."""

    ratio: float
    reason: str
    modules: frozenset[str]


class Refused(Exception):
    """An update that is not allowed; the record stays as it is."""


class Record:
    """The contents of ``start_cost.json``."""

    def __init__(self, text: str = "{}") -> None:
        document = json.loads(text)
        self._instructions: dict[str, dict] = document.get("instructions", {})
        self._modules: dict[str, dict[str, list[str]]] = document.get("modules", {})

    def keys(self) -> list[str]:
        """Return the combinations of versions that have an entry."""
        return list(self._instructions)

    def packages(self, key: str) -> dict[str, str]:
        """Return the versions of the packages that an entry was measured with."""
        return self._instructions.get(key, {}).get("packages", {})

    def paths(self, key: str, minor: str) -> dict[str, Recorded]:
        """Return the entry of each path; empty for an unknown key."""
        modules = self._modules.get(minor, {})
        return {
            path: Recorded(
                entry["ratio"],
                entry["reason"],
                frozenset(name for name, paths in modules.items() if path in paths),
            )
            for path, entry in self._instructions.get(key, {}).get("paths", {}).items()
        }

    def update(self, measured: Measurement, reason: str) -> None:
        """Record the figures, with ``reason`` for those that changed.

        Raises:
            Refused: The reason is empty, or a figure is above its ceiling or was not counted.
        """
        if not reason.strip():
            raise Refused("an update needs a reason: --reason TEXT")
        for path, figure in measured.figures.items():
            if figure.ratio is None:
                raise Refused("an update needs valgrind")
            highest = ceiling(path, measured.minor)
            if figure.ratio > highest:
                above = f"{path}: {figure.ratio:.3f} x is above the ceiling of {highest} x"
                raise Refused(f"{above} ({measured.key})")
        before = self.paths(measured.key, measured.minor)
        paths = {}
        for path, (ratio, modules) in measured.figures.items():
            assert ratio is not None
            old = before.get(path)
            if old and old.modules == modules and abs(ratio / old.ratio - 1) <= SAME:
                paths[path] = {"ratio": old.ratio, "reason": old.reason}
            else:
                paths[path] = {"ratio": round(ratio, 3), "reason": reason.strip()}
        self._instructions[measured.key] = {"packages": measured.packages, "paths": paths}
        inverted: dict[str, list[str]] = {}
        for path, figure in measured.figures.items():
            for name in figure.modules:
                inverted.setdefault(name, []).append(path)
        self._modules[measured.minor] = inverted

    def text(self) -> str:
        """Return the file's text: sorted, with one line for each module, so that diffs are short.

        The paths are in the order of ``CEILINGS``.
        """
        lines = ["{", '  "instructions": {']
        for key, entry in _by_version(self._instructions):
            packages = json.dumps(dict(sorted(entry["packages"].items())))
            lines += [f"    {json.dumps(key)}: {{", f'      "packages": {packages},']
            lines += [
                '      "paths": {',
                *_members(8, _in_order(entry["paths"])),
                "      }",
                "    },",
            ]
        lines[-1] = lines[-1].rstrip(",")
        lines += ["  },", '  "modules": {']
        for minor, modules in _by_version(self._modules):
            entries = {
                name: list(_in_order(dict.fromkeys(modules[name]))) for name in sorted(modules)
            }
            lines += [f"    {json.dumps(minor)}: {{", *_members(6, entries), "    },"]
        lines[-1] = lines[-1].rstrip(",")
        return "\n".join([*lines, "  }", "}", ""])


def compare(measured: Measurement, recorded: Mapping[str, Recorded]) -> list[str]:
    """Return each problem: a figure more than 2 % above its record, a path with a new module.

    An unknown key, which has nothing recorded, has no problems.
    """
    if not recorded:
        return []
    problems = []
    for path, figure in measured.figures.items():
        problem = over(path, figure, recorded.get(path))
        if problem:
            problems.append(problem)
    return problems + module_changes(measured, recorded)[0]


def over(path: str, figure: Figure, recorded: Recorded | None) -> str:
    """Return what is wrong with the ratio of a path, or an empty string."""
    if recorded is None:
        return f"{path}: not recorded"
    if figure.ratio is None:
        return ""
    more = figure.ratio / recorded.ratio - 1
    if more > ALLOWED:
        return (
            f"{path}: {more:+.1%} instructions ({figure.ratio:.3f} x, was {recorded.ratio:.3f} x)"
        )
    return ""


def differing(measured: Measurement, recorded: Mapping[str, Recorded]) -> list[str]:
    """Return the paths that cost more than their entry: they are measured again."""
    return [
        path
        for path, figure in measured.figures.items()
        if path in recorded
        and (over(path, figure, recorded[path]) or figure.modules - recorded[path].modules)
    ]


def package_changes(now: Mapping[str, str], before: Mapping[str, str]) -> list[str]:
    """Return a line for each package of another version than the entry's."""
    names = sorted({*now, *before})
    changed = [name for name in names if now.get(name) != before.get(name)]
    return [
        f"{name}: {now.get(name, 'not installed')}, was {before.get(name, 'not installed')}"
        for name in changed
    ]


def module_changes(
    measured: Measurement, recorded: Mapping[str, Recorded]
) -> tuple[list[str], list[str]]:
    """Return a line for each module that was added, and one for each that was removed."""
    added: dict[str, list[str]] = {}
    removed: dict[str, list[str]] = {}
    for path, figure in measured.figures.items():
        if path in recorded:
            for name in figure.modules - recorded[path].modules:
                added.setdefault(name, []).append(path)
            for name in recorded[path].modules - figure.modules:
                removed.setdefault(name, []).append(path)
    return (
        [f"module added: {name} ({_paths(added[name])})" for name in sorted(added)],
        [f"module removed: {name} ({_paths(removed[name])})" for name in sorted(removed)],
    )


def table(measured: Measurement, recorded: Mapping[str, Recorded]) -> list[str]:
    """Return a line for each path: its figure, the recorded one, the difference, the ceiling."""
    lines = []
    for path, figure in measured.figures.items():
        count = "not counted" if figure.ratio is None else f"{figure.ratio:.3f} x"
        line = f"{path:18} {count:>11}  {len(figure.modules):3} modules"
        if path in recorded:
            old = recorded[path]
            line += f"   recorded: {old.ratio:.3f} x"
            if figure.ratio is not None:
                line += f" ({figure.ratio / old.ratio - 1:+.2%})"
            line += f", {len(old.modules)} modules"
        lines.append(f"{line}   ceiling: {ceiling(path, measured.minor)} x")
    return lines


def _paths(paths: list[str]) -> str:
    missing = [path for path in CEILINGS if path not in paths]
    if len(missing) > 1:
        return ", ".join(paths)
    return " but ".join(["every path", *missing])


def _in_order(paths: dict) -> dict:
    return {path: paths[path] for path in CEILINGS if path in paths}


def _by_version(entries: Mapping[str, dict]) -> list[tuple[str, dict]]:
    """Sort by the numbers in a key, so that 3.9 comes before 3.10."""
    return sorted(entries.items(), key=lambda entry: _numbers(entry[0]))


def _numbers(key: str) -> list[tuple[int, str]]:
    words = key.replace(",", " ").replace(".", " ").split()
    return [(int(word), "") if word.isdigit() else (0, word) for word in words]


def _members(indent: int, entries: Mapping[str, object]) -> Iterable[str]:
    """Return the members of an object, one on each line."""
    shown = [f"{' ' * indent}{json.dumps(name)}: {_json(value)}" for name, value in entries.items()]
    return [*(f"{line}," for line in shown[:-1]), *shown[-1:]]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
