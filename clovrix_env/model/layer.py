"""``Layer``, ``Binding``, ``Location``: names, unexpanded text, and where each stands."""

from __future__ import annotations

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Union

    Part = Union[str, "Reference"]

# The kinds of layer, which are also the words that people read.
DEFAULT = "default"
CLOVRIX = "clovrix"
FILE = "file"
PROCESS = "process"
OVERRIDE = "override"


class Location(Record):
    """Where a binding stands: the kind of its layer, the source, the line of a file, or 0."""

    kind: str
    source: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


# Of what stands in the process environment by itself.
INHERITED = Location(PROCESS, "process environment")


class Reference(Record, hidden=("argument",)):
    """``${NAME}``, with what stands behind an operator: ``:-`` ``-`` ``:?`` ``?`` ``:+`` ``+``."""

    name: str
    operator: str = ""
    argument: tuple[Part, ...] = ()


# In place of a value that could not be read: the name is bound, and to what is not known.
UNREAD = Reference("")


class Binding(Record, hidden=("parts",)):
    """A name bound at a place. Its parts are texts and, in a file only, references."""

    name: str
    parts: tuple[Part, ...]
    place: Location


class Layer(Record):
    """The bindings of one source, in its order; a name may stand in a file more than once."""

    kind: str
    source: str
    bindings: tuple[Binding, ...]


def literal_layer(kind: str, source: str, values: Iterable[tuple[str, str]]) -> Layer:
    """A layer whose values are taken to the letter: all but a file's."""
    place = Location(kind, source)
    return Layer(kind, source, tuple(Binding(name, (value,), place) for name, value in values))
