"""Rows that need tools which few machines have: ``install_tools`` brings them."""

from guard.deep import (
    build_rows,
    javascript_rows,
    language_rows,
    library_rows,
    python_rows,
    tool_rows,
)

_FILES = (python_rows, javascript_rows, build_rows, language_rows, library_rows, tool_rows)
ROWS = tuple(row for file in _FILES for row in file.ROWS)
