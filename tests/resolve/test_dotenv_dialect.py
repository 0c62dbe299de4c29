"""What python-dotenv's parser gives us, and what we add: lines, quotes, references, limits."""

import pytest
from resolve.surroundings import DOTENV

from clovrix_env import ClovrixConfigError, resolve_env

_NEW = DOTENV >= (1, 2, 3)  # it reads a backslash before a quote otherwise


@pytest.mark.parametrize(
    ("written", "value"),
    [
        # A dollar sign is written by \\$ in double quotes or before a brace, or in single quotes.
        *((r'"\${B}"', "${B}"), (r'"\$B"', "$B"), (r'"\\${B}"', "\\b"), (r'"a\tb\$"', "a\tb$")),
        *((r"\${B}", "${B}"), (r"\$B", r"\$B"), (r"x\${B}${B}", "x${B}b"), (r"'\${B}'", r"\${B}")),
        ("${Z:-\\${B}}", "${B}"),
        # Quotes and comments.
        ('"${Z:-\\"}"', '"'),
        (" # c", "" if DOTENV >= (1, 2, 4) else "# c"),
        # What a reference gives is text; what stands behind an operator counts where it is used.
        ("${LITERAL}", "${B}"),
        ("${B:-${NOPE}}${NOPE:+${NADA}}${B+x}", "bx"),
    ],
)
def test_value_means(project, written, value):
    """One line of a file, where B is ``b`` and LITERAL has a dollar sign."""
    project.write(".env", f"B=b\nLITERAL='${{B}}'\nA={written}\n")
    assert resolve_env()["A"] == value


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_counted_past_blank_ones(project, refused, newline):
    """A problem names the line that an editor shows, whatever the line ends are."""
    lines = ["", "A=1", "", "", "1X=bad", 'B="', 'two"', "not a line", "", "2X=bad", ""]
    project.write(".env", newline.join(lines))
    assert [problem.split(": ")[0] for problem in refused()] == [".env:5", ".env:8", ".env:10"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("A=${B", "1: A: a ${ is not closed"),
        ("A=${}", "1: A: a ${ is not followed by a name"),
        ("A=${hunter2!x}", "1: A: the name in a ${ must be followed by one of"),
        ("A=${B:-${C}", "1: A: a ${ is not closed"),
        ("A-B=hunter2", "1: a key must consist of A-Z, a-z, 0-9 and _"),
        ("É=hunter2", "1: a key must consist of A-Z, a-z, 0-9 and _"),
        ("hunter2 is not a line", "1: expected KEY=value"),
        ("A=hunter2\0", "1: A: the value contains a NUL character"),
        ("A\0B=hunter2", "1: the name contains U+0000"),
        ("A='hunter2", "1: the value has no closing '"),
        *([('A="hunter2\\"', '1: the value has no closing "')] if _NEW else []),
        ("A='it's hunter2'", "1: text follows the closing ' of the value"),
        ("U=x${NOPE}", "1: U: refers to NOPE, which is not set; "
         "write ${NOPE:-} for empty or quote it with '…'"),
        # The author's own words, as they were written.
        ("U=${E:?say so}\nE=", "1: U: refers to E, which is defined below it (line 2)"),
        ("E=\nU=${E:?say so}", "2: U: refers to E, which is empty: say so"),
        ("A=${B}\nB=${A}", "1: A: refers to itself (A → B → A)"),
        ("A=${X:-1}${C}${B}\nB=${A}\nC=2", "1: A: refers to C, which is defined below it (line 3)"),
        ("A=${C}${B}\nB=x${D}${A}\nC=${B}", "1: A: refers to itself (A → C → B → A)"),
        ("U=${E?say so}", "1: U: refers to E, which is not set: say so"),
        ("P=hunter2\nU=${E:?not ${P}}", "2: U: refers to E, which is not set: not"),
        ("A=" + "${B:-" * 100_000 + "}" * 100_000, "1: A: its ${ are nested too deep"),
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_bad_line_is_told_without_its_text(project, refused, text, problem):
    """File, line and key, and never what may be a secret."""
    project.write(".env", text + "\n")
    told = refused()
    assert told[0].startswith(f".env:{problem}")
    assert "hunter2" not in str(told)


def test_our_variables_are_never_part_of_a_value(project, refused):
    """In quotes, behind an operator, hidden, left out; ``tests/hostile`` has the other forms."""
    for text in ('A="x ${CLOVRIX_TOKEN}"', "A=${CLOVRIX_PROJECT:-x}\nA=2"):
        project.write(".env", f"{text}\n")
        [told] = refused(exclude=["A*"])
        assert "which values cannot contain" in told


def test_chain_of_references_of_any_length_is_expanded(project):
    """Names that refer to each other from file to file, and one that refers to itself."""
    chain = "".join(f"A{n}=${{B{n}}}\n" for n in range(1_999)) + "A1999=end\n"
    project.write(".env", chain + "LIST=1\n" + "LIST=${LIST}\n" * 1_999)
    links = "".join(f"B{n}=${{A{n + 1}}}\n" for n in range(1_999))
    project.write(".env.local", links + "LIST=${LIST},2\n")
    resolved = resolve_env()
    assert (resolved["A0"], resolved["LIST"]) == ("end", "1,2")


_TEN = "A0 → B0 → A1 → B1 → A2 → B2 → A3 → B3 → A4 → B4 → "


@pytest.mark.parametrize(
    ("length", "way_round"), [(1, "A0 → B0 → A0)"), (5, f"{_TEN}A0)"), (1_000, f"{_TEN}… → A0)")]
)
def test_circle_is_told_in_order(project, refused, length, way_round):
    """By the way round; a sentence shows ten of its names."""
    project.write(".env", "".join(f"A{n}=${{B{n}}}\n" for n in range(length)))
    beyond = "".join(f"B{n}=${{A{(n + 1) % length}}}\n" for n in range(length))
    project.write(".env.local", beyond)
    [told] = refused()
    assert told == f".env:1: A0: refers to itself ({way_round}"


@pytest.mark.usefixtures("little_cpu")
@pytest.mark.parametrize(
    ("text", "problem"),
    [("A0=0123456789\n" + "".join(f"A{n + 1}=${{A{n}}}${{A{n}}}\n" for n in range(40)),
      ".env:18: A17: expands to more than 1,048,576 characters"),
     (f"A={'x' * 500_000}\nB={'${A}' * 20_000}\n",
      ".env:2: B: expands to more than 1,048,576 characters"),
     (f"A={'x' * 100_000}\n" + "".join(f"B{number}=${{A}}x\n" for number in range(200)),
      ".env: its values expand to more than 16,777,216 characters together")],
    ids=["doubling", "one line", "many lines"],
)  # fmt: skip
def test_what_multiplies_is_refused_before_it_fills_the_memory(project, refused, text, problem):
    """A few kilobytes would be gigabytes."""
    project.write(".env", text)
    assert problem in refused()


def test_the_limits_of_an_expansion_are_exact(project, refused):
    """For a value and for all together. Values from other sources than files do not count."""
    options = {"overrides": {"B": "x" * 1_048_575, "C": "x" * 1_048_577, "Y": "y"}}
    values = "".join(f"A{number}=y${{B}}\n" for number in range(16))
    project.write(".env", values)
    assert len(resolve_env(**options)["A15"]) == 1_048_576
    for text, problem in (
        (f"{values}A=${{Y}}\n", ".env: its values expand to more than 16,777,216 characters"),
        ("A=yy${B}\n", ".env:1: A: expands to more than 1,048,576 characters"),
    ):
        project.write(".env", text)
        assert refused(**options)[0].startswith(problem)


@pytest.mark.parametrize(("end", "right"), [('"c"', _NEW), ('"', False)])
def test_quotes_of_a_value_with_references_end_where_they_end(project, end, right):
    """A backslash before the closing quote swallows nothing of the next line."""
    project.write(".env", f'B=b\nA="${{B}}\\\\"\nC={end}\n')
    if right:
        assert dict(resolve_env()) == {"B": "b", "A": "b\\", "C": "c"}
    else:
        with pytest.raises(ClovrixConfigError):
            resolve_env()


def test_a_reference_means_the_last_line_above_it(project, refused):
    """Of any number of lines with that name, whatever the files above define."""
    lines = [f"A={number}\nR{number}=${{A}}\n" for number in range(300)]
    project.write_all({".env": "".join(lines), ".env.local": "B=1\n"})
    assert {f"R{number}": str(number) for number in range(300)}.items() <= resolve_env().items()
    project.write(".env.local", "A=above\n")
    resolved = resolve_env()
    assert {resolved[f"R{number}"] for number in range(300)} == {"above"}
    below = "A=1\n" * 300
    project.write_all({".env": f"R=${{A}}\n{below}S=${{Z}}\nT=${{Z}}\n", ".env.local": ""})
    assert [problem.split("; ")[0] for problem in refused()] == [
        ".env:1: R: refers to A, which is defined below it (line 301)",
        ".env:302: S: refers to Z, which is not set",
        ".env:303: T: refers to Z, which is not set",
    ]


def test_a_file_that_cannot_be_read_may_define_any_name(project, refused):
    """References that are wrong in any case are reported beside it, undefined names are not."""
    project.folder.joinpath(".env").write_bytes(b"\xff")
    project.write(".env.local", "A=${NOPE}\nE=\nU=${E:?say so}\nB=${A}\nV=${E:?too}\n")
    assert refused()[1:] == [
        ".env.local:3: U: refers to E, which is empty: say so",
        ".env.local:5: V: refers to E, which is empty: too",
    ]
