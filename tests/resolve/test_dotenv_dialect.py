"""What python-dotenv's parser gives us, and what we add: lines, quotes, references, limits."""

from __future__ import annotations

import io
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import dotenv.parser
import pytest

from clovrix_env import ClovrixConfigError, resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolve.surroundings import Project

    Refused = Callable[..., list[str]]


def _values(project: Project, text: str, **options: Any) -> dict[str, str]:
    project.write(".env", text)
    return dict(resolve_env(**options))


def test_parser_still_reads_as_it_did() -> None:
    """``dotenv.parser`` is no documented interface: this tells when it changes under us."""
    text = "# c\n\nexport A = 'x' # c\nB=\"a\\nb\"\nC=x#y # c\nD\nE='\n"
    read = [
        (b.key, b.value, b.original.line, b.error)
        for b in dotenv.parser.parse_stream(io.StringIO(text))
    ]
    assert read == [
        (None, None, 1, False),
        ("A", "x", 2, False),
        ("B", "a\nb", 4, False),
        ("C", "x#y", 5, False),
        ("D", None, 6, False),
        (None, None, 7, True),
    ]


def test_byte_order_mark_is_no_part_of_the_first_key(project: Project) -> None:
    """A file that Windows Notepad saved is read like any other."""
    assert _values(project, "\ufeffA=1\nB=2\n") == {"A": "1", "B": "2"}


def test_comment_behind_equals_and_space(project: Project) -> None:
    """``A= # c`` is empty; the python-dotenv of Python 3.9 took the comment for the value."""
    expected = "" if sys.version_info >= (3, 10) else "# c"
    assert _values(project, "A= # c\n") == {"A": expected}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_counted_past_blank_ones(
    project: Project, refused: Refused, newline: str
) -> None:
    """A problem names the line that an editor shows, whatever the line ends are."""
    lines = ["", "A=1", "", "", "1X=bad", 'B="', 'two"', "not a line", "", "2X=bad", ""]
    project.write(".env", newline.join(lines))
    assert [problem.split(": ")[0] for problem in refused()] == [".env:5", ".env:8", ".env:10"]


def test_origin_tells_the_line_of_a_value(project: Project) -> None:
    """Blank lines and values of several lines do not shift what ``origin`` says."""
    project.write(".env", '\n\nA="x\ny"\n\nB=1\n')
    environment = resolve_env()
    assert [environment.origin(name).line for name in "AB"] == [3, 6]


def test_last_of_duplicate_keys_wins(project: Project) -> None:
    """A key twice in one file: the last counts, and it hides the other."""
    project.write(".env", "A=1\nB=${A}\nA=2\n")
    environment = resolve_env()
    assert dict(environment) == {"A": "2", "B": "1"}
    assert str(environment.origin("A")) == ".env:3 (hides .env:1)"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r'"\${B}"', "${B}"),
        (r'"\$B"', "$B"),
        (r'"\\${B}"', "\\b"),
        (r'"a\tb\$"', "a\tb$"),
        (r"\${B}", "${B}"),
        (r"\$B", r"\$B"),
        (r"x\${B}${B}", "x${B}b"),
        (r"'\${B}'", r"\${B}"),
        ("$B$", "$B$"),
        ('"${B}"   # c', "b"),
        ("${Z:-\\${B}}", "${B}"),
        ('"${Z:-\\"}"', '"'),
    ],
)
def test_dollar_can_be_written(project: Project, written: str, value: str) -> None:
    """``\\$`` in double quotes and before a brace, and single quotes, write a dollar sign."""
    assert _values(project, f"B=b\nA={written}\n")["A"] == value


def test_dollars_are_literal_without_braces(project: Project) -> None:
    """A password with dollar signs survives, and no command is run."""
    assert _values(project, "A=p$ss$(id)`id`$$\n") == {"A": "p$ss$(id)`id`$$"}


