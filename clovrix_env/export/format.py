"""What a format is, and the one way to write in it: all that does not fit is told, at once."""

from __future__ import annotations

from clovrix_env.api.limits import is_utf8
from clovrix_env.errors import ClovrixConfigError, Problems
from clovrix_env.model.type_checks import is_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    class Format(Protocol):
        """How an environment is written, for one kind of reader."""

        def why_not(self, name: str, value: str) -> str:
            """Why the reader would not read this back, in words that follow the name; or empty."""
            ...

        def text(self, values: Mapping[str, str]) -> str:
            """The text, which ends with a newline. Raises ``ClovrixConfigError`` for its size."""
            ...


REMEDY = "leave it out with --exclude, or choose a format that holds it: json and yaml hold all"
_MOST_TOLD = 3


def exported(values: Mapping[str, str], form: Format) -> str:
    """An environment as a text. Raises ``ClovrixConfigError`` with every name that does not fit."""
    problems = Problems()
    for name, value in values.items():
        why = form.why_not(name, value) if is_utf8(name + value) else "is not UTF-8"
        if why:
            problems.add(f"{shown(name)}: {why}", REMEDY)
    problems.raise_if_any()
    return form.text(values)


def why_no_name(name: str) -> str:
    """Why no shell would take a name; empty where all of them do."""
    return "" if is_name(name) else "a name here is a letter or _ and then letters, digits and _"


def check_size(sizes: Mapping[str, int], most: int, reader: str) -> None:
    """Refuse what is more than ``most`` bytes together, and name the largest."""
    together = sum(sizes.values())
    if together > most:
        largest = sorted(sizes, key=lambda name: -sizes[name])[:_MOST_TOLD]
        told = ", ".join(f"{shown(name)} ({sizes[name]})" for name in largest)
        raise ClovrixConfigError(
            f"all together have {together} bytes and {reader} takes {most}; the largest: {told}",
            REMEDY,
        )


def sizes_of(lines: Mapping[str, str]) -> dict[str, int]:
    """How many bytes each text takes as UTF-8."""
    return {name: len(line.encode()) for name, line in lines.items()}


def shown(name: str) -> str:
    return name if is_name(name) else ascii(name)
