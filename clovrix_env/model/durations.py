"""Durations as people write them: ``90s``, ``5m``, ``1h30m``. Pure."""

from __future__ import annotations

import re

DURATION = r"(?=.)(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?"


def duration(text: str) -> int | None:
    """Seconds of ``90s``, ``5m``, ``1h30m`` or ``0s``; ``None`` for anything else."""
    found = re.fullmatch(DURATION, text)
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds
