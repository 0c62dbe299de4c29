"""Writes a typed Python class of the contract, which needs only the standard library. Pure.

The functions that read the types are copied from this package with all that they use, so that the
class and ``Environment.typed()`` cannot differ.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import keyword
import re

from clovrix_env.contract import value_types
from clovrix_env.contract.variable import not_a
from clovrix_env.export import settings_runtime
from clovrix_env.model import ages
from clovrix_env.system.terminal import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from clovrix_env.contract.variable import Variable

_HEAD = "# Written by clovrix-env schema --python. Do not edit. Contract: "
_STAMP = re.compile(rb"^" + re.escape(_HEAD.encode()) + rb"([0-9a-f]+)\s*$", re.MULTILINE)
_HEAD_BYTES = 4096
_DIGITS = 32
# Where the copied code is; what it imports from outside of this package is imported there.
_SOURCES = (ages, value_types, settings_runtime)
# The names that the class uses beside those of the copied code and the imports.
_TAKEN = ("bool", "classmethod", "cls", "environ", "float", "from_environ", "int", "list", "str")
# The module of each name that the class imports; that of the copied code is found in it.
_IMPORTS = {
    "Any": "typing",
    "Literal": "typing",
    "Mapping": "collections.abc",
    "dataclass": "dataclasses",
    "field": "dataclasses",
    **{
        kind.python.rpartition(".")[2]: kind.python.rpartition(".")[0]
        for kind in value_types.TYPES.values()
        if "." in kind.python
    },
}
_CLASS = '''\
@dataclass(frozen=True)
class Settings:
    """The variables of the program, as .clovrix declares them."""

{attributes}

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read os.environ, or what load_env() returns. Raises SettingsError with all problems."""
{variables}
        _check(environ, [{names}])
        return cls({arguments})
