"""``Format``, and ``exported``, which writes in a format or reports all values that do not fit."""

from __future__ import annotations

from clovrix_env.api.limits import is_utf8
from clovrix_env.errors import ClovrixConfigError, Problems
from clovrix_env.model.type_checks import is_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    class Format(Protocol):
        """Writes an environment for one kind of reader."""

        def why_not(self, name: str, value: str) -> str:
            """Return why the reader would change this value, as text after the name; or empty."""
            ...

        def text(self, values: Mapping[str, str]) -> str:
            """Return the text with a final newline. Raises ``ClovrixConfigError`` for its size."""
            ...


REMEDY = "leave it out with --exclude, or use --format json or yaml, which can contain all values"
_MOST_SHOWN = 3


def exported(values: Mapping[str, str], form: Format) -> str:
    """Return the text of an environment. Raises ``ClovrixConfigError`` with each unfit name."""
    problems = Problems()
    for name, value in values.items():
        why = form.why_not(name, value) if is_utf8(name + value) else "is not UTF-8"
        if why:
            problems.add(f"{shown(name)}: {why}", REMEDY)
    problems.raise_if_any()
    return form.text(values)


def why_invalid_name(name: str) -> str:
    """Return why a shell does not accept a name; empty if it does."""
    return "" if is_name(name) else "a name must be letters, digits and _, without a digit first"


def check_size(sizes: Mapping[str, int], most: int, reader: str) -> None:
    """Refuse more than ``most`` bytes in total, and name the largest values."""
    total = sum(sizes.values())
    if total > most:
        largest = sorted(sizes, key=lambda name: -sizes[name])[:_MOST_SHOWN]
        names = ", ".join(f"{shown(name)} ({sizes[name]})" for name in largest)
        raise ClovrixConfigError(
            f"{reader} can have {most} bytes, but the values have {total}; the largest: {names}",
            REMEDY,
        )


def sizes_of(lines: Mapping[str, str]) -> dict[str, int]:
    """Return the size of each text in bytes of UTF-8."""
    return {name: len(line.encode()) for name, line in lines.items()}


def shown(name: str) -> str:
    return name if is_name(name) else ascii(name)
