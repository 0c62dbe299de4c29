"""Reads of ``os.environ``, ``os.getenv`` and ``dj_database_url``. Pure."""

from __future__ import annotations

import ast

from clovrix_env.check.migrate.findings import Read
from clovrix_env.check.migrate.of_environs import default_of
from clovrix_env.check.migrate.syntax import constant, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.check.migrate.findings import Findings
    from clovrix_env.check.migrate.syntax import Call, Names

_GETTERS = ("os.getenv", "os.environ.get", "os.environ.pop")
_DATABASE = "dj_database_url.config"


def examine(call: Call, _names: Names, file: str, found: Findings) -> None:
    """Add a read of the environment whose name is a literal."""
    if call.name == _DATABASE:
        given = call.argument(0, "env")
        name = "DATABASE_URL" if given is None else text(given)
        fallback = call.argument(1, "default")
        kind, stops = "url", False
    elif call.name in _GETTERS:
        given, fallback = call.argument(0, "key"), call.argument(1, "default")
        name, kind, stops = text(given), "str", False
    elif call.name == "os.environ" and isinstance(call.node, ast.Subscript):
        name, fallback, kind, stops = text(call.node.slice), None, "str", call.is_certain
    elif call.name == "os.environ.setdefault":
        found.also_read.add(text(call.argument(0, "key")) or "")
        return
    else:
        return
    if not name:
        if name is None:
            found.computed(file, call.line)
        return
    value = constant(fallback)
    default = default_of(fallback, kind, converts=True) if isinstance(value, str) else None
    read = Read(name, file, call.line, kind, default, stops, not stops, is_of_os=True)
    found.reads.append(read)