def test_lower_text_is_not_expanded_twice(project: Project) -> None:
    """What a reference gives is text: it is not looked at again."""
    assert _values(project, "A='${B}'\nB=1\nC=${A}\n")["C"] == "${B}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("A=${B", ".env:1: A: a ${ is not closed"),
        ("A=${}", ".env:1: A: a ${ is not followed by a name"),
        ("A=${hunter2!x}", ".env:1: A: the name in a ${ must be followed by one of"),
        ("A=${B:-${C}", ".env:1: A: a ${ is not closed"),
        ("A-B=hunter2", ".env:1: a key must consist of A-Z, a-z, 0-9 and _"),
        ("É=hunter2", ".env:1: a key must consist of A-Z, a-z, 0-9 and _"),
        ("hunter2 is not a line", ".env:1: expected KEY=value"),
        ("A=hunter2\0", ".env:1: A: the value contains a NUL character"),
        ("A\0B=hunter2", ".env:1: the name contains U+0000"),
        ("A='hunter2", ".env:1: the value has no closing '"),
        ('A="hunter2\\"', '.env:1: the value has no closing "'),
        ("A='it's hunter2'", ".env:1: text follows the closing ' of the value"),
    ],
)
def test_bad_line_is_told_without_its_text(
    project: Project, refused: Refused, text: str, problem: str
) -> None:
    """File, line and key, and never what may be a secret."""
    project.write(".env", text + "\n")
    told = refused()
    assert told[0].startswith(problem)
    assert "hunter2" not in str(told)


def test_undefined_reference_is_told_with_both_ways_out(project: Project, refused: Refused) -> None:
    """A name that nobody defines is an error that says what to write instead."""
    project.write(".env", "A=1\nU=x${NOPE}\n")
    assert refused() == [
        ".env:2: U: refers to NOPE, which is not set; "
        "write ${NOPE:-} for empty or quote it with '…'"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("U=${E:?say so}\nE=\n", "U: refers to E, which is defined below it (line 2)"),
        ("E=\nU=${E:?say so}\n", "U: refers to E, which is empty: say so"),
        ("U=${E?say so}\n", "U: refers to E, which is not set: say so"),
        ("P=hunter2\nU=${E:?not ${P}}\n", "U: refers to E, which is not set: not"),
    ],
)
def test_required_reference_says_the_authors_words(
    project: Project, refused: Refused, text: str, problem: str
) -> None:
    """``${E:?words}`` shows the words as they were written, and no value that they refer to."""
    project.write(".env", text)
    [told] = refused()
    assert problem in told
    assert "hunter2" not in told


def test_argument_that_does_not_count_is_not_looked_up(project: Project) -> None:
    """What stands behind an operator is expanded only where it is used."""
    text = "A=1\nB=${A:-${NOPE}}${NOPE:+${NADA}}${A+x}\n"
    assert _values(project, text)["B"] == "1x"


