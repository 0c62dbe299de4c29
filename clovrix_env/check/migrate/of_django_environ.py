"""Calls of django-environ: loads, the scheme of ``Env(…)``, and reads with a type. Pure."""

from __future__ import annotations

import ast

from clovrix_env.check.migrate.findings import DJANGO_ENVIRON, UNCHANGED, Load, Read
from clovrix_env.check.migrate.of_environs import default_of, read
from clovrix_env.check.migrate.syntax import items, path_below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.check.migrate.findings import Findings
    from clovrix_env.check.migrate.syntax import Call, Names

_INSTANCE = "environ.env."
_CLASSES = ("environ.Env", "environ.FileAwareEnv")
# The methods that read a variable, each with its type and the name that it reads by default.
METHODS = {
    "bool": ("bool", ""),
    "bytes": ("str", ""),
    "cache": ("str", "CACHE_URL"),
    "cache_url": ("str", "CACHE_URL"),
    "channels": ("str", "CHANNELS_URL"),
    "channels_url": ("str", "CHANNELS_URL"),
    "db": ("url", "DATABASE_URL"),
    "db_url": ("url", "DATABASE_URL"),
    "dict": ("str", ""),
    "email": ("str", "EMAIL_URL"),
    "email_url": ("str", "EMAIL_URL"),
    "float": ("float", ""),
    "int": ("int", ""),
    "json": ("json", ""),
    "list": ("list", ""),
    "path": ("str", ""),
    "search_url": ("str", "SEARCH_URL"),
    "str": ("str", ""),
    "tuple": ("str", ""),
    "unicode": ("str", ""),
    "url": ("url", ""),
}
# Methods whose second argument is a cast, not the default.
_CAST_SECOND = ("list", "tuple", "dict")
# Methods that convert a default, too.
_CONVERT_DEFAULTS = ("db", "db_url", "url")
_CASTS = {"bool": "bool", "int": "int", "float": "float", "str": "str", "list": "list"}


def examine(call: Call, names: Names, file: str, found: Findings) -> None:
    """Add what becomes of a call of django-environ."""
    if call.name in _CLASSES:
        _scheme(call, file, found)
        return
    if call.name.endswith(".read_env"):
        folder = file.rpartition("/")[0]
        given = call.argument(0, "env_file")
        beside = f"{folder}/.env" if folder else ".env"
        path = path_below(given, names, folder) if given is not None else beside
        overrides = call.is_on("overwrite", 1)
        load = Load(
            file, call.line, DJANGO_ENVIRON, path, overrides, True, call.is_certain, call.line
        )
        found.loads.append(load)
        found.change(file, call.line, "Env.read_env()", UNCHANGED)
        return
    method = call.name.removeprefix(_INSTANCE)
    if call.name == _INSTANCE[:-1]:
        method = cast_of(call.argument(1, "cast"))
    if method not in METHODS:
        return
    kind, usual = METHODS[method]
    given = call.argument(0, "var")
    name = call.variable(given, usual)
    if name is None:
        found.computed(file, call.line)
    else:
        at = 2 if call.name == _INSTANCE[:-1] or method in _CAST_SECOND else 1
        given, converts = call.argument(at, "default"), method in _CONVERT_DEFAULTS
        found.reads.append(read(call, name, file, kind, given, converts=converts))


def cast_of(node: ast.expr | None) -> str:
    """Return the type that a cast such as ``int`` or ``[str]`` names; ``str`` for any other."""
    if node is not None and items(node) is not None:
        return "list" if isinstance(node, ast.List) else "str"
    return _CASTS.get(getattr(node, "id", ""), "str")


def _scheme(call: Call, file: str, found: Findings) -> None:
    """Add the variables of ``Env(DEBUG=(bool, False))``."""
    for name, given in call.keywords.items():
        if not name.isupper():
            continue
        pair = list(items(given) or ())
        found.schemes.add(name)
        kind = cast_of(pair[0] if len(pair) == 2 else given)
        has_default = len(pair) == 2
        default = default_of(pair[1], kind, converts=False) if has_default else None
        found.reads.append(Read(name, file, given.lineno, kind, default, False, has_default))
