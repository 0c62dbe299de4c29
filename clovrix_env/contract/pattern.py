"""The ``pattern`` of a variable: whether it can be one, and whether a value matches it."""

from __future__ import annotations

import re

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system.match_limit import SECONDS, TooMuch, limited

# The address of RFC 5322, written out, takes 6,400.
_LONGEST = 10_000
_REMEDY = "Write the pattern without a repetition inside a repetition, such as (a+)+."


def why_invalid(pattern: str, where: str) -> str:
    """What is wrong with a pattern; empty where nothing is. Raises as ``matches`` does."""
    if len(pattern) > _LONGEST:
        return f"has more than {_LONGEST:,} characters"
    try:
        limited(lambda: re.compile(pattern))
    except (re.error, RecursionError, OverflowError):
        return "is no regular expression"
    except TooMuch:
        raise _too_slow(where) from None
    return ""


def matches(pattern: str, text: str, where: str) -> bool:
    """Whether the whole text matches.

    Raises ``ClovrixConfigError`` that begins with ``where`` if that takes too long for a command.
    """
    try:
        return limited(lambda: re.fullmatch(pattern, text)) is not None
    except TooMuch:  # its frames hold the value
        pass
    raise _too_slow(where)


def _too_slow(where: str) -> ClovrixConfigError:
    limit = f"{SECONDS} s or 64 MiB, the limit for all patterns together"
    return ClovrixConfigError(f"{where}: the pattern takes more than {limit}", _REMEDY)
