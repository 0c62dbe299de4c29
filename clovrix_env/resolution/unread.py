"""A placeholder layer for Clovrix if an earlier problem prevented the fetch. Pure."""

from __future__ import annotations

from clovrix_env.model.layer import CLOVRIX, DEFAULT, UNREAD, Binding, Layer, Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def with_unread_clovrix(layers: Sequence[Layer], also: Iterable[str]) -> list[Layer]:
    """Add a layer for Clovrix, which may define any name with an unknown value."""
    names = dict.fromkeys([b.name for layer in layers for b in layer.bindings], "")
    names.update(dict.fromkeys(also, ""))
    place = Location(CLOVRIX, "Clovrix")
    unread = Layer(CLOVRIX, "Clovrix", tuple(Binding(name, (UNREAD,), place) for name in names))
    above = sum(layer.kind in (DEFAULT, CLOVRIX) for layer in layers)
    return [*layers[:above], unread, *layers[above:]]
