"""Reads a YAML file to a layer: one flat mapping, with every value as it is written.

Values are not converted: ``NO``, ``1e3`` and ``2001-01-01`` stay text. Only the tree of nodes is
read, and no object is constructed. PyYAML is the extra ``[yaml]``.
"""

from __future__ import annotations

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.layer import FILE, Binding, Layer, Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any

    from clovrix_env.errors import Problems

# Only one mapping is read; nested values are refused by name up to this depth.
_DEEPEST = 20
_TEXT = "tag:yaml.org,2002:str"
REMEDY = "write one mapping of names and strings, such as PORT: 8000"


def read(text: str, source: str, problems: Problems) -> Layer:
    """Return the layer of a file's text. Problems are reported as ``file:line: KEY: why``.

    Raises ``ClovrixConfigError`` if PyYAML is not installed.
    """
    bindings: dict[str, Binding] = {}
    for key, value in _pairs(text, source, problems):
        place = Location(FILE, source, key.start_mark.line + 1)
        name = key.value
        if not isinstance(name, str):
            problems.add(f"{place}: the key is not a string", REMEDY)
            continue
        shown = ascii(name) if name != name.strip() or not name.isprintable() else name
        if name in bindings:
            problems.add(f"{place}: {shown} is a duplicate key", "keep one of them")
        elif not isinstance(value.value, str):
            problems.add(f"{place}: {shown} is nested", REMEDY)
        elif value.tag != _TEXT:
            problems.add(f"{place}: {shown} has a tag, which is not supported", REMEDY)
        else:
            bindings[name] = Binding(name, (value.value,), place)
    return Layer(FILE, source, tuple(bindings.values()))


def _pairs(text: str, source: str, problems: Problems) -> Iterator[tuple[Any, Any]]:
    """Yield the nodes of each key and its value; none if the text is not a mapping."""
    try:
        import yaml
    except ImportError:
        raise ClovrixConfigError(
            f"{source} is YAML, and PyYAML is not installed",
            "run pip install 'clovrix-env[yaml]'",
        ) from None
    root, line = None, 0
    try:
        root = _composed(yaml, text)
    except yaml.MarkedYAMLError as error:  # its marks contain the text, so error ends here
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
    except (yaml.YAMLError, OverflowError, ValueError):
        problems.add(f"{source} contains a character that YAML does not allow", REMEDY)
    except RecursionError:
        problems.add(f"{source} is nested too deep", REMEDY)
    if line:
        problems.add(f"{source}:{line}: not valid YAML", REMEDY)
    elif isinstance(root, yaml.MappingNode):
        yield from root.value
    elif root is not None:
        problems.add(f"{source}: must be a mapping", REMEDY)


def _composed(yaml: ModuleType, text: str) -> Any:
    """Return the root node, or ``None`` for an empty document.

    Raises ``RecursionError`` at a depth at which PyYAML's scanner would take minutes.
    """
    loader = yaml.BaseLoader(text)
    compose_node, depth = loader.compose_node, 0

    def counted(parent: Any, index: Any) -> Any:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise RecursionError
        node = compose_node(parent, index)
        depth -= 1
        return node

    loader.compose_node = counted
    return loader.get_single_node()
