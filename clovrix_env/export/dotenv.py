"""Writes ``.env`` files that python-dotenv and clovrix-env read back unchanged.

python-dotenv expands ``${NAME}`` in single quotes, too, so a value with ``${`` cannot be written.
Before 1.2.3 it read a backslash before the closing quote as an escape of that quote.
"""

from __future__ import annotations

from clovrix_env.export.format import check_size, sizes_of, why_invalid_name
from clovrix_env.sources import dotenv_writer
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Dotenv:
    """``NAME=value``, quoted only if necessary, so that other tools read most of it as well."""

    def why_not(self, name: str, value: str) -> str:
        if "${" in value:
            return "contains ${, which python-dotenv expands in any quotes"
        if value.endswith("\\") and dotenv_writer.needs_quotes(value):
            return "ends with a backslash, which python-dotenv before 1.2.3 reads as an escape"
        wrong = why_invalid_name(name)
        if not wrong and dotenv_writer.line(name, value) is None:
            return "cannot be represented on one line of a .env file"
        return wrong

    def text(self, values: Mapping[str, str]) -> str:
        lines = {name: f"{dotenv_writer.line(name, text)}\n" for name, text in values.items()}
        check_size(sizes_of(lines), files.LARGEST, "a .env file")
        return "".join(lines.values())
