"""Notes that Clovrix has no entries for a load that needs some."""

from __future__ import annotations

from clovrix_env.model.layer import DEFAULT, PROCESS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovrix_env.resolution.inputs import Inputs
    from clovrix_env.resolution.precedence import Definitions


def note(inputs: Inputs, definitions: Definitions, names: Sequence[str]) -> None:
    """Note that the projects have no entries, unless a file sets some or the contract needs none.

    The volume of a store may not be mounted: the program would start without its configuration.
    """
    settings = inputs.settings
    places = [f"{project}/{settings.environment}" for project in settings.projects]
    declared = inputs.contract.variables
    is_set = any(definitions[name][0].place.kind not in (DEFAULT, PROCESS) for name in names)
    if is_set or (declared and all(name in definitions for name in declared)):
        return
    verb = "has" if len(places) == 1 else "have"
    inputs.notes.append(
        f"{' and '.join(places)} {verb} no entries at {inputs.address}, and no file sets any"
    )
