"""Ages and durations: ``90s`` in seconds, seconds as ``3 h 12 min``, and ``Staleness``. Pure."""

from __future__ import annotations

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# The durations that ``duration`` accepts, as a pattern for the schema. ``duration`` itself does
# not use re, whose import costs a run 0.7 ×.
DURATION = r"(?=.)(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?"
_UNITS = (("h", 3600), ("m", 60), ("s", 1))
_DIGITS_OF_UNIT = 9


class Staleness(Record):
    """Cached values older than ``max_age`` are in use.

    ``seconds`` is the age of the oldest ones and ``why`` the reason as text. ``ages`` maps each
    ``project/environment`` with stale values to their age in seconds.
    """

    seconds: float
    why: str
    ages: Mapping[str, float]


def shown_age(seconds: float) -> str:
    """An age as text, such as ``3 h 12 min`` or ``45 s``."""
    whole = int(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {whole % 60} s" if whole % 60 else f"{minutes} min"
    return f"{whole} s"


def duration(text: str) -> int | None:
    """The seconds in ``90s``, ``5m``, ``1h30m`` or ``0s``; ``None`` for any other text.

    >>> duration("1h30m")
    5400
    """
    seconds, left = 0, text
    for unit, worth in _UNITS:
        digits, found, behind = left.partition(unit)
        if found:
            if not (digits.isascii() and digits.isdigit()) or len(digits) > _DIGITS_OF_UNIT:
                return None
            seconds, left = seconds + int(digits) * worth, behind
    return seconds if text and not left else None


def age_seconds(text: str) -> int | None:
    """The seconds in ``90d``, ``7d12h`` or any ``duration``; ``None`` for any other text.

    >>> age_seconds("7d")
    604800
    """
    days, found, left = text.partition("d")
    if not found:
        return duration(text)
    seconds = duration(left or "0s")
    if not (days.isascii() and days.isdigit()) or len(days) > _DIGITS_OF_UNIT or seconds is None:
        return None
    return int(days) * 86400 + seconds
