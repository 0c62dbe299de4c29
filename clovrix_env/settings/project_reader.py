"""Reads ``.clovrix``, which is committed TOML without secrets, to declarations. Pure.

Its folder may not be trusted. Therefore the file cannot set a token, an address, a proxy or TLS
options, and nothing in it is expanded.
"""

from __future__ import annotations

import sys

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.layer import FILE, Location
from clovrix_env.model.names import OURS
from clovrix_env.model.type_checks import as_list, as_object, is_name
from clovrix_env.settings import plain_toml
from clovrix_env.settings.keys import TABLES, TOP_LEVEL
from clovrix_env.settings.project_file import Cache, ProjectFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any

    from clovrix_env.contract.keys import Key
    from clovrix_env.contract.variable import Variable
    from clovrix_env.errors import Problems

# Words in a key that could redirect the token.
_TAKING_OVER = ("token", "url", "host", "proxy", "tls", "ssl", "cert", "ca_", "verify")
# The longest path of a problem: variables.NAME.field, or a dotted key in it.
_DEEPEST = 4
# The most items of a list: each glob is compared with each name.
_MOST_ITEMS = 1000
# Each glob is a pattern, and is shown with each name that it leaves out.
_LONGEST_ITEM = 1000
_LARGEST = 2**63


def parse(text: str, shown: str, problems: Problems) -> ProjectFile:
    """Return the declarations of a ``.clovrix``; ``shown`` is its name in messages.

    Errors are added to ``problems``. The valid rest is declared all the same, so that it can be
    checked too. Raises ``ClovrixConfigError`` for invalid TOML.
    """
    return _Reader(text, shown, problems).project_file(load_toml(text, shown))


def load_toml(text: str, shown: str) -> dict[str, Any]:
    """Return a TOML document. Raises ``ClovrixConfigError`` with the line if it is invalid."""
    plain = plain_toml.loads(text)
    if plain is not None:
        return plain
    for number, line in enumerate(text.split("\n"), 1):
        if line.partition("=")[0].count(".") > plain_toml.MOST_PARTS:  # each is a table in memory
            raise ClovrixConfigError(f"{shown}:{number}: the key has too many parts")
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        why = str(error)
    except RecursionError:
        why = "nested too deep"
    except ValueError:
        why = "a number has too many digits"
    raise _invalid_toml(shown, why)


def _invalid_toml(shown: str, why: str) -> ClovrixConfigError:
    """Move the position that a parser appends to its message into the place."""
    import re

    found = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", why, re.DOTALL)
    place = f"{shown}:{found[2]}:{found[3]}" if found else shown
    message = found[1] if found else why
    remedy = 'put text in quotes, such as project = "backend"' if message == "Invalid value" else ""
    return ClovrixConfigError(
        f"{place}: not valid TOML: {message[:1].lower()}{message[1:]}", remedy
    )


class _Reader:
    """Checks a document table by table, and collects all problems with their lines."""

    def __init__(self, text: str, shown: str, problems: Problems) -> None:
        self._text = text
        self._lines: dict[tuple[str, ...], int] = {}
        self._shown = shown
        self._problems = problems

    def project_file(self, document: dict[str, Any]) -> ProjectFile:
        top = _Table(self, document, ())
        top.only_known((*TOP_LEVEL, *TABLES, "variables"))
        valid = top.fitting(TOP_LEVEL)
        files, select, guard = (self._table(document, n) for n in ("files", "select", "guard"))
        usual = ProjectFile()
        return ProjectFile(
            project=valid.get("project"),
            default_environment=valid.get("default_environment"),
            extends=tuple(valid.get("extends", ())),
            file_names=self._plain_names(files.get("names", usual.file_names)),
            ignored_in=tuple(files.get("ignored_in", usual.ignored_in)),
            only=tuple(select.get("only", ())),
            exclude=tuple(select.get("exclude", ())),
            allow=tuple(guard.get("allow", ())),
            cache=self._cache(document),
            variables=self._variables(document),
        )

    def _plain_names(self, names: Iterable[str]) -> tuple[str, ...]:
        wrong = {name: why for name in names if (why := _why_no_file_name(name))}
        for why in wrong.values():
            self.problem("names", why, ("files",))
        return tuple(name for name in names if name not in wrong)

    def _cache(self, document: dict[str, Any]) -> Cache | None:
        if "cache" not in document:
            return None
        from clovrix_env.model.ages import duration

        valid = self._table(document, "cache")
        return Cache(**{key: duration(text) or 0 for key, text in valid.items()})

    def _variables(self, document: dict[str, Any]) -> dict[str, Variable]:
        declared = as_object(document.get("variables", {}))
        if declared is None:
            self.problem("variables", "must be a table", ())
            return {}
        found = {name: self._variable(name, fields) for name, fields in declared.items()}
        return {name: variable for name, variable in found.items() if variable is not None}

    def _variable(self, name: str, written: object) -> Variable | None:
        # Imported here, so that a file without declarations does not cost more.
        from clovrix_env.contract.value_types import TYPES
        from clovrix_env.contract.variable import KEYS, OF_A_TYPE, Variable, why_contradictory

        above = ("variables",)
        if not is_name(name):
            self.problem(name, "is not a valid variable name", above)
            return None
        if name.startswith(OURS):
            self.problem(name, "is reserved for clovrix-env", above)
            return None
        fields = as_object(written)
        if fields is None:
            self.problem(name, "must be a table", above)
            return None
        table = _Table(self, fields, (*above, name))
        table.only_known(KEYS)
        right = table.fitting(KEYS)
        kind = right.get("type", "str")
        if kind not in TYPES:
            table.problem("type", f"must be one of {', '.join(TYPES)}")
            right = {field: right[field] for field in right if field not in OF_A_TYPE}
            kind = "str"
        variable = Variable(name, kind, self.line_of(name, above), right)
        place = Location(FILE, self._shown, variable.line)
        with self._problems.about("project-file", place):
            for field, why in why_contradictory(variable):
                table.problem(field, why)
                right = {name: value for name, value in right.items() if name != field}
        return variable.replaced(fields=right)

    def _table(self, document: dict[str, Any], name: str) -> dict[str, Any]:
        """Return the valid keys of one table."""
        found = as_object(document.get(name, {}))
        if found is None:
            self.problem(name, "must be a table", ())
        table = _Table(self, found or {}, (name,))
        table.only_known(TABLES[name].keys)
        return table.fitting(TABLES[name].keys)

    def problem(self, key: str, why: str, path: tuple[str, ...]) -> None:
        line = self.line_of(key, path)
        place = Location(FILE, self._shown, line)
        whole = ".".join((*path, key))
        self._problems.about("project-file", place).add(f"{place}: {whole} {why}")

    def line_of(self, key: str, path: tuple[str, ...]) -> int:
        """Return the line of ``path.key``, or of its table if it has none, or 0."""
        self._lines = self._lines or _lines_by_path(self._text)
        found = self._lines.get((*path, *_dotted(key))[:_DEEPEST])
        return found or (self.line_of(path[-1], path[:-1]) if path else 0)


