"""The suggestion of a known name for one that does not exist."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Return a question after a space, or an empty string if no known name is similar."""
    from difflib import get_close_matches

    similar = name if name in known else next(iter(get_close_matches(name, known, n=1)), None)
    return "" if similar is None else f" Did you mean {similar!a}?"
