"""The names and calls of a Python file: which imported object an expression is. Pure."""

from __future__ import annotations

import ast

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Optional

    Imported = Callable[[str, int, str], Optional[Mapping[str, str]]]

# The classes whose instances read variables, with the name of an instance.
CLASSES = {
    "environs.Env": "environs.env",
    "environs.FileAwareEnv": "environs.env",
    "environ.Env": "environ.env",
    "environ.FileAwareEnv": "environ.env",
    "decouple.AutoConfig": "decouple.config",
    "decouple.Config": "decouple.other",
    "pydantic_settings.BaseSettings": "pydantic_settings.settings",
    "pydantic.BaseSettings": "pydantic_settings.settings",
}
# The names that `from LIBRARY import *` imports.
_ALL = {
    "dotenv": "load_dotenv dotenv_values find_dotenv get_key set_key unset_key",
    "environs": "Env FileAwareEnv",
    "environ": "Env FileAwareEnv",
    "decouple": "config AutoConfig Config RepositoryEnv RepositoryIni",
    "pydantic_settings": "BaseSettings SettingsConfigDict",
    "os": "environ getenv",
}
# The names of UTF-8, the only encoding that clovrix-env reads.
UTF_8 = ("utf-8", "utf8", "utf-8-sig", None)
_TRIES = (ast.Try, getattr(ast, "TryStar", ast.Try))


class Call(Record):
    """A call or an index of a known object: ``name`` is its full name, such as ``os.getenv``.

    ``prefix`` comes from ``with env.prefixed(…)``, ``env.prefix`` and ``Env(prefix=…)``; ``None``
    if it is computed. ``is_certain`` if it runs whenever the file is imported.
    """

    node: ast.Call | ast.Subscript
    name: str
    prefix: str | None
    is_certain: bool

    @property
    def line(self) -> int:
        return self.node.lineno

    @property
    def arguments(self) -> list[ast.expr]:
        return self.node.args if isinstance(self.node, ast.Call) else [self.node.slice]

    @property
    def keywords(self) -> dict[str, ast.expr]:
        if isinstance(self.node, ast.Subscript):
            return {}
        return {k.arg: k.value for k in self.node.keywords if k.arg}

    def argument(self, at: int, keyword: str) -> ast.expr | None:
        """Return an argument by its position or its name."""
        given = self.arguments
        return given[at] if at < len(given) else self.keywords.get(keyword)

    def variable(self, node: ast.expr | None, usual: str | None = None) -> str | None:
        """Return the name of the variable that is read, or ``None`` if it is computed."""
        name = usual if node is None else text(node)
        return None if name is None or self.prefix is None else self.prefix + name

    def is_on(self, keyword: str, at: int = 99) -> bool:
        """Whether an argument is anything but ``False``."""
        given = self.argument(at, keyword)
        return given is not None and constant(given) is not False


