"""Finds the names that Python code reads from its environment in the syntax tree. No code is run.

Reads are those of ``os.environ`` and ``os.getenv``, under any name that they were imported by,
whose name is a literal. A read that handles a missing value needs none.
"""

from __future__ import annotations

import ast
import sys
import threading
import warnings

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# Python before 3.11 has no limit on depth and crashes on a deep file: this stack is enough for the
# deepest file of 512 KiB.
_STACK = 256 * 1024 * 1024
_BOUNDED = (3, 11)
# The two names of the module `os` that read the environment.
_MAPPING, _FUNCTION = "environ", "getenv"
_REMOVING = "pop"
_READING = ("get", _REMOVING)
_CAUGHT = ("KeyError", "LookupError", "Exception", "BaseException")
_ENDING = ("exit", "_exit", "abort", "quit")
# A comparison by one of these handles a missing value.
_ANSWERED = (ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is, ast.IsNot)


class Unparsable(Exception):
    """A file is not valid Python. ``why`` follows its name; ``line`` is 0 if unknown."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.why = why
        self.line = line


class Read(Record):
    """A read without a fallback; ``stops`` if it raises without a value."""

    name: str
    line: int
    stops: bool


class Reads(Record):
    """The reads of a file.

    ``given`` are the names that the code sets, or tests before it reads them. ``answered`` are
    those whose missing value it handles.
    """

    needed: tuple[Read, ...]
    given: frozenset[str]
    answered: frozenset[str]


def reads_of(source: bytes) -> Reads:
    """Return the reads of a file. Raises ``Unparsable``."""
    names = _Names()
    nodes = list(ast.walk(parsed(source)))
    for node in nodes:
        names.learn(node)
    demanded = {id(node.test) for node in nodes if isinstance(node, ast.If) and _stops(node.body)}
    asked = {
        id(below)
        for node in nodes
        if not (id(node) in demanded and _tests_absence(node))
        for below in _asked(node)
    }
    typed = {id(below) for node in nodes for below in _typed(node)}
    needed: list[Read] = []
    answered: set[str] = set()
    for node in nodes:
        for name in names.read_by(node):
            assert isinstance(node, (ast.Call, ast.Subscript))
            if id(node) in asked or (isinstance(node, ast.Call) and _has_fallback(node)):
                answered.add(name)
            elif id(node) not in typed:
                needed.append(Read(name, node.lineno, isinstance(node, ast.Subscript)))
    given = frozenset(name for node in nodes for name in names.given_by(node))
    return Reads(tuple(needed), given, frozenset(answered))


class _Names:
    """The names of ``os``, ``environ`` and ``getenv`` in one file."""

    def __init__(self) -> None:
        self._modules: set[str] = set()
        self._taken: dict[str, str] = {}

    def learn(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            self._modules.update(a.asname or a.name for a in node.names if a.name == "os")
        elif isinstance(node, ast.ImportFrom) and node.module == "os" and not node.level:
            taken = {a.asname or a.name: a.name for a in node.names}
            self._taken.update({n: o for n, o in taken.items() if o in (_MAPPING, _FUNCTION)})

    def read_by(self, node: ast.AST) -> Iterator[str]:
        """Yield the name that a node reads, if it is a literal."""
        if isinstance(node, ast.Subscript):
            if self._is(node.value, _MAPPING) and isinstance(node.ctx, ast.Load):
                yield from _text(_index(node))
        elif isinstance(node, ast.Call) and self._reads(node):
            yield from _text(node.args[0])

    def given_by(self, node: ast.AST) -> Iterator[str]:
        """Yield the names that a node sets or tests."""
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            if self._is(node.value, _MAPPING):
                yield from _text(_index(node))
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            if self._is(node.comparators[0], _MAPPING):
                yield from _text(node.left)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if not self._is(node.func.value, _MAPPING):
                return
            if node.func.attr == "setdefault" and node.args:
                yield from _text(node.args[0])
            elif node.func.attr == "update":
                yield from (keyword.arg for keyword in node.keywords if keyword.arg)
                for argument in node.args:
                    if isinstance(argument, ast.Dict):
                        for key in argument.keys:
                            yield from _text(key)

    def _reads(self, call: ast.Call) -> bool:
        if not call.args:
            return False
        function = call.func
        if isinstance(function, ast.Attribute) and function.attr in _READING:
            return self._is(function.value, _MAPPING)
        return self._is(function, _FUNCTION)

    def _is(self, node: ast.expr, what: str) -> bool:
        if isinstance(node, ast.Name):
            return self._taken.get(node.id) == what
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return node.attr == what and node.value.id in self._modules
        return False


def _asked(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the expressions below a node that handles a missing value, or tests for it."""
    if isinstance(node, ast.BoolOp):
        yield from node.values[:-1]
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)):
        test: ast.AST = node.test
        while isinstance(test, (ast.NamedExpr, ast.BoolOp)):
            test = test.value if isinstance(test, ast.NamedExpr) else test.values[-1]
        yield test
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], _ANSWERED):
        yield from (node.left, *node.comparators)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "bool":
        yield from node.args
    elif isinstance(node, ast.Try) and any(map(_catches, node.handlers)):
        for statement in node.body:
            yield from (n for n in ast.walk(statement) if isinstance(n, ast.Subscript))


