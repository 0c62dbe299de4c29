"""Writes for ``EnvironmentFile=`` of a systemd unit."""

from __future__ import annotations

import re

from clovrix_env.export.format import check_size, sizes_of, why_invalid_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# The limit of the oldest systemd in use.
_MOST_BYTES = 4 * 1024 * 1024
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPED = re.compile(r'["\\`$]')


class Systemd:
    """``NAME="value"``, with a backslash before each special character; newlines are allowed."""

    def why_not(self, name: str, value: str) -> str:
        if _CONTROL.search(value):
            return "contains a control character: systemd before 248 ignores such a variable"
        if any(map(_is_noncharacter, value)):
            return "contains a noncharacter of Unicode: systemd refuses such a file"
        return why_invalid_name(name)

    def text(self, values: Mapping[str, str]) -> str:
        lines = {name: f'{name}="{_escaped(value)}"\n' for name, value in values.items()}
        check_size(sizes_of(lines), _MOST_BYTES, "systemd")
        return "".join(lines.values())


def _escaped(value: str) -> str:
    return _ESCAPED.sub(r"\\\g<0>", value)


def _is_noncharacter(character: str) -> bool:
    code = ord(character)
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