class Names:
    """The full names of a file's names.

    ``imported(module, level, name)`` returns the exported names of a module of the project, and
    ``None`` for a module of a library.
    """

    def __init__(self, tree: ast.Module, imported: Imported) -> None:
        self._full: dict[str, str] = {}
        self._prefixes: dict[str, str | None] = {}
        self.assigned: dict[str, ast.expr] = {}
        nodes = list(ast.walk(tree))
        for node in nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    full = alias.name if alias.asname else alias.name.partition(".")[0]
                    self._full[alias.asname or full] = full
            elif isinstance(node, ast.ImportFrom):
                self._import(node, imported)
        parameters = {node.arg for node in nodes if isinstance(node, ast.arg)}
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                name = statement.targets[0].id
                self.assigned.setdefault(name, statement.value)
                same = self.full(statement.value)
                is_alias = not isinstance(statement.value, ast.Call) and name not in parameters
                if same is not None and is_alias:
                    self._full.setdefault(name, same)  # getenv = os.getenv
        for node in nodes:
            if isinstance(node, ast.ClassDef):  # an own class that derives from one of a library
                for base in node.bases:
                    above = self.full(base, made=False)
                    if above not in CLASSES and last_name(base).endswith("Settings"):
                        above = "pydantic_settings.BaseSettings"  # of another project
                    if above is not None and above in CLASSES:
                        self._full[node.name] = above
        for node in nodes:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    self._assign(target, node.value)

    def _import(self, node: ast.ImportFrom, imported: Imported) -> None:
        module = node.module or ""
        for alias in node.names:
            own = imported(module, node.level, alias.name)
            if alias.name == "*":
                known = _ALL.get(module, "").split() if own is None else ()
                self._full.update(own or {name: f"{module}.{name}" for name in known})
            else:
                full = (own or {}).get(alias.name, f"{module}.{alias.name}")
                self._full[alias.asname or alias.name] = full

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        """Remember an instance, an imported module, and the prefix of an instance."""
        if isinstance(target, ast.Attribute) and target.attr == "prefix":
            if isinstance(target.value, ast.Name):
                self._prefixes[target.value.id] = text(value)
        elif isinstance(target, ast.Name) and isinstance(value, ast.Call):
            made = self._made(value)
            if made is not None:
                self._full[target.id] = made
                given = [k.value for k in value.keywords if k.arg == "prefix"]
                if given:
                    self._prefixes[target.id] = text(given[0])

    def _made(self, call: ast.Call) -> str | None:
        """Return the full name of what a call returns: an instance, or a module."""
        full = self.full(call.func, made=False) or getattr(call.func, "id", "")
        if full in ("importlib.import_module", "__import__") and call.args:
            module = text(call.args[0])
            return module if module in KNOWN else None
        if full == "decouple.AutoConfig" and (call.args or call.keywords):
            return "decouple.other"  # searches in a folder of its own
        return CLASSES.get(full or "")

    @property
    def exported(self) -> dict[str, str]:
        """The names that another file of the project may import."""
        full = self._full.items()
        return {name: known for name, known in full if known.partition(".")[0] in KNOWN}

    def full(self, node: ast.expr, *, made: bool = True) -> str | None:
        """Return the full name of an expression, or ``None``; also of ``Env().int`` if ``made``."""
        after: list[str] = []
        while isinstance(node, ast.Attribute):
            after.append(node.attr)
            node = node.value
        if isinstance(node, ast.Call):
            begin = self._made(node) if made else None
        else:
            begin = self._full.get(node.id) if isinstance(node, ast.Name) else None
        return None if begin is None else ".".join((begin, *reversed(after)))

    def calls(self, tree: ast.Module) -> Iterator[Call]:
        """Yield the calls and indexes of known objects, in order of lines."""
        found: list[Call] = []
        waiting: list[tuple[ast.AST, str, bool]] = [(tree, "", True)]
        while waiting:
            node, prefix, is_certain = waiting.pop()
            if isinstance(node, (ast.Call, ast.Subscript)):
                begin = node.func if isinstance(node, ast.Call) else node.value
                full = self.full(begin)
                is_read = isinstance(node, ast.Call) or isinstance(node.ctx, ast.Load)
                if full is not None and is_read:
                    own = self._prefixes.get(_root(begin), "")
                    whole = None if own is None else own + prefix
                    found.append(Call(node, full, whole, is_certain))
            if isinstance(node, (ast.With, ast.AsyncWith)):
                prefix += "".join(map(self._prefix, node.items))
            below = is_certain and not isinstance(node, _UNCERTAIN)
            waiting.extend((child, prefix, below) for child in ast.iter_child_nodes(node))
        return iter(sorted(found, key=lambda call: (call.line, call.node.col_offset)))

    def passed_on(self, tree: ast.Module) -> Iterator[tuple[int, str]]:
        """Yield the line and the full name of each known object that is passed on, not called."""
        for node in ast.walk(tree):
            given: list[ast.expr] = []
            if isinstance(node, ast.Call):
                given = [*node.args, *(k.value for k in node.keywords)]
            elif isinstance(node, (ast.Return, ast.Assign)) and node.value is not None:
                given = [node.value]
            elif isinstance(node, (ast.List, ast.Tuple)):
                given = node.elts
            elif isinstance(node, ast.Dict):
                given = node.values
            for one in given:
                full = None if isinstance(one, ast.Call) else self.full(one)
                if full is not None:
                    yield one.lineno, full

    def _prefix(self, item: ast.withitem) -> str:
        call = item.context_expr
        if isinstance(call, ast.Call) and self.full(call.func) == "environs.env.prefixed":
            return text(call.args[0]) or "" if call.args else ""
        return ""


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


