"""``Layer``, ``Binding``, ``Location``: names, their unexpanded text and their places."""

from __future__ import annotations

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Union

    Part = Union[str, "Reference"]

# The kinds of layer. Messages and documents use the same words.
DEFAULT = "default"
CLOVRIX = "clovrix"
FILE = "file"
PROCESS = "process"
OVERRIDE = "override"


class Location(Record):
    """The place of a binding: the kind of its layer, the source, and the line of a file or 0."""

    kind: str
    source: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


# The place of variables that the process inherited.
INHERITED = Location(PROCESS, "process environment")


class Reference(Record, hidden=("argument",)):
    """``${NAME}``, with an operator (``:-`` ``-`` ``:?`` ``?`` ``:+`` ``+``) and its argument."""

    name: str
    operator: str = ""
    argument: tuple[Part, ...] = ()


# Replaces a value that could not be read: the name is bound to an unknown value.
UNREAD = Reference("")


class Binding(Record, hidden=("parts",)):
    """A name bound at a place. Its parts are strings and, in files only, references."""

    name: str
    parts: tuple[Part, ...]
    place: Location


class Layer(Record):
    """The bindings of one source, in its order. A file may contain a name more than once."""

    kind: str
    source: str
    bindings: tuple[Binding, ...]


def literal_layer(kind: str, source: str, values: Iterable[tuple[str, str]]) -> Layer:
    """A layer with verbatim values, from any source but a file."""
    place = Location(kind, source)
    return Layer(kind, source, tuple(Binding(name, (value,), place) for name, value in values))