@pytest.mark.parametrize(
    "text",
    [
        "A=${CLOVRIX_TOKEN}",
        'A="x ${CLOVRIX_TOKEN}"',
        "A=${B:-${CLOVRIX_TOKEN}}\nB=1",
        "A=1\nA2=${A:+x${__CLOVRIX_ENV:-}}",
        "A=${CLOVRIX_PROJECT:-x}\nA=2",
        "CLOVRIX_TOKEN=${CLOVRIX_TOKEN}",
    ],
)
def test_our_variables_are_never_part_of_a_value(
    project: Project, refused: Refused, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """A reference to a name of ours is an error wherever it stands, used or not."""
    monkeypatch.setenv("CLOVRIX_TOKEN", "icr_hunter2")
    project.write(".env", text + "\n")
    [told] = refused(exclude=["A*"])
    assert "which values cannot contain" in told
    assert "hunter2" not in told


def test_references_nested_too_deep_are_refused(project: Project, refused: Refused) -> None:
    """A million braces are an error with a line, and no crash of the interpreter."""
    project.write(".env", "A=" + "${B:-" * 100_000 + "}" * 100_000 + "\n")
    [told] = refused()
    assert told.startswith(".env:1: A: its ${ are nested too deep")


def test_chain_of_references_of_any_length_is_expanded(project: Project) -> None:
    """Names that refer to each other from file to file, and one that refers to itself."""
    chain = "".join(f"A{n}=${{B{n}}}\n" for n in range(4_999)) + "A4999=end\n"
    project.write(".env", chain + "R=1\n" + "R=${R}\n" * 4_999)
    project.write(".env.local", "".join(f"B{n}=${{A{n + 1}}}\n" for n in range(4_999)))
    resolved = resolve_env()
    assert (resolved["A0"], resolved["R"]) == ("end", "1")


def test_long_circle_is_named_by_its_beginning(project: Project, refused: Refused) -> None:
    """A sentence does not hold thousands of names."""
    project.write(".env", "".join(f"A{n}=${{B{n}}}\n" for n in range(1_000)))
    project.write(".env.local", "".join(f"B{n}=${{A{(n + 1) % 1_000}}}\n" for n in range(1_000)))
    [told] = refused()
    assert told.startswith(".env:1: A0: refers to itself (A0 → B0 → A1 → ")
    assert told.endswith(" → … → A0)")
    assert len(told) < 200


def test_doubling_is_refused_before_it_fills_the_memory(project: Project, refused: Refused) -> None:
    """Forty lines that double each other are an error within a moment."""
    doubling = "".join(f"A{n + 1}=${{A{n}}}${{A{n}}}\n" for n in range(40))
    project.write(".env", "A0=0123456789\n" + doubling)
    began = time.monotonic()
    assert any("expands to more than 1,048,576 characters" in told for told in refused())
    assert time.monotonic() - began < 2


def test_one_line_that_multiplies_is_refused_before_it_fills_the_memory(
    project: Project, refused: Refused
) -> None:
    """Half a megabyte a hundred thousand times would be 50 GB."""
    project.write(".env", f"A={'x' * 500_000}\nB={'${A}' * 100_000}\n")
    began = time.monotonic()
    [told] = refused()
    assert told.startswith(".env:2: B: expands to more than")
    assert time.monotonic() - began < 2


def test_many_lines_that_repeat_one_are_refused_before_they_fill_the_memory(
    project: Project, refused: Refused
) -> None:
    """A thousand values of half a megabyte each would be half a gigabyte."""
    repeated = "".join(f"B{number}=${{A}}x\n" for number in range(1000))
    project.write(".env", f"A={'x' * 500_000}\n{repeated}")
    assert refused() == [".env: its values expand to more than 16,777,216 characters together"]


def test_cycle_is_told_in_order(project: Project, refused: Refused) -> None:
    """Names that refer to each other across files are an error that shows the way round."""
    project.write(".env", "A=${B}\n")
    project.write(".env.local", "B=${A}\n")
    [told] = refused()
    assert told == ".env:1: A: refers to itself (A → B → A)"


def test_all_bad_lines_of_all_files_are_told_at_once(project: Project, refused: Refused) -> None:
    """Nobody has to start a program once for each mistake."""
    project.write(".env", "1A=x\nB=${\n")
    project.write(".env.local", "C='\n")
    places = [problem.split(": ")[0] for problem in refused()]
    assert places == [".env:1", ".env:2", ".env.local:1"]


def test_quotes_of_a_value_with_references_end_where_they_end(project: Project) -> None:
    """A backslash before the closing quote swallows nothing of the next line."""
    project.write(".env", 'B=b\nA="${B}\\\\"\nC="c"\n')
    if sys.version_info >= (3, 10):
        assert dict(resolve_env()) == {"B": "b", "A": "b\\", "C": "c"}
    else:
        with pytest.raises(ClovrixConfigError):
            resolve_env()
    project.write(".env", 'B=b\nA="${B}\\\\"\nC="\n')
    with pytest.raises(ClovrixConfigError):
        resolve_env()


def test_package_of_python_dotenv_is_not_imported(project: Project) -> None:
    """Its parser is loaded by its path: the rest of it would cost every start twice as much."""
    project.write(".env", "A=1\n")
    import subprocess

    script = "import clovrix_env, sys; clovrix_env.resolve_env(); print('dotenv' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert said.stdout == "False\n"
