"""Names that an earlier load has set and that stay: this load does not look at their source.

A source is a project on Clovrix (whichever environment and address), the default files of a root,
or one file that was named. A load that looks at a source again decides about its names: those that
it no longer defines are removed. The names of every other source stay, as values of their layer.
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

# From the lowest; a layer of another kind is kept among the files.
_RANKS = {DEFAULT: 0, CLOVRIX: 1, FILE: 2, OVERRIDE: 3}


class Kept:
    """The kept names as the marker knows them, and a layer for each."""

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
        """Those for the marker beside what was resolved: all but what this load sets itself."""
        places = {id(layer.bindings[0].place) for layer in self._layers}
        return {
            name: injected
            for name, injected in self.names.items()
            if name not in environment or id(environment.origin(name).place) in places
        }

    def among(self, layers: Sequence[Layer]) -> list[Layer]:
        """The layers of a load with these, each below those of its own kind."""
        return sorted((*self._layers, *layers), key=lambda layer: _RANKS[layer.kind])


def _layer(place: Location, name: str, value: str) -> Layer:
    # Without a line: which one it is by now is not known.
    binding = Binding(name, (value,), Location(place.kind, place.source))
    return Layer(place.kind if place.kind in (DEFAULT, CLOVRIX) else FILE, place.source, (binding,))


class _LookedAt:
    """The sources that a load looks at, whatever it finds there."""

    def __init__(self, inputs: Inputs) -> None:
        settings, options = inputs.settings, inputs.options
        self._projects = settings.projects if inputs.fetches else ()
        self._root = "" if options.rootless else _real(settings.root.path)
        # Default files that do not count here are looked at as well: they give nothing.
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
        if not source:  # a marker that has nothing but names
            return self._anything
        path = _real(source)
        if kind in (DEFAULT, PROCESS):  # `.clovrix` decides about both
            return path == self._root
        if path == self._root and self._reads_defaults:
            return True
        return path in self._files or _real(os.path.join(source, file)) in self._files


def _real(path: str) -> str:
    """A path without links, as far as it can be one: a marker may hold anything."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path