class _Table:
    """One table of the document, with checks that report a problem and continue."""

    def __init__(self, reader: _Reader, fields: dict[str, Any], path: tuple[str, ...]) -> None:
        self._reader = reader
        self._fields = fields
        self._path = path

    def problem(self, key: str, why: str) -> None:
        self._reader.problem(key, why, self._path)

    def only_known(self, known: Collection[str]) -> None:
        for key in self._fields:
            if key in known:
                continue
            lowered = key.lower().replace("-", "_")
            if any(word in lowered for word in _TAKING_OVER):
                self.problem(
                    key,
                    "cannot be set here, because the project must not decide where the token "
                    "goes; set it in the process environment",
                )
                continue
            from difflib import get_close_matches

            near = get_close_matches(key, list(known), 1, 0.5)
            self.problem(
                key,
                f"is not known; did you mean {near[0]}?"
                if near
                else f"is not known; known here: {', '.join(known)}",
            )

    def fitting(self, known: Mapping[str, Key]) -> dict[str, Any]:
        """Return the known fields with a valid value; report the others."""
        right: dict[str, Any] = {}
        for field in self._fields:
            if field not in known:
                continue
            form = known[field].form
            value = self._fields[field]
            why = _why_too_large(value) or ("" if form.fits(value) else f"must be a {form.words}")
            if why:
                self.problem(field, why)
            else:
                right[field] = value
        return right


def _lines_by_path(text: str) -> dict[tuple[str, ...], int]:
    """Return the first line of each table and key by its path."""
    lines: dict[tuple[str, ...], int] = {}
    here: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):
        name, equals, _ = line.partition("=")
        if line.lstrip().startswith("["):
            path = here = _dotted(line.partition("]")[0].strip(" \t["))
        elif equals and name.strip() and "#" not in name:
            path = (*here, *_dotted(name))
        else:
            continue
        for depth in range(1, min(len(path), _DEEPEST) + 1):
            lines.setdefault(path[:depth], number)
    return lines


def _dotted(key: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in key.split("."))


def _why_too_large(value: object) -> str:
    """Return why a value is too large: its number of items, their length, or a number."""
    found = as_list(value)
    items: list[Any] = [value] if found is None else found
    if len(items) > _MOST_ITEMS:
        return f"has more than {_MOST_ITEMS:,} items"
    if found is not None and any(isinstance(i, str) and len(i) > _LONGEST_ITEM for i in items):
        return f"has an item of more than {_LONGEST_ITEM:,} characters"
    if any(isinstance(item, int) and abs(item) >= _LARGEST for item in items):
        return "is out of range: a whole number in TOML has 64 bits"
    return ""


def _why_no_file_name(name: str) -> str:
    if "/" in name or "\\" in name or "\0" in name or name in (".", ".."):
        return f"contains {name!a}: a file must have a plain name, in the folder of this file"
    if set("{}").intersection(name.replace("{environment}", "")):
        return f"contains {name!a}: the only placeholder is {{environment}}"
    return ""
