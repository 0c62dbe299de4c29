"""Keeps names that an earlier load set, if this load does not read their source.

A source is a project on Clovrix (whichever environment and address), the default files of a root,
or one named file. A load that reads a source again removes the names that the source no longer
defines. Names of all other sources stay, as values of their layer.
"""

from __future__ import annotations

import os

from clovrix_env.model.layer import (
    CLOVRIX,
    DEFAULT,
    FILE,
    OVERRIDE,
    PROCESS,
    Binding,
    Layer,
    Location,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovrix_env.resolution.environment import Environment
    from clovrix_env.resolution.inputs import Inputs
    from clovrix_env.resolution.marker import Injected, Marker

# From the lowest; layers of other kinds rank as files.
_RANKS = {DEFAULT: 0, CLOVRIX: 1, FILE: 2, OVERRIDE: 3}


class Kept:
    """The kept names as the marker records them, and one layer for each."""

    def __init__(self, inputs: Inputs, marker: Marker) -> None:
        looked_at = _LookedAt(inputs)
        self.names: dict[str, Injected] = {}
        self._layers: list[Layer] = []
        for name in sorted(inputs.injected):
            injected = marker.names[name]
            if injected not in looked_at:
                self.names[name] = injected
                self._layers.append(_layer(injected[0], name, inputs.given.environ[name]))

    def beside(self, environment: Environment) -> dict[str, Injected]:
        """Return the names for the marker: those that this load does not set itself."""
        places = {id(layer.bindings[0].place) for layer in self._layers}
        return {
            name: injected
            for name, injected in self.names.items()
            if name not in environment or id(environment.origin(name).place) in places
        }

    def among(self, layers: Sequence[Layer]) -> list[Layer]:
        """Add the kept layers to those of a load, each below the others of its kind."""
        return sorted((*self._layers, *layers), key=lambda layer: _RANKS[layer.kind])


def _layer(place: Location, name: str, value: str) -> Layer:
    # Without a line, because the present one is unknown.
    binding = Binding(name, (value,), Location(place.kind, place.source))
    return Layer(place.kind if place.kind in (DEFAULT, CLOVRIX) else FILE, place.source, (binding,))


class _LookedAt:
    """The sources that a load reads, whether or not they define anything."""

    def __init__(self, inputs: Inputs) -> None:
        settings, options = inputs.settings, inputs.options
        self._projects = settings.projects if inputs.fetches else ()
        self._root = "" if options.rootless else _real(settings.root.path)
        # Ignored default files count as read, and define nothing.
        self._reads_defaults = options.files is None and bool(self._root)
        self._files = {_real(path) for _, path in inputs.candidates}
        self._overrides = options.overrides is not None
        self._anything = not inputs.is_empty
        self._known: dict[tuple[str, str, str], bool] = {}

    def __contains__(self, injected: Injected) -> bool:
        place, _, source = injected
        key = (place.kind, place.source, source)
        if key not in self._known:
            self._known[key] = self._looks_at(*key)
        return self._known[key]

    def _looks_at(self, kind: str, file: str, source: str) -> bool:
        if kind == CLOVRIX:
            return source in self._projects
        if kind == OVERRIDE:
            return self._overrides
        if not source:  # a marker with names only
            return self._anything
        path = _real(source)
        if kind in (DEFAULT, PROCESS):  # both come from `.clovrix`
            return path == self._root
        if path == self._root and self._reads_defaults:
            return True
        return path in self._files or _real(os.path.join(source, file)) in self._files


def _real(path: str) -> str:
    """Resolve the links of a path, if possible: a marker may contain any text."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path
