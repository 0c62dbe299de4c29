"""What people see on a terminal, at 80 and at 40 columns, and how Ctrl-C ends it."""

import json
import re

import pytest
from launch.launcher import until

_STYLE = re.compile(rb"\x1b\[[\d;]*m")
_TYPED = "icr_typed_0123456789abcdefghijklmnop"
ASKING = {
    "list": (0, ("list",)),
    "list-reveal": (0, ("list", "--long", "--reveal")),
    "diff": (1, ("diff", "staging", "production")),
    "explain": (0, ("explain",)),
    "doctor": (0, ("doctor",)),
}
# More columns than fit, one of them with a long name, one in capitals.
ENVIRONMENTS = [
    *("staging", "production", "empty", "PREVIEW", "an-environment-with-a-rather-long-name")
]
COMMANDS = {
    **ASKING,
    "list-production": (0, ("list", "-e", "production", "--long", "--reveal")),
    "get": (0, ("get", "MESSAGE", "-e", "production")),
    "whoami": (0, ("whoami",)),
    "matrix": (0, ("list", "-e", "staging", "-e", "production", "-e", "empty")),
    "matrix-wide": (0, ("list", "--long", *(f"-e{name}" for name in ENVIRONMENTS))),
    "history": (0, ("history", "LOG_LEVEL")),
    "log": (0, ("log", "-n", "3")),
}
# Of each command that asks a person: its question, and an answer, of which a hidden one shows
# nothing.
QUESTIONS = {
    "import": (("import", "new.env"), r"\[y/N\]:", "n"),
    "copy": (("copy", "staging", "production"), r"\[y/N\]:", "n"),
    "init": (("init", "--root", "new"), r"Project \[new\]:", "back"),
    "edit": (("edit",), r"\[Y/n\]:", "n"),
    "login": (("login",), "Token:", _TYPED),
    "set": (("set", "NEW"), "Value of NEW:", _TYPED),
    "rollback": (("rollback", "LOG_LEVEL", "--to", "2"), r"\[y/N\]:", "n"),
    "delete": (("delete", "LOG_LEVEL"), r"\[y/N\]:", "n"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_screen(name, person, opened, expect):
    """Nothing is cut, no line is wrapped by the terminal, and no escape is left to be seen."""
    person.write(".env", "LOCAL=1\nLOG_LEVEL=warning\n", 0o600)
    status, words = COMMANDS[name]
    with opened(*words) as screen:
        assert screen.status() == status, screen.text
        expect(name, screen.text)


@pytest.mark.parametrize("name", [*ASKING, "list-long"])
def test_interrupt_while_clovrix_is_waited_for(name, loopback, opened, interrupted):
    """Long before the deadline, without a traceback; none of several questions is waited for."""
    words, asked = (("list", "--long"), 3) if name == "list-long" else (ASKING[name][1], 1)
    if asked > 1:
        loopback.fault("answer", times=1, body=b'{"entries": {"A": "1", "B": "2"}}')
    loopback.fault("hang")
    with opened(*words) as screen:
        until(lambda: len(loopback.requests) >= asked)
        interrupted(screen, f"{name}-interrupted", seconds=5)


@pytest.mark.parametrize("name", ["import", "copy"])
def test_a_yes(name, person, opened, expect):
    """The difference, the question, and what came of it."""
    person.write("new.env", "LOG_LEVEL=info\nNEW_NAME=1\n", 0o600)
    words, question, _ = QUESTIONS[name]
    with opened(*words) as screen:
        _answer(screen, question, "y\n")
        assert screen.status() == 0
        expect(name, screen.text)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_interrupted(name, asked, opened, interrupted):
    """In the middle of an answer: nothing is written, and nothing hidden is shown."""
    words, question, answer = QUESTIONS[name]
    before = _held(asked)
    with opened(*words) as screen:
        _answer(screen, question, answer)
        if answer != _TYPED:
            screen.shows(f"{question} {answer}")
        interrupted(screen, f"{name}-interrupted")
    assert _held(asked) == before


@pytest.mark.parametrize(
    ("name", "end"),
    [
        *((name, "end") for name in QUESTIONS),
        *((name, "no") for name in ("import", "copy", "edit", "rollback", "delete")),
    ],
)
def test_a_no(name, end, asked, opened, expect):
    """It has status 1, and nothing is written; the end of the input (Ctrl-D) is one as well."""
    words, question, _ = QUESTIONS[name]
    before = _held(asked)
    with opened(*words) as screen:
        _answer(screen, question, "\x04" if end == "end" else "n\n")
        assert screen.status() == 1
        expect(f"{name}-{end}", screen.text)
    assert _held(asked) == before


def test_progress(person, opened, expect):
    """The bar of an import of more than one batch, and of a copy, when it is whole."""
    person.write("many.json", _many(), 0o600)
    copy = ("copy", "staging", "empty", "--yes", "--only", "NAME_*")
    for name, words in (("progress", ("import", "many.json", "--yes")), ("progress-copy", copy)):
        with opened(*words) as screen:
            assert screen.status() == 0
            expect(name, screen.last(3))


def test_progress_is_interrupted(person, loopback, opened, interrupted):
    """Between two batches: the cursor is there again, and what was written is."""
    person.write("many.json", _many(), 0o600)
    loopback.fault("answer", times=1, body=b'{"entries": {}}')
    loopback.fault("answer", times=1, body=b'{"written": 100}')
    loopback.fault("hang")
    with opened("import", "many.json", "--yes") as screen:
        until(lambda: len(loopback.requests) == 3)
        screen.shows("40%")
        interrupted(screen, "progress-interrupted", 2)
        assert not screen.cursor_is_hidden


def test_what_is_typed_is_hidden(person, opened, expect):
    """Nothing of it is on the screen."""
    for name, status in (("login", 4), ("set", 0)):
        words, question, answer = QUESTIONS[name]
        with opened(*words) as screen:
            _answer(screen, question, f"{answer}\n")
            assert screen.status() == status
            assert answer[:8] not in screen.text
            expect(name, screen.text)


@pytest.mark.parametrize("name", ["init", "login"])
def test_what_is_typed_in_another_encoding(name, asked, opened):
    """One sentence, and nothing of it on the screen."""
    words, question, _ = QUESTIONS[name]
    with opened(*words, PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C") as screen:
        _answer(screen, question, "\xe9\n")
        assert screen.status() == 125
        assert "Traceback" not in screen.text


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
    assert b"\x1b" not in screen.written
    assert "250 written" in screen.last(1)


@pytest.fixture
def asked(person):
    """Somebody who is asked by every command of ``QUESTIONS``."""
    person.write("new.env", "LOG_LEVEL=info\n", 0o600)
    person.write("new/README", "")
    editor = person.write("editor", '#!/bin/sh\nsed -i /^LOG_LEVEL=/d "$1"\n', 0o755)
    person.environ["EDITOR"] = str(editor)
    return person


def _answer(screen, question, keys):
    screen.shows(question)
    screen.answer(keys)


def _held(person):
    return person.runs("list", "--reveal", "--json").out


def _many():
    return json.dumps({f"NAME_{number:03}": "1" for number in range(250)})
