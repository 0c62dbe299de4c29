"""What a check prints: for people, for programs, for GitHub Actions."""

import re
import sys
from pathlib import Path

import clovrix_env
from clovrix_env.check.rules import RULES


def test_text_is_a_line_for_each_and_each_remedy_once(project, run):
    """Place, sentence and rule; then what helps; then how many."""
    project.write(".env", "A=1\nA=2\nA=3\n\nB\n")
    found = run()
    assert found.status == 1
    assert found.out.splitlines() == [
        ".env:2: A is also set in line 1; this line counts [duplicate]",
        ".env:3: A is also set in line 2; this line counts [duplicate]",
        ".env:5: the line has no =, so it sets nothing [bare-key]",
        "",
        "duplicate: remove one of the two lines",
        "bare-key: write NAME= for an empty value, or remove the line",
        "",
        "3 findings",
    ]
    project.write(".env", "A=1\n")
    found = run()
    assert (found.status, found.out, found.err) == (0, "no findings\n", "")


def test_github_shows_a_finding_beside_its_line(project, run):
    """A workflow command with file and line; colons and commas of a name are escaped."""
    project.write("odd,%:.env", "A=1\nA=2\n")
    found = run("--format", "github", "-f", "odd,%:.env")
    assert found.out == (
        "::error file=odd%2C%25%3A.env,title=clovrix-env%3A duplicate,line=2::"
        "A is also set in line 1; this line counts; remove one of the two lines\n"
    )


def test_every_rule_is_of_the_table():
    """A rule that the code names is one that the reference describes."""
    package = Path(clovrix_env.__path__[0])
    named = {
        rule
        for source in package.rglob("*.py")
        for rule in re.findall(r'(?:about|Finding)\(\s*"([a-z-]+)"', source.read_text())
    }
    assert len(named) > 10
    assert named <= set(RULES)


def test_names_injected_by_a_launcher_are_not_the_process(project, launched):
    """Below ``clovrix-exec`` a check sees what a start outside of it would."""
    project.write(".env", "A=1\n")
    project.write("main.py", "import os\nos.environ['A']\n")
    check = f"echo B=1 > .env; exec {sys.executable} -m clovrix_env check"
    assert b"main.py:2: A is read here, but no source" in launched("--", "sh", "-c", check).stdout
