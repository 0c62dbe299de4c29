"""Who wins: layers to definitions, the winner of each name first. Nothing else decides it.

    [variables] default < extended projects < the project on Clovrix < .env files
                        < process environment < overrides

``override`` moves the process environment to just above the defaults; nothing else moves.
"""

from __future__ import annotations

from collections.abc import Mapping

from clovrix_env.layers.layer import DEFAULT, Binding, Layer, Place
from clovrix_env.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from clovrix_env.staleness import Staleness

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

    place: Place
    hid: tuple[Place, ...] = ()

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


class Environment(Mapping[str, str]):
    """What was resolved: a mapping of names to values, with the origin of each.

    It holds the names that a layer other than the process, or the contract, knows. Its ``repr``
    shows names and origins, never a value.
    """

    def __init__(
        self,
        values: Mapping[str, str],
        origins: Mapping[str, ValueOrigin],
        staleness: Staleness | None = None,
    ) -> None:
        self._values = dict(values)
        self._origins = dict(origins)
        self._staleness = staleness

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} from {self._origins[name].place}" for name in self._values)
        return f"Environment({shown})"

    def origin(self, name: str) -> ValueOrigin:
        """Where a value came from and what it hid; ``KeyError`` for a name that is not here."""
        return self._origins[name]

    @property
    def staleness(self) -> Staleness | None:
        """How old values were taken, and why; ``None`` where none was older than ``max_age``.

        What a launcher left (the marker) is taken as it stands: there it is ``None``.
        """
        return self._staleness
