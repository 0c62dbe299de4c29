"""``[select]``: which glob a name matches, fast even for a thousand globs and a thousand names."""

from __future__ import annotations

from clovrix_env.errors import ClovrixConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from re import Pattern

# Messages show only so many globs of a list.
_MOST_SHOWN = 10
_by_globs: dict[tuple[str, ...], Globs] = {}


class Globs:
    """A list of globs, sorted by cost: exact names, prefixes, and patterns for the rest."""

    def __init__(self, globs: Sequence[str]) -> None:
        self.names: frozenset[str] = frozenset(glob for glob in globs if not _is_special(glob))
        begins = {glob for glob in globs if glob.endswith("*") and not _is_special(glob[:-1])}
        self.begins: tuple[str, ...] = tuple(glob[:-1] for glob in begins)
        self.rest: list[str] = [
            glob for glob in globs if glob not in self.names and glob not in begins
        ]
        self._patterns: list[Pattern[str]] = []
        more = ", …" if len(globs) > _MOST_SHOWN else ""
        self.shown: str = ", ".join(globs[:_MOST_SHOWN]) + more

    def first(self, name: str) -> str | None:
        """Return a glob that matches a name, or ``None``.

        Raises ``ClovrixConfigError`` if that takes too long.
        """
        if name in self.names:
            return name
        if name.startswith(self.begins):
            return min(filter(name.startswith, self.begins), key=len) + "*"
        if not self.rest:
            return None
        from clovrix_env.system.match_limit import SECONDS, TooMuch, limited

        try:
            return limited(lambda: self._matched(name))
        except TooMuch:
            raise ClovrixConfigError(
                f"[select]: its globs take more than {SECONDS} s or 64 MiB for all names",
                "write fewer globs, as exact names or with one * at the end",
            ) from None

    def _matched(self, name: str) -> str | None:
        self._patterns = self._patterns or [_pattern(glob) for glob in self.rest]
        fitting = (glob for glob, pattern in zip(self.rest, self._patterns) if pattern.match(name))
        return next(fitting, None)


def globs_of(globs: tuple[str, ...]) -> Globs:
    """Return the globs of a list, sorted once."""
    if globs not in _by_globs:
        _by_globs[globs] = Globs(globs)
    return _by_globs[globs]


def _is_special(glob: str) -> bool:
    return "*" in glob or "?" in glob or "[" in glob


def _pattern(glob: str) -> Pattern[str]:
    import re
    from fnmatch import translate

    return re.compile(translate(glob))
