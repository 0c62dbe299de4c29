"""The names and calls of a Python file: which imported object an expression is. Pure."""

from __future__ import annotations

import ast

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# The classes whose instances read variables, with the name of an instance.
CLASSES = {
    "environs.Env": "environs.env",
    "environs.FileAwareEnv": "environs.env",
    "environ.Env": "environ.env",
    "environ.FileAwareEnv": "environ.env",
    "decouple.AutoConfig": "decouple.config",
    "decouple.Config": "decouple.config",
}
# The names of UTF-8, the only encoding that clovrix-env reads.
UTF_8 = ("utf-8", "utf8", "utf-8-sig", None)
_TRIES = (ast.Try, getattr(ast, "TryStar", ast.Try))


class Call(Record):
    """A call or an index of a known object: ``name`` is its full name, such as ``os.getenv``.

    ``prefix`` comes from ``with env.prefixed(…)``. ``is_certain`` if it runs whenever the file is
    imported.
    """

    node: ast.Call | ast.Subscript
    name: str
    prefix: str
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

    def is_on(self, keyword: str, at: int = 99) -> bool:
        """Whether an argument is anything but ``False``."""
        given = self.argument(at, keyword)
        return given is not None and constant(given) is not False


class Names:
    """The full names of a file's names; ``shared`` are instances of other files of the project."""

    def __init__(self, tree: ast.Module, shared: Mapping[str, str]) -> None:
        self._full: dict[str, str] = {}
        self.instances: dict[str, str] = {}
        self.assigned: dict[str, ast.expr] = {}
        nodes = list(ast.walk(tree))
        for node in nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    full = alias.name if alias.asname else alias.name.partition(".")[0]
                    self._full[alias.asname or full] = full
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    local = alias.asname or alias.name
                    full = f"{node.module}.{alias.name}"
                    is_own = node.level or full.partition(".")[0] not in _KNOWN
                    self._full[local] = shared.get(alias.name, full) if is_own else full
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                self.assigned.setdefault(statement.targets[0].id, statement.value)
        for node in nodes:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call):
                instance = CLASSES.get(self.full(node.value.func) or "")
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if instance and isinstance(target, ast.Name):
                        self._full[target.id] = self.instances[target.id] = instance

    def full(self, node: ast.expr, *, made: bool = True) -> str | None:
        """Return the full name of an expression, or ``None``; also of ``Env().int`` if ``made``."""
        after: list[str] = []
        while isinstance(node, ast.Attribute):
            after.append(node.attr)
            node = node.value
        if isinstance(node, ast.Call):
            begin = CLASSES.get(self.full(node.func, made=False) or "") if made else None
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
                full = self.full(node.func if isinstance(node, ast.Call) else node.value)
                is_read = isinstance(node, ast.Call) or isinstance(node.ctx, ast.Load)
                if full is not None and is_read:
                    found.append(Call(node, full, prefix, is_certain))
            if isinstance(node, (ast.With, ast.AsyncWith)):
                prefix += "".join(map(self._prefix, node.items))
            below = is_certain and not isinstance(node, _UNCERTAIN)
            waiting.extend((child, prefix, below) for child in ast.iter_child_nodes(node))
        return iter(sorted(found, key=lambda call: (call.line, call.node.col_offset)))

    def _prefix(self, item: ast.withitem) -> str:
        call = item.context_expr
        if isinstance(call, ast.Call) and self.full(call.func) == "environs.env.prefixed":
            return text(call.args[0]) or "" if call.args else ""
        return ""


_KNOWN = ("dotenv", "environs", "environ", "decouple", "os", "dj_database_url", "pathlib", "json")
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
        if full in ("os.path.abspath", "os.path.realpath", "pathlib.Path", "str") and node.args:
            return path_below(node.args[0], names, folder, depth - 1)
        if full == "os.path.dirname" and node.args:
            return _above(path_below(node.args[0], names, folder, depth - 1))
        if full == "os.path.join" and node.args:
            path = path_below(node.args[0], names, folder, depth - 1)
            for part in node.args[1:]:
                path = _joined(path, text(part))
            return path
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("resolve", "absolute"):
            return path_below(node.func.value, names, folder, depth - 1)
    return None


def _joined(path: str | None, name: str | None) -> str | None:
    if path is None or name is None or name.startswith("/"):
        return name if name is not None and name.startswith("/") else None
    return name if path in ("", ".") else f"{path}/{name}"


def _above(path: str | None) -> str | None:
    if path is None or path == "":
        return None  # above the root
    return path.rpartition("/")[0]
