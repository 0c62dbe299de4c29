"""The ``pattern`` of a variable: whether it is valid, and whether a value matches it."""

from __future__ import annotations

import re

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system.match_limit import SECONDS, TooMuch, limited

# The pattern for an address of RFC 5322 has 6,400 characters.
_LONGEST = 10_000
_REMEDY = "write the pattern without a repetition inside a repetition, such as (a+)+"


def why_invalid(pattern: str, where: str) -> str:
    """Return why a pattern is invalid; empty if it is valid. Raises like ``matches``."""
    if len(pattern) > _LONGEST:
        return f"has more than {_LONGEST:,} characters"
    try:
        limited(lambda: re.compile(pattern))
    except (re.error, RecursionError, OverflowError):
        return "is not a valid regular expression"
    except TooMuch:
        raise _too_slow(where) from None
    return ""


def matches(pattern: str, text: str, where: str) -> bool:
    """Whether the whole text matches.

    Raises ``ClovrixConfigError``, beginning with ``where``, if the match takes too long.
    """
    try:
        return limited(lambda: re.fullmatch(pattern, text)) is not None
    except TooMuch:  # its frames contain the value
        pass
    raise _too_slow(where)


def _too_slow(where: str) -> ClovrixConfigError:
    limit = f"{SECONDS} s or 64 MiB, the limit for all patterns together"
    return ClovrixConfigError(f"{where}: the pattern takes more than {limit}", _REMEDY)
