"""The table of explain: it fits its width, and nothing of it is cut."""

import pytest

from clovrix_env import resolve_env

_LONG = "A_NAME_THAT_IS_AS_LONG_AS_NAMES_OF_CLOUD_PROVIDERS_ARE_" + "X" * 60
_NOTED = {"HTTP_PROXY": "http://proxy.internal:3128", "SSL_CERT_FILE": "/etc/ssl/own.pem"}
_WIDTHS = (40, 80)


@pytest.fixture
def explanation(project, answers, monkeypatch):
    """Names, places and values that are longer than any line, hidden ones, left out, notes."""
    monkeypatch.setenv("DB_HOST", "")
    monkeypatch.setenv("REDIS_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("REDIS_PORT", "tcp://10.0.0.1:6379")
    project.declare(
        'project = "backend"\ndefault_environment = "development"\nextends = ["shared"]\n'
        "[variables]\nUNSET_ONE = {}\nUNSET_TWO = {}\nREDIS_PORT = {}\nPORT = {default = 8000}\n"
    )
    project.write(".env", f"{_LONG}=short\nLEGACY_NAME=x\nPORT=1\n")
    project.write(f"{'far-' * 30}.env", "WORDS=many words that do not fit into a line of it\n")
    backend = {"DB_HOST": "db", "PORT": "2", "ONE": "x" * 300, "LINES": "a\nb\tc", **_NOTED}
    return resolve_env(
        client=answers(backend=backend, shared={"PORT": "3", "DB_HOST": "other"}),
        files=[".env", f"{'far-' * 30}.env"],
        exclude=["LEGACY_*"],
        overrides={"ESCAPE": "\x1b[31mred\x1b[0m \u202e"},
    ).explain()


def _squeezed(text):
    return "".join(text.split())


def _columns(block):
    """The text of each column of a table, without spaces: its cells from top to bottom."""
    lines = block.splitlines()
    titles = [title for title in lines[0].split("  ") if title]
    starts = [lines[0].index(title.strip()) for title in titles]
    ends = [*starts[1:], None]
    cells = (slice(start, end) for start, end in zip(starts, ends))
    return [_squeezed("".join(line[cell] for line in lines)) for cell in cells]


@pytest.mark.parametrize("width", _WIDTHS)
@pytest.mark.parametrize("reveal", [False, True])
def test_no_line_is_too_long(explanation, width, reveal):
    """Whatever is long is wrapped, and no character commands a terminal; 80 where nobody says."""
    text = explanation.text(width=width, reveal=reveal)
    assert max(map(len, text.splitlines())) <= width
    assert (str(explanation) == text) == (width == 80 and not reveal)
    assert text.replace("\n", "").isprintable()
    assert all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("width", _WIDTHS)
def test_nothing_is_cut(explanation, width):
    """Every name, value and place is there whole, however it is wrapped."""
    head, names, left_out, unset, notes = explanation.text(width=width, reveal=True).split("\n\n")
    columns = [_squeezed(names)] if width < 60 else _columns(names)
    for shown in explanation.document(reveal=True)["variables"]:
        value = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown["value"])
        places = [place["source"] for place in (shown["from"], *shown["hides"])]
        for text in (shown["name"], value, *places):
            assert any(_squeezed(text) in column for column in columns), (text, columns)
    assert "LEGACY_NAME" in left_out
    assert "exclude LEGACY_*" in left_out
    assert _squeezed(unset) == "notsetUNSET_ONE,UNSET_TWO"
    for text in (
        "HTTP_PROXY decides which proxy programs use",
        "SSL_CERT_FILE decides which TLS certificates programs trust",
        "REDIS_PORT looks like a Kubernetes service link",
        "DB_HOST is set and empty in the process environment, and so hides backend/development on",
    ):
        assert _squeezed(text) in _squeezed(notes)
    assert _squeezed(explanation.report.root) in _squeezed(head)


def test_values_are_shown_only_when_they_are_asked_for(explanation):
    """Not in the text, the document or a repr."""
    hidden = ("x" * 20, "many words", "proxy.internal", "31m", "short")
    for text in (str(explanation), str(explanation.document()), repr(explanation)):
        assert not any(value in text for value in hidden)
    for shown in (explanation.text(width=200, reveal=True), str(explanation.document(reveal=True))):
        assert all(value in shown for value in hidden)


def test_values_are_shown_to_the_character(project):
    """Spaces stay, an empty one is told from none, and what cannot be printed is its escape."""
    project.write(".env", "A='two  spaces'\nB=\nC='a\tb'\nD='\\n'\n")
    lines = resolve_env().explain().text(reveal=True).splitlines()[-4:]
    shown = [line.rsplit("  ", 1)[0].rstrip() for line in lines]
    assert shown == ["A     two  spaces", 'B     ""', "C     a\\tb", "D     \\n"]


def test_one_name_is_explained_alone(explanation):
    """With what it hid; a name that is left out or not set is known too."""
    assert [shown.name for shown in explanation.only("PORT").names] == ["PORT"]
    hides = explanation.only("PORT").document()["variables"][0]["hides"]
    assert [place["source"] for place in hides] == [
        *(f"{project}/development on Clovrix" for project in ("backend", "shared")),
        "default in .clovrix",
    ]
    assert "exclude LEGACY_*" in str(explanation.only("LEGACY_NAME"))
    assert "not set  UNSET_ONE" in str(explanation.only("UNSET_ONE"))
    with pytest.raises(KeyError):
        explanation.only("NOBODY")
