"""What stands in for a source that was not read, because something was wrong before. Pure."""

from __future__ import annotations

from clovrix_env.model.layer import CLOVRIX, DEFAULT, UNREAD, Binding, Layer, Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def with_unread_clovrix(layers: Sequence[Layer], also: Iterable[str]) -> list[Layer]:
    """The layers with one for Clovrix that was not asked: it may bind any name, to anything."""
    names = dict.fromkeys([b.name for layer in layers for b in layer.bindings], "")
    names.update(dict.fromkeys(also, ""))
    place = Location(CLOVRIX, "Clovrix")
    unread = Layer(CLOVRIX, "Clovrix", tuple(Binding(name, (UNREAD,), place) for name in names))
    above = sum(layer.kind in (DEFAULT, CLOVRIX) for layer in layers)
    return [*layers[:above], unread, *layers[above:]]