'''


def digest_of(variables: Iterable[Variable]) -> str:
    """Return a digest of the declarations, which the class contains."""
    declared = [(variable.name, variable.type, variable.fields) for variable in variables]
    return hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()[:_DIGITS]


def digest_in(source: bytes) -> str | None:
    """Return the digest in a file that was written here; of any other file ``None``."""
    found = _STAMP.search(source[:_HEAD_BYTES])
    return found[1].decode() if found else None


def written(variables: Sequence[Variable]) -> str:
    """Return the whole file."""
    definitions, imports = _definitions()
    taken = (*_TAKEN, *keyword.kwlist, *definitions, *imports)
    names = _attributes([variable.name for variable in variables], taken)
    pairs = [(names[variable.name], variable) for variable in variables]
    body = _CLASS.format(
        attributes="\n".join(line for pair in pairs for line in _attribute(*pair)),
        variables="\n".join(line for pair in pairs for line in _rules(*pair)),
        names=", ".join(name for name, _ in pairs),
        arguments="".join(f"\n            {name}={_value(name, v)}," for name, v in pairs)
        + "\n        ",
    )
    needed = _needed(body, definitions)
    code = [code for name, (_, code) in definitions.items() if name in needed]
    imports = {name: module for name, module in imports.items() if name in needed}
    return "\n".join(
        [
            _HEAD + digest_of(variables),
            '"""The settings of this program, from its environment variables."""',
            "",
            "from __future__ import annotations",
            "",
            *_import_lines(imports),
            "",
            '__all__ = ["Settings", "SettingsError"]',
            *(f"\n\n{part}" if part.startswith(("def ", "class ")) else part for part in code),
            "\n",
            body,
        ]
    ).rstrip("\n")


def _attributes(names: Iterable[str], unusable: Iterable[str]) -> dict[str, str]:
    """Return an attribute for each variable: in lower case, public, and different from the others.

    A name that is taken already, by Python or by a variable above, gets a ``_`` at its end.
    """
    found: dict[str, str] = {}
    taken = set(unusable)
    for name in names:
        attribute = name.lower().strip("_")
        if not attribute.isidentifier():
            attribute = f"var_{attribute}".rstrip("_")
        while attribute in taken:
            attribute += "_"
        taken.add(attribute)
        found[name] = attribute
    return found


def _attribute(name: str, variable: Variable) -> Iterator[str]:
    hidden = " = field(repr=False)" if variable.secret else ""
    yield f"    {name}: {_annotation(variable)}{hidden}"
    about = f"{variable.description}: {variable.form}" if variable.description else variable.form
    yield f'    """{_escaped(f"{variable.name}: {about}")}"""'


def _annotation(variable: Variable) -> str:
    kind = variable.value_type.python.rpartition(".")[2]
    if variable.item == "enum":
        kind = f"Literal[{', '.join(map(_quoted, dict.fromkeys(variable.choices)))}]"
    elif not kind.isidentifier():
        kind = "Any"
    kind = f"list[{kind}]" if variable.is_list else kind
    # Any admits None already.
    return kind if _is_always_set(variable) or kind == "Any" else f"{kind} | None"


def _is_always_set(variable: Variable) -> bool:
    return variable.required or variable.default is not None


def _rules(name: str, variable: Variable) -> Iterator[str]:
    kind, fields = variable.value_type, variable.fields
    read = "_as_is" if variable.item == "enum" else kind.read.__name__
    yield f"        {name} = {'_ListVariable' if variable.is_list else '_Variable'}("
    yield f"            {_quoted(variable.name)},"
    yield f"            {kind.fits.__name__},"
    yield f"            {read},"
    yield f"            wrong={_quoted(not_a(variable.item))},"
    about = f": {variable.description}" if variable.description else ""
    yield f"            expected={_quoted(one_line(variable.expected + about))},"
    if variable.required:
        yield "            required=True,"
    if variable.default is not None:
        yield f"            default={_quoted(variable.default)},"
    if "choices" in fields:
        yield f"            choices=({' '.join(f'{_quoted(c)},' for c in variable.choices)}),"
    if "pattern" in fields:
        yield f"            pattern={_quoted(fields['pattern'])},"
    for field, argument in (("min", "low"), ("max", "high")):
        if field in fields:
            bound = fields[field]
            shown = f"{read}({_quoted(bound)})" if isinstance(bound, str) else repr(bound)
            yield f"            {argument}={shown},"
    if kind.hint is not value_types.no_hint:
        yield f"            hint={kind.hint.__name__},"
    yield "        )"


def _value(name: str, variable: Variable) -> str:
    return f"{name}.{'value' if _is_always_set(variable) else 'value_or_none'}(environ)"


def _quoted(text: str) -> str:
    plain = text.isprintable() and '"' not in text and "\\" not in text
    return f'"{text}"' if plain else repr(text)


def _escaped(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace('"', '\\"')


def _import_lines(imports: Mapping[str, str]) -> Iterator[str]:
    """Yield the imports of names from modules; a module of no name is imported itself."""
    yield from sorted(f"import {name}" for name, module in imports.items() if not module)
    for module in sorted({module for module in imports.values() if module}):
        names = sorted(name for name in imports if imports[name] == module)
        yield f"from {module} import {', '.join(names)}"


def _definitions() -> tuple[dict[str, tuple[ast.stmt, str]], dict[str, str]]:
    """Return the definitions that can be copied, in order, and the module of each import."""
    definitions: dict[str, tuple[ast.stmt, str]] = {}
    imports = dict(_IMPORTS)
    for module in _SOURCES:
        source = inspect.getsource(module)
        for statement in _statements(ast.parse(source).body):
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                imports.update(_imported(statement))
                continue
            code = ast.get_source_segment(source, statement) or ""
            definitions.update(dict.fromkeys(_defined(statement), (statement, code)))
    return definitions, imports


def _needed(body: str, definitions: Mapping[str, tuple[ast.stmt, str]]) -> set[str]:
    """Return the names in the class, and those in each definition that it needs."""
    needed: set[str] = set()
    waiting = {"SettingsError", *_names(ast.parse(body))}
    while waiting:
        needed |= waiting
        below = (definitions[name][0] for name in waiting if name in definitions)
        waiting = {name for statement in below for name in _names(statement)} - needed
    return needed


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, also those below ``if TYPE_CHECKING``."""
    for statement in body:
        yield from statement.body if isinstance(statement, ast.If) else (statement,)


def _imported(statement: ast.Import | ast.ImportFrom) -> dict[str, str]:
    module = getattr(statement, "module", None) or ""
    if module == "__future__" or module.startswith("clovrix_env"):
        return {}
    return {alias.name: module for alias in statement.names}


def _defined(statement: ast.stmt) -> Collection[str]:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return (statement.name,)
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    return ()


def _names(node: ast.AST) -> set[str]:
    return {below.id for below in ast.walk(node) if isinstance(below, ast.Name)}