# The libraries whose names are followed through the files of a project.
KNOWN = (
    *("dotenv", "environs", "environ", "decouple", "os", "dj_database_url"),
    *("pydantic", "pydantic_settings"),
)
_UNCERTAIN = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.If,
    ast.IfExp,
    ast.BoolOp,
    ast.While,
    ast.For,
    ast.ExceptHandler,
    *_TRIES,
)


def last_name(node: ast.expr) -> str:
    """Return the name of a variable or an attribute, and nothing for another expression."""
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def constant(node: ast.expr | None) -> object:
    """Return the value of a literal number, text or boolean; ``None`` for any other expression."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = node.operand.value if isinstance(node.operand, ast.Constant) else None
        return -value if isinstance(value, (int, float)) else None
    return node.value if isinstance(node, ast.Constant) else None


def text(node: ast.expr | None) -> str | None:
    value = constant(node)
    return value if isinstance(value, str) else None


def items(node: ast.expr) -> Iterable[ast.expr] | None:
    """Return the items of a literal list, tuple or set."""
    return node.elts if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else None


def path_below(node: ast.expr | None, names: Names, folder: str, depth: int = 32) -> str | None:
    """Return the path that an expression names, from the root; ``None`` if it is computed.

    A plain text is relative to the working directory. ``Path(__file__).parent / ".env"`` and
    ``os.path.join(os.path.dirname(__file__), ".env")`` are relative to ``folder``.
    """
    plain = text(node)
    if plain is not None or not depth:
        return plain
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _joined(path_below(node.left, names, folder, depth - 1), text(node.right))
    if isinstance(node, ast.Attribute) and node.attr == "parent":
        return _above(path_below(node.value, names, folder, depth - 1))
    if isinstance(node, ast.Name):
        if node.id == "__file__":
            return f"{folder}/." if folder else "."
        known = names.assigned.get(node.id)
        return path_below(known, names, folder, depth - 1)
    if isinstance(node, ast.Call):
        full = names.full(node.func) or getattr(node.func, "id", "")
        if full in _SAME_PATH and len(node.args) == 1:
            return path_below(node.args[0], names, folder, depth - 1)
        if full == "os.path.dirname" and node.args:
            return _above(path_below(node.args[0], names, folder, depth - 1))
        parts = list(node.args)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _OF_A_PATH:
            parts = [node.func.value, *parts]
        elif full not in ("os.path.join", "pathlib.Path", "pathlib.PurePath"):
            return None
        path = path_below(parts[0], names, folder, depth - 1) if parts else None
        for part in parts[1:]:
            path = _joined(path, text(part))
        return path
    return None


_SAME_PATH = ("os.path.abspath", "os.path.realpath", "pathlib.Path", "pathlib.PurePath", "str")
_OF_A_PATH = ("resolve", "absolute", "joinpath")


def _joined(path: str | None, name: str | None) -> str | None:
    if path is None or name is None or name.startswith("/"):
        return name if name is not None and name.startswith("/") else None
    return name if path in ("", ".") else f"{path}/{name}"


def _above(path: str | None) -> str | None:
    if path is None or path == "":
        return None  # above the root
    return path.rpartition("/")[0]
