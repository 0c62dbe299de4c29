"""Writes every name in capitals on Windows, where names are case-insensitive. Pure.

``os.environ`` does so already. This module covers the other layers, the contract and the selection.
"""

from __future__ import annotations

from clovrix_env.contract.contract import Contract
from clovrix_env.model.layer import Binding, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.model.layer import Layer, Part
    from clovrix_env.settings.settings import Settings


def layer_in_capitals(layer: Layer) -> Layer:
    """Return a layer with its names and references in capitals."""
    return layer.replaced(
        bindings=tuple(
            Binding(each.name.upper(), _parts(each.parts), each.place) for each in layer.bindings
        )
    )


def _parts(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple(
        part
        if isinstance(part, str)
        else Reference(part.name.upper(), part.operator, _parts(part.argument))
        for part in parts
    )


def contract_in_capitals(contract: Contract) -> Contract:
    """Return a contract with its names in capitals."""
    declared = (one.replaced(name=one.name.upper()) for one in contract.variables.values())
    return Contract({one.name: one for one in declared}, contract.source)


def settings_in_capitals(settings: Settings) -> Settings:
    """Return settings with selected and allowed names in capitals."""
    allow = tuple(name.upper() for name in settings.declared.allow)
    return settings.replaced(
        declared=settings.declared.replaced(allow=allow),
        only=tuple(glob.upper() for glob in settings.only),
        exclude=tuple(glob.upper() for glob in settings.exclude),
        allow=frozenset(name.upper() for name in settings.allow),
    )
