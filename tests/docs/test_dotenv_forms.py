"""The tables of forms in the documentation: each row is a file, and what it means."""

import io
import logging
import os
import re
from unittest import mock

import pytest
from docs.pages import text_of
from dotenv import dotenv_values

from clovrix_env import ClovrixConfigError, resolve_env

_PAGES = ("docs/reference/dotenv.md", "docs/how-to/from-python-dotenv.md")
_ROW = re.compile(r"^\| `(?P<lines>[^`]+)` \| (?P<cells>.+) \|$", re.MULTILINE)
_REFUSED, _NOT_SET, _EMPTY = "refused", "not set", "empty"


def _rows(page):
    """The lines of each row behind ``<!-- forms -->``, and what its cells say of ``A``."""
    for row in _ROW.finditer(text_of(page).partition("<!-- forms -->")[2]):
        yield row["lines"].replace("⏎", "\n") + "\n", row["cells"].split(" | ")


_FORMS = [(lines, cells[-1]) for page in _PAGES for lines, cells in _rows(page)]
_THEIRS = [(lines, cells[0]) for lines, cells in _rows(_PAGES[1])]


def _cell(value):
    if value is None:
        return _NOT_SET
    return f"`{value}`".replace("\n", "⏎") if value else _EMPTY


def test_the_tables_were_found():
    """Both pages have rows, and those of the second tell of both readers."""
    assert len(_FORMS) > 60
    assert len(_THEIRS) > 15


@pytest.mark.parametrize(("lines", "cell"), _FORMS)
def test_form_means_what_the_table_says(lines, cell, tmp_path):
    """A file with these lines gives ``A`` this value, or is refused."""
    path = tmp_path / "form.env"
    path.write_text(lines, encoding="utf-8")
    with mock.patch.dict(os.environ, clear=True):
        try:
            found = _cell(resolve_env(root=tmp_path, files=[path], remote=False).get("A"))
        except ClovrixConfigError:
            found = _REFUSED
    assert found == cell


@pytest.mark.parametrize(("lines", "cell"), _THEIRS)
def test_python_dotenv_means_what_the_table_says(lines, cell, caplog):
    """python-dotenv gives ``A`` the value that the page for those who come from it says."""
    caplog.set_level(logging.CRITICAL)
    with mock.patch.dict(os.environ, clear=True):
        assert _cell(dotenv_values(stream=io.StringIO(lines)).get("A")) == cell
