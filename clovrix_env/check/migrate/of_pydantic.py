"""Settings of pydantic-settings: the files that they load, and the names of their fields. Pure.

The fields themselves are not read: the class checks its values, with more types than a contract.
"""

from __future__ import annotations

import ast

from clovrix_env.check.migrate.findings import PYDANTIC, STAYS, Load
from clovrix_env.check.migrate.syntax import UTF_8, items, last_name, path_below, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovrix_env.check.migrate.findings import Findings
    from clovrix_env.check.migrate.syntax import Names

_MOST_PREFIXES = 100
_DICT, _OTHER_DICTS = "SettingsConfigDict", ("ConfigDict", "dict")
_BASES = ("pydantic_settings.BaseSettings", "pydantic.BaseSettings")
_ENV_FILE, _ENCODING, _PREFIX = "env_file", "env_file_encoding", "env_prefix"
_BECOMES = "its values are then in the process environment; or see ClovrixSettings"


def examine(tree: ast.Module, names: Names, file: str, found: Findings) -> None:
    """Add each file that a class of settings loads."""
    for options in _options(tree, names):
        if len(found.prefixes) < _MOST_PREFIXES:
            found.prefixes.add((text(options.get(_PREFIX)) or "").upper())
        _load(options, names, file, found)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.bases:
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    found.fields.add(field.target.id.upper())


def _options(tree: ast.Module, names: Names) -> Iterator[dict[str, ast.expr]]:
    """Yield the options of each class of settings, and of ``SettingsConfigDict`` anywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = {k.arg: k.value for k in node.keywords if k.arg}
            if (names.full(node.func) or "").endswith(_DICT):
                yield given
            elif f"_{_ENV_FILE}" in given:  # Settings(_env_file=".env")
                yield {_ENV_FILE: given[f"_{_ENV_FILE}"], f"_{_ENV_FILE}": node}
        elif isinstance(node, ast.ClassDef) and _is_settings(node, names):
            yield {k.arg: k.value for k in node.keywords if k.arg}
            for statement in node.body:
                if isinstance(statement, ast.ClassDef) and statement.name == "Config":
                    yield dict(_assigned(statement))
                elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
                    yield _of_config(statement)


def _is_settings(node: ast.ClassDef, names: Names) -> bool:
    """Whether a class derives from ``BaseSettings``, by its import or by a name like it."""
    return any(
        last_name(base).endswith("Settings") or names.full(base) in _BASES for base in node.bases
    )


def _assigned(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for one in node.body:
        if isinstance(one, (ast.Assign, ast.AnnAssign)) and one.value is not None:
            yield getattr(_target(one), "id", ""), one.value


def _of_config(node: ast.Assign | ast.AnnAssign) -> dict[str, ast.expr]:
    """Return the options of ``model_config = {…}`` or ``dict(…)``."""
    if getattr(_target(node), "id", "") != "model_config":
        return {}
    if isinstance(node.value, ast.Dict):
        pairs = zip(node.value.keys, node.value.values)
        return {text(key) or "": value for key, value in pairs}
    if isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") in _OTHER_DICTS:
        return {k.arg: k.value for k in node.value.keywords if k.arg}
    return {}


def _target(node: ast.Assign | ast.AnnAssign) -> ast.expr:
    return node.targets[0] if isinstance(node, ast.Assign) else node.target


def _load(options: dict[str, ast.expr], names: Names, file: str, found: Findings) -> None:
    given = options.get(_ENV_FILE)
    if given is None or (isinstance(given, ast.Constant) and given.value is None):
        return
    found.libraries.setdefault(PYDANTIC)
    found.change(file, given.lineno, f"{_ENV_FILE}=…", f"{STAYS} with clovrix-exec: {_BECOMES}")
    # Of several files the last one overrides; of several loads it is the first.
    for one in [*(items(given) or [given])][::-1]:
        path = path_below(one, names, file.rpartition("/")[0])
        of_class = f"_{_ENV_FILE}" not in options
        load = Load(file, one.lineno, PYDANTIC, path, is_certain=of_class, group=given.lineno)
        found.loads.append(load)
    encoding = options.get(_ENCODING)
    if encoding is not None and (text(encoding) or "").lower() not in UTF_8:
        found.not_utf_8(file, encoding.lineno, _ENCODING)
