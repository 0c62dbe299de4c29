"""Escapes: on a terminal that takes them, and where nobody asked for none."""

import json
import re

import pytest

_STYLE = re.compile(rb"\x1b\[[\d;]*m")
_ESCAPE = b"\x1b"


@pytest.mark.parametrize(
    ("environ", "styled"),
    [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=str,
)
def test_styles(environ, styled, opened):
    """On a terminal; NO_COLOR, where it says something, and a dumb terminal get none."""
    with opened("demo", **environ) as screen:
        screen.shows("1 · A store on this machine")
        assert screen.status() == 0
    assert bool(_STYLE.search(screen.written)) == styled


@pytest.mark.parametrize(
    ("words", "styles"),
    [("--help", ("\x1b[1mUsage:", "\x1b[1mValues:", "\x1b[1mexplain")), ("doctor", ("\x1b[32m✓",))],
)
def test_headings_names_and_marks(words, styles, opened):
    """Are bold, and green or red."""
    with opened(words) as screen:
        assert screen.status() == 0, screen.text
    assert all(style.encode() in screen.written for style in styles)


@pytest.mark.parametrize(
    ("words", "first"), [("history LOG_LEVEL", b"VERSION"), ("list -e staging -e empty", b"NAME")]
)
@pytest.mark.parametrize("no_colour", ["", "1"])
def test_the_heading_of_a_table(words, first, no_colour, columns, opened):
    """Is bold where the cells of a row are side by side, unless NO_COLOR is set."""
    with opened(*words.split(), NO_COLOR=no_colour) as screen:
        assert screen.status() == 0, screen.text
    assert (b"\x1b[1m" + first in screen.written) == (columns == 80 and not no_colour)


@pytest.mark.quick
def test_a_dumb_terminal_gets_no_bar(person, opened):
    """It would show the escapes that draw one."""
    person.write("many.json", json.dumps({f"NAME_{at}": "1" for at in range(250)}), 0o600)
    with opened("import", "many.json", "--yes", TERM="dumb") as screen:
        assert screen.status() == 0
    assert _ESCAPE not in screen.written
    assert "250 written" in screen.last(1)
