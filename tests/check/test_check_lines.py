"""Lines that do not say what they seem to: each is found, and what only looks like it is not."""

import io
import logging
import os
from unittest import mock

import pytest
from dotenv import dotenv_values

from clovrix_env import resolve_env

FOUND = [
    *(("duplicate", "A=1\nB=2\nA=3\n"), ("duplicate", "A=1\nexport A='1'\n"), ("bare-key", "A\n")),
    *(("bare-key", "export A\n"), ("bare-dollar", "A=pa$word\n"), ("bare-dollar", 'A="pa$word"\n')),
    *(("bare-dollar", "A=$(date)\n"), ("bare-dollar", "A=cost$\n"), ("bare-dollar", "A=\\$word\n")),
    *(("double-dollar", "A=pa$$word\n"), ("double-dollar", 'A="pa$$"\n')),
    *(("escaped-dollar", 'A="pa\\$word"\n'), ("escaped-dollar", 'A="\\${word}"\n')),
    *(("escaped-dollar", "A=\\${word}\n"), ("single-quoted-reference", "A='${word}'\n")),
    *(("single-quoted-reference", "A='a ${word:-x} b'\n"), ("control-character", 'A="C:\\new"\n')),
    ("control-character", 'A="C:\\dir\\table"\n'),
    ("control-character", 'A="PATH=D:\\readme"\n'),
    *(("control-character", 'A="\\\\server\\temp"\n'), ("control-character", 'A="\\bword\\b"\n')),
    ("control-character", "A=a\x1bb\n"),
]
QUIET = [
    *("A=1\nB=2\n", "A=x\nA=${A},y\n", "A=\n", "# A\n", "A='pa$word'\n", "A='pa$$word'\n"),
    *("B=x\nA=${B}\n", 'B=x\nA="${B}/y"\n', "A=${B:-x}\n", 'A="a\\\\b"\n', "A='${'\n"),
    *("A='a{b}c'\n", 'A="-----BEGIN KEY-----\\nMIIE:\\nabc\\n-----END KEY-----\\n"\n'),
    *('A="Headers:\\nX: y\\nReturned:\\nz"\n', 'A="first\\tsecond"\n', 'A="C:\\\\new\\\\table"\n'),
    *("A='C:\\new'\n", "A=C:\\new\n", 'A="C:/new"\n', 'A="https://host:\\nnext"\n'),
    'A="caf\u00e9 \u65e5\u672c"\n',
]


@pytest.mark.parametrize(("rule", "lines"), FOUND)
def test_line_is_found(project, check, rule, lines):
    """The rule is told once, with the file, the line and the name."""
    project.write(".env", lines)
    last = lines.count("\n")
    name = None if rule == "bare-key" else "A"  # a bare word may be a part of a value
    assert check().findings == [(rule, ".env", last, name)]


@pytest.mark.parametrize("lines", QUIET)
def test_line_is_left_alone(project, check, lines):
    """What means the same everywhere, or is meant, is no finding."""
    project.write(".env", lines)
    assert check().findings == []


# In single quotes python-dotenv expands braces, which is another rule.
@pytest.mark.parametrize(
    "lines", [lines for rule, lines in FOUND if rule.endswith("dollar") and "{" not in lines]
)
def test_single_quotes_help(project, check, lines):
    """Where the remedy is single quotes, the same text in them is no finding."""
    text = lines[2:-1].strip('"').replace("\\$", "$")
    project.write(".env", f"A='{text}'\n")
    assert check().findings == []


# What python-dotenv makes of a line, where the rule says that it is another value than ours.
@pytest.mark.parametrize("rule", ["bare-dollar", "double-dollar", "escaped-dollar",
                                  "single-quoted-reference"])  # fmt: skip
def test_python_dotenv_is_as_the_rule_says(project, rule, caplog):
    """The real python-dotenv reads the lines of a rule as we do, or not, as the rule claims."""
    caplog.set_level(logging.CRITICAL)
    for lines in (lines for found, lines in FOUND if found == rule):
        path = project.write(".env", lines)
        with mock.patch.dict(os.environ, {"word": "expanded"}, clear=True):
            theirs = dotenv_values(stream=io.StringIO(lines))["A"]
            ours = resolve_env(root=path.parent, remote=False)["A"]
        assert (theirs == ours) == (rule in ("bare-dollar", "double-dollar")), lines


def test_what_is_found_is_told_without_the_value(project, run):
    """No form shows anything of a value, not even the word behind a dollar sign."""
    project.write(".env", 'A="hush$word"\nB=\'hush${word}\'\nC="hush\\$word"\nC=hush$$word\n')
    for form in ("text", "json", "github"):
        found = run("--format", form)
        assert found.status == 1
        assert "word" not in found.out + found.err
        assert "hush" not in found.out + found.err


def test_many_alike_are_cut(project, check):
    """Of one rule a file has 20 findings told, and the number of the others."""
    project.write(".env", "A=1\n" * 1000)
    found = check()
    assert len(found.findings) == 21
    assert "979 more" in found.document["findings"][-1]["sentence"]
