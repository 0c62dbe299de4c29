"""The version stands in three places, and they agree."""

import re
from pathlib import Path

import clovrix_env

TOP = Path(__file__).resolve().parents[2]


def test_the_project_says_what_the_module_says():
    """A literal in the module: asking the installed metadata would cost a start 3 ×."""
    declared = re.search(r'^version = "(.+)"$', (TOP / "pyproject.toml").read_text(), re.MULTILINE)
    assert declared.group(1) == clovrix_env.__version__


def test_the_changelog_has_an_entry_with_a_date():
    """Whoever upgrades can read what changed."""
    heading = rf"^## \[{re.escape(clovrix_env.__version__)}\] - \d{{4}}-\d\d-\d\d$"
    assert re.search(heading, (TOP / "CHANGELOG.md").read_text(), re.MULTILINE)
