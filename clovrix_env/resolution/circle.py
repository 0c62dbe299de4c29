"""References that lead back to where they began, for the message about them. Pure."""

from __future__ import annotations

from itertools import islice

from clovrix_env.model.layer import Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovrix_env.model.layer import Binding
    from clovrix_env.resolution.precedence import Definitions

# Messages show only so many names of a circle, and a search looks at only so many.
MOST = 10


def sentence(names: Sequence[str]) -> str:
    """Return the problem of a circle, whose first name comes again after the last."""
    shown = [*names[:MOST], *(["…"] if len(names) > MOST else []), names[0]]
    return f"refers to itself ({' → '.join(shown)})"


def names_of(binding: Binding, name: str, definitions: Definitions) -> list[str]:
    """Return the names of a short circle from a binding by way of ``name``; empty if none."""
    ways = [[binding.name, name]]
    for way in ways:  # it grows while it is read: the shortest way comes first
        parts = islice(definitions[way[-1]][0].parts, 2 * MOST)
        for found in (part.name for part in parts if isinstance(part, Reference)):
            if found == binding.name:
                return way
            if found in definitions and found not in way and len(ways) < MOST:
                ways.append([*way, found])
    return []
