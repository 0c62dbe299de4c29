"""Calls of environs: loads, and reads with a type. Pure."""

from __future__ import annotations

from clovrix_env.check.migrate.findings import ENVIRONS, STAYS, Load, Read
from clovrix_env.check.migrate.syntax import constant, items, path_below, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast

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


def examine(call: Call, names: Names, file: str, found: Findings) -> None:
    """Add what becomes of a call of environs."""
    method = "str" if call.name == _INSTANCE[:-1] else call.name.removeprefix(_INSTANCE)
    if method == "read_env":
        folder = file.rpartition("/")[0]
        given = call.argument(0, "path")
        path = path_below(given, names, folder) if given is not None else f"{folder}/.env?"
        overrides = call.is_on("override")
        found.loads.append(Load(file, call.line, ENVIRONS, path, overrides))
        found.change(file, call.line, "env.read_env()", f"{STAYS}, or remove it: see the page")
    elif method in TYPES and call.arguments:
        name = text(call.arguments[0])
        if name is None:
            found.computed(file, call.line)
        else:
            found.reads.append(read(call, call.prefix + name, file, TYPES[method], "default"))


def read(call: Call, name: str, file: str, kind: str, keyword: str, at: int = 1) -> Read:
    """Return a read by a library that raises without a value, unless it has a default."""
    given = call.argument(at, keyword)
    is_optional = given is not None
    default = default_of(given, kind)
    return Read(
        name, file, call.line, kind, default, call.is_certain and not is_optional, is_optional
    )


def default_of(node: ast.expr | None, kind: str) -> Default:
    """Return a default as a value of TOML; ``None`` if it is none that a file can have."""
    value = constant(node)
    if isinstance(value, (bool, int, float, str)):
        return value
    listed = items(node) if node is not None and kind == "list" else None
    texts = [constant(item) for item in listed or ()]
    if texts and all(isinstance(t, (str, int)) and "," not in str(t) for t in texts):
        return ",".join(map(str, texts))
    return None
