"""Calls of python-decouple: reads with a cast, and the files that they come from. Pure."""

from __future__ import annotations

import ast

from clovrix_env.check.migrate.findings import DECOUPLE, STAYS, UNCHANGED, Load
from clovrix_env.check.migrate.of_environs import read
from clovrix_env.check.migrate.syntax import path_below, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.check.migrate.findings import Findings
    from clovrix_env.check.migrate.syntax import Call, Names

_READERS = ("decouple.config", "decouple.config.get", "decouple.other", "decouple.other.get")
_CASTS = {"bool": "bool", "int": "int", "float": "float", "Csv": "list"}
_URLS = ("dj_database_url.parse", "dj_database_url.config")


def examine(call: Call, names: Names, file: str, found: Findings) -> None:
    """Add what becomes of a call of python-decouple."""
    folder = file.rpartition("/")[0]
    if call.name in _READERS and call.arguments:
        name = text(call.arguments[0])
        is_own = call.name.startswith("decouple.other")  # its load is where it is made
        has_load = any(one.library == DECOUPLE and one.file == file for one in found.loads)
        if not is_own and not has_load:
            found.loads.append(Load(file, call.line, DECOUPLE, f"{folder}/.env?", group=call.line))
            found.change(file, call.line, "decouple's config", STAYS)
        if name is None:
            found.computed(file, call.line)
        else:
            kind = _cast(call.argument(2, "cast"), names)
            given = call.argument(1, "default")
            found.reads.append(read(call, name, file, kind, given, converts=True))
    elif call.name == "decouple.AutoConfig" and call.argument(0, "search_path") is not None:
        searched = path_below(call.argument(0, "search_path"), names, folder)
        path = None if searched is None else f"{searched}/.env?"
        found.loads.append(Load(file, call.line, DECOUPLE, path, group=call.line))
        found.change(file, call.line, "AutoConfig(search_path=…)", STAYS)
    elif call.name == "decouple.RepositoryEnv":
        path = path_below(call.argument(0, "source"), names, folder)
        load = Load(file, call.line, DECOUPLE, path, is_certain=call.is_certain, group=call.line)
        found.loads.append(load)
        found.change(file, call.line, "RepositoryEnv(…)", UNCHANGED)
    elif call.name == "decouple.RepositoryIni":
        found.means(
            "settings-file",
            file,
            call.line,
            "RepositoryIni reads an .ini file, which clovrix-env does not read",
            "move its values to .env, or leave the line as it is",
        )


def _cast(node: ast.expr | None, names: Names) -> str:
    if isinstance(node, ast.Call):  # Csv()
        own = isinstance(node.func, ast.Name) and not node.args and not node.keywords
        return _CASTS.get(getattr(node.func, "id", ""), "str") if own else "str"
    if node is not None and names.full(node) in _URLS:
        return "url"
    if isinstance(node, ast.Attribute) and names.full(node) == "json.loads":
        return "json"
    kind = _CASTS.get(getattr(node, "id", ""), "str")
    return "str" if kind == "list" else kind