def _tests_absence(node: ast.AST) -> bool:
    """Whether a node is ``not …`` or ``… is None``."""
    if isinstance(node, ast.Compare):
        return isinstance(node.ops[0], ast.Is)
    return isinstance(node, ast.UnaryOp)


def _stops(body: list[ast.stmt]) -> bool:
    """Whether a branch raises or exits, so that the tested value is needed."""
    for statement in body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if name in _ENDING:
                return True
        if isinstance(statement, ast.Raise):
            return True
    return False


def _typed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the expressions below a node whose type admits ``None``."""
    if isinstance(node, ast.AnnAssign):
        if node.value is not None and _admits_none(node.annotation):
            yield node.value
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        if node.returns is not None and _admits_none(node.returns):
            yield from (n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value)


def _admits_none(annotation: ast.expr) -> bool:
    """Whether a type admits ``None``."""
    return any(
        (isinstance(node, ast.Constant) and "None" in str(node.value))
        or getattr(node, "id", getattr(node, "attr", None)) == "Optional"
        for node in ast.walk(annotation)
    )


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in _CAUGHT) for kind in kinds
    )


def _has_fallback(call: ast.Call) -> bool:
    """Whether a call has a default. ``None`` is one only for ``pop``, which raises without it."""
    given = [*call.args[1:], *(k.value for k in call.keywords if k.arg == "default")]
    if getattr(call.func, "attr", "") == _REMOVING and given:
        return True
    return any(not (isinstance(v, ast.Constant) and v.value is None) for v in given)


def _index(node: ast.Subscript) -> ast.AST:
    index: ast.AST = node.slice
    return getattr(index, "value", index) if type(index).__name__ == "Index" else index


def _text(node: ast.AST | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def parsed(source: bytes) -> ast.Module:
    """Return the syntax tree of a file of any depth. Raises ``Unparsable``."""
    if sys.version_info >= _BOUNDED:
        return _parse(source)
    trees: list[ast.Module] = []
    failures: list[Unparsable] = []

    def parse() -> None:
        try:
            trees.append(_parse(source))
        except Unparsable as failed:
            failures.append(failed)

    before = threading.stack_size(_STACK)
    try:
        thread = threading.Thread(target=parse)
        thread.start()
    except RuntimeError:
        raise Unparsable("needs more memory than is available", 0) from None
    finally:
        threading.stack_size(before)
    thread.join()
    for failed in failures:
        raise failed
    return trees[0]


def _parse(source: bytes) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        raise Unparsable("cannot be parsed", error.lineno or 0) from None
    except (RecursionError, MemoryError):
        raise Unparsable("is nested too deeply", 0) from None
    except ValueError:
        raise Unparsable("contains a NUL character", 0) from None
