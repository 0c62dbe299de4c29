"""Who wins: layers to definitions, the winner of each name first. Nothing else decides it.

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

    # Of each name all bindings, the winner first.
    Definitions = Mapping[str, Sequence[Binding]]


def in_order(layers: Sequence[Layer], process: Layer, *, override: bool) -> list[Layer]:
    """All layers, lowest first; ``layers`` come in their own order, defaults to overrides."""
    if override:
        above = sum(layer.kind == DEFAULT for layer in layers)
    else:
        above = sum(layer.kind != "override" for layer in layers)
    return [*layers[:above], process, *layers[above:]]


def merge(layers: Sequence[Layer]) -> dict[str, list[Binding]]:
    """Of each name its bindings, the winner first, whom it hid behind it."""
    definitions: dict[str, list[Binding]] = {}
    for layer in reversed(layers):
        for binding in reversed(layer.bindings):
            definitions.setdefault(binding.name, []).append(binding)
    return definitions


def origins_of(definitions: Definitions, names: Iterable[str]) -> dict[str, ValueOrigin]:
    """Of each name the winner's place, and the places that it hid."""
    places = {name: [binding.place for binding in definitions[name]] for name in names}
    return {name: ValueOrigin(won, tuple(hid)) for name, (won, *hid) in places.items()}


class ValueOrigin(Record):
    """Where a value came from: its ``place``, and the places that it ``hid``, highest first."""

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
        """The line of a file; 0 elsewhere."""
        return self.place.line

    def __str__(self) -> str:
        hid = f" (hides {', '.join(map(str, self.hid))})" if self.hid else ""
        return f"{self.place}{hid}"
