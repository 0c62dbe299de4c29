"""Writes for ``docker run --env-file``: raw lines without quotes or escapes."""

from __future__ import annotations

from clovrix_env.export.format import why_invalid_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# The limit of Go's bufio.Scanner for a line and its newline.
_LONGEST = 64 * 1024


class Docker:
    """``NAME=value`` up to the end of the line. (Compose reads its env_file as a ``.env`` file.)"""

    def why_not(self, name: str, value: str) -> str:
        if "\n" in value:
            return "has more than one line, which Docker's env file cannot contain"
        if value.endswith("\r"):
            return "ends with a carriage return, which Docker reads as part of the line ending"
        if len(_line(name, value).encode()) > _LONGEST:
            return f"makes a line of more than {_LONGEST} bytes, which Docker does not read"
        return why_invalid_name(name)

    def text(self, values: Mapping[str, str]) -> str:
        return "".join(_line(name, value) for name, value in values.items())


def _line(name: str, value: str) -> str:
    return f"{name}={value}\n"
