"""Calls of python-dotenv: each load, and what replaces it. Pure."""

from __future__ import annotations

import ast

from clovrix_env.check.migrate.findings import DOTENV, Load
from clovrix_env.check.migrate.syntax import UTF_8, constant, path_below, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.check.migrate.findings import Findings
    from clovrix_env.check.migrate.syntax import Call, Names

_NEW = "run the program with clovrix-exec, or call load_env() instead"
_WRITERS = ("set_key", "unset_key")


def examine(call: Call, names: Names, file: str, found: Findings) -> None:
    """Add what becomes of a call of python-dotenv."""
    name = call.name.rpartition(".")[2]
    if name in ("load_dotenv", "dotenv_values"):
        _load(call, name, names, file, found)
    elif name in _WRITERS:
        found.change(file, call.line, f"{name}(…)")
    elif name == "find_dotenv":
        found.change(file, call.line, "find_dotenv()", "not needed: load_env() finds the root")
    elif name == "get_key":
        found.change(file, call.line, "get_key(…)", "resolve_env(files=[…]).get(…)")


def _load(call: Call, name: str, names: Names, file: str, found: Findings) -> None:
    folder = file.rpartition("/")[0]
    given = _given(call, 0, "dotenv_path")
    if _given(call, 1, "stream") is not None:
        found.change(file, call.line, f"{name}(stream=…)")
        return
    is_values = name == "dotenv_values"
    overrides = not is_values and call.is_on("override", 3)
    at = 3 if is_values else 4
    interpolated = call.argument(at, "interpolate")
    path = _searched(call) if given is None or _is_find(given, names) else None
    if path is None:
        path = path_below(given, names, folder)
    elif path == "":
        path = f"{folder}/.env?"
    interpolates = constant(interpolated) is not False
    is_certain = call.is_certain and not is_values
    how = (overrides, interpolates, is_certain, call.line, not is_values)
    found.loads.append(Load(file, call.line, DOTENV, path, *how))
    encoding = _given(call, at + 1, "encoding")
    if encoding is not None and (text(encoding) or "").lower() not in UTF_8:
        found.not_utf_8(file, call.line, "encoding")
    becomes = "dict(resolve_env(override=True, remote=False))" if is_values else _NEW
    found.change(file, call.line, f"{name}({_shown(call)})", f"unchanged, or {becomes}")


def _given(call: Call, at: int, keyword: str) -> ast.expr | None:
    """Return an argument; ``None`` also for a literal ``None``, which is the default of each."""
    given = call.argument(at, keyword)
    return None if isinstance(given, ast.Constant) and given.value is None else given


def _is_find(node: ast.expr, names: Names) -> bool:
    return isinstance(node, ast.Call) and names.full(node.func) in (
        "dotenv.find_dotenv",
        "dotenv.main.find_dotenv",
    )


def _searched(call: Call) -> str:
    """Return the file that a load searches for: empty for ``.env`` above the source file."""
    given = _given(call, 0, "dotenv_path")
    if not isinstance(given, ast.Call):
        return ""
    usecwd = [k.value for k in given.keywords if k.arg == "usecwd"] + given.args[2:3]
    name = text(given.args[0]) if given.args else ".env"
    if usecwd and constant(usecwd[0]) is not False:
        return name or ".env"
    return "" if name in (None, ".env") else str(name)


def _shown(call: Call) -> str:
    """Return the arguments of a load by their names only: a path may be private."""
    given = [*("…" for _ in call.arguments), *(f"{name}=…" for name in call.keywords)]
    return ", ".join(given)
