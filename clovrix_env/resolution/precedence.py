"""Precedence: turns layers into definitions of each name, highest first. Only this decides.

    [variables] default < extended projects < the project on Clovrix < .env files
                        < process environment < overrides

``override`` moves the process environment to just above the defaults; nothing else moves.
"""

from __future__ import annotations

from clovrix_env.model.layer import DEFAULT, Binding, Layer, Location
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    # All bindings of each name, highest first.
    Definitions = Mapping[str, Sequence[Binding]]


def in_order(layers: Sequence[Layer], process: Layer, *, override: bool) -> list[Layer]:
    """Return all layers, lowest first; ``layers`` are ordered from defaults to overrides."""
    if override:
        above = sum(layer.kind == DEFAULT for layer in layers)
    else:
        above = sum(layer.kind != "override" for layer in layers)
    return [*layers[:above], process, *layers[above:]]


def merge(layers: Sequence[Layer]) -> dict[str, list[Binding]]:
    """Return the bindings of each name, highest first."""
    definitions: dict[str, list[Binding]] = {}
    for layer in reversed(layers):
        for binding in reversed(layer.bindings):
            definitions.setdefault(binding.name, []).append(binding)
    return definitions


def origins_of(definitions: Definitions, names: Iterable[str]) -> dict[str, ValueOrigin]:
    """Return the origin of each name: the highest place, and the places that it hides."""
    places = {name: [binding.place for binding in definitions[name]] for name in names}
    return {name: ValueOrigin(won, tuple(hid)) for name, (won, *hid) in places.items()}


class ValueOrigin(Record):
    """The ``place`` of a value, and the places that it ``hid``, highest first."""

    place: Location
    hid: tuple[Location, ...] = ()

    @property
    def kind(self) -> str:
        """``default``, ``clovrix``, ``file``, ``process`` or ``override``."""
        return self.place.kind

    @property
    def source(self) -> str:
        return self.place.source

    @property
    def line(self) -> int:
        """The line of a file; 0 for other places."""
        return self.place.line

    def __str__(self) -> str:
        hid = f" (hides {', '.join(map(str, self.hid))})" if self.hid else ""
        return f"{self.place}{hid}"
