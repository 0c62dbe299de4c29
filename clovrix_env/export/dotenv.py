"""For ``.env`` readers: what python-dotenv and clovrix-env itself both read back.

python-dotenv expands ``${NAME}`` between single quotes too, so a value that holds ``${`` cannot be
written. Before 1.2.3 it took a backslash in front of the closing quote for that quote's escape.
"""

from __future__ import annotations

from clovrix_env.export.format import check_size, sizes_of, why_no_name
from clovrix_env.sources import dotenv_writer
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Dotenv:
    """``NAME=value``, with as few quotes as keep it: other tools read most of it as well."""

    def why_not(self, name: str, value: str) -> str:
        if "${" in value:
            return "holds ${, which python-dotenv expands between any quotes"
        if value.endswith("\\") and dotenv_writer.needs_quotes(value):
            return "ends with a backslash, which a quote cannot follow in every python-dotenv"
        wrong = why_no_name(name)
        if not wrong and dotenv_writer.line(name, value) is None:
            return "cannot be read back from a line of a .env file"
        return wrong

    def text(self, values: Mapping[str, str]) -> str:
        lines = {name: f"{dotenv_writer.line(name, text)}\n" for name, text in values.items()}
        check_size(sizes_of(lines), files.LARGEST, "a .env file")
        return "".join(lines.values())
