"""For ``.env`` readers: what python-dotenv and clovrix-env itself both read back.

python-dotenv expands ``${NAME}`` between single quotes too, so a value that holds ``${`` cannot be
written. Before 1.2.3 it took a backslash in front of the closing quote for that quote's escape.
"""

from __future__ import annotations

import re

from clovrix_env.export.format import check_size, sizes_of, why_no_name
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
# What may stand without quotes: they would have to follow the backslash at the end.
_BARE = re.compile(r"[A-Za-z0-9_./:@%+,=$!&*()\[\]{}<>|;^~?\\-]*\\")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\r": "\\r"})


class Dotenv:
    """``NAME=value``, with as few quotes as keep it: other tools read most of it as well."""

    def why_not(self, name: str, value: str) -> str:
        if "${" in value:
            return "holds ${, which python-dotenv expands between any quotes"
        if value.endswith("\\") and not _BARE.fullmatch(value):
            return "ends with a backslash, which a quote cannot follow in every python-dotenv"
        return why_no_name(name)

    def text(self, values: Mapping[str, str]) -> str:
        lines = {name: f"{name}={_written(value)}\n" for name, value in values.items()}
        check_size(sizes_of(lines), files.LARGEST, "a .env file")
        return "".join(lines.values())


def _written(value: str) -> str:
    if _PLAIN.fullmatch(value) or value.endswith("\\"):
        return value
    if not any(character in value for character in "'\\\r"):
        return f"'{value}'"
    return f'"{value.translate(_ESCAPES)}"'
