"""The pages speak of the product, in words that hold elsewhere too."""

import re

import pytest
from docs.pages import all_pages, text_of

import clovrix_env
from clovrix_env.contract import value_types, variable
from clovrix_env.settings import keys as project_keys
from clovrix_env.settings import variables

_MACHINE = re.compile(r"/(?:root|tmp|work|workspace|mnt|Users)/|/home/(?!app\b)\w+")
_NOT_OURS = re.compile(r"\b(?:issues?|sessions?|agents?|LLM|chatbot)\b", re.IGNORECASE)


@pytest.mark.parametrize("page", all_pages())
def test_page_speaks_of_the_product_only(page):
    """It names no path of a machine, and nothing on it is about how it came to be."""
    assert not _MACHINE.findall(text_of(page))
    assert not _NOT_OURS.findall(text_of(page))


def test_every_key_of_the_project_file_is_described():
    """``reference/project-file.md`` names each key and each type that ``.clovrix`` takes."""
    text = text_of("docs/reference/project-file.md")
    keys = {*project_keys.TOP_LEVEL, *project_keys.TABLES, *variable.KEYS, *value_types.TYPES}
    keys.update(*(table.keys for table in project_keys.TABLES.values()))
    assert {key for key in keys if not re.search(rf"\b{key}\b", text)} == set()


def test_every_variable_named_is_one_of_ours():
    """A ``CLOVRIX_*`` that a page names is read by the code."""
    known = {*variables.VARIABLES, "__CLOVRIX_ENV", "CLOVRIX_ENVIROMENT"}  # the misspelt example
    for page in all_pages():
        for name in re.findall(r"\b_*CLOVRIX_[A-Z_]+[A-Z]\b", text_of(page)):
            assert name in known, f"{page}: {name}"


def test_the_version_is_the_same_everywhere():
    """A literal in the module, as in the project and, with a date, in the changelog."""
    version = re.escape(clovrix_env.__version__)
    assert re.search(rf'^version = "{version}"$', text_of("pyproject.toml"), re.MULTILINE)
    heading = rf"^## \[{version}\] - \d{{4}}-\d\d-\d\d$"
    assert re.search(heading, text_of("CHANGELOG.md"), re.MULTILINE)
