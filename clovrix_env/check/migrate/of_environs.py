"""Calls of environs: loads, and reads with a type. Pure."""

from __future__ import annotations

import ast
import re

from clovrix_env.check.migrate.findings import ENVIRONS, UNCHANGED, Load, Read
from clovrix_env.check.migrate.syntax import constant, items, path_below, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.check.migrate.findings import Default, Findings
    from clovrix_env.check.migrate.syntax import Call, Names

_INSTANCE = "environs.env."
# The methods that read a variable, each with the type of the contract.
TYPES = {
    "bool": "bool",
    "date": "str",
    "datetime": "str",
    "decimal": "float",
    "dict": "str",
    "dj_cache_url": "str",
    "dj_db_url": "url",
    "dj_email_url": "str",
    "enum": "str",
    "float": "float",
    "int": "int",
    "json": "json",
    "list": "list",
    "log_level": "str",
    "path": "str",
    "str": "str",
    "time": "str",
    "timedelta": "str",
    "url": "url",
    "uuid": "str",
}
# The methods that refuse every text that the contract refuses; int accepts " 1" and 1_000.
_STRICT = ("bool", "url")


def examine(call: Call, names: Names, file: str, found: Findings) -> None:
    """Add what becomes of a call of environs."""
    method = "str" if call.name == _INSTANCE[:-1] else call.name.removeprefix(_INSTANCE)
    if method == "read_env":
        folder = file.rpartition("/")[0]
        given = call.argument(0, "path")
        path = path_below(given, names, folder) if given is not None else f"{folder}/.env?"
        overrides = call.is_on("override")
        load = Load(file, call.line, ENVIRONS, path, overrides, True, call.is_certain, call.line)
        found.loads.append(load)
        found.change(file, call.line, "env.read_env()", UNCHANGED)
    elif method in TYPES and call.arguments:
        name = call.variable(call.arguments[0])
        if name is None:
            found.computed(file, call.line)
        else:
            kind, given = TYPES[method], call.argument(1, "default")
            how = {"is_strict": method in _STRICT, "keeps": method == "str" or kind != "str"}
            found.reads.append(read(call, name, file, kind, given, **how))


def read(call: Call, name: str, file: str, kind: str, given: ast.expr | None, **how: bool) -> Read:
    """Return a read by a library that raises without a value, unless it has a default.

    ``how`` has ``converts`` if the library converts a default as it does a value, ``keeps`` if a
    default can be kept at all, and ``is_strict``: see ``Read``.
    """
    is_optional = given is not None
    default = default_of(given, kind, converts=how.get("converts", False))
    return Read(
        name,
        file,
        call.line,
        kind,
        default if how.get("keeps", True) else None,
        call.is_certain and not is_optional,
        is_optional,
        how.get("is_strict", False),
        call.is_certain,
    )


def default_of(node: ast.expr | None, kind: str, *, converts: bool) -> Default:
    """Return a default as a value of TOML; ``None`` if the program would get another one.

    A library that does not convert a default returns it as it is, but converts the text that a
    file has.
    """
    value = constant(node)
    if isinstance(value, (bool, int, float, str)):
        is_same = type(value) is _PYTHON.get(kind, str)
        return value if is_same or converts else None
    listed = items(node) if isinstance(node, ast.List) and kind == "list" else None
    texts = [text(item) for item in listed or ()]
    return ",".join(map(str, texts)) if texts and all(map(_is_item, texts)) else None


def _is_item(item: str | None) -> bool:
    return item is not None and re.fullmatch(r"[\w./:@*+-]+", item) is not None


_PYTHON = {"int": int, "float": float, "bool": bool, "list": list, "url": None, "json": None}
