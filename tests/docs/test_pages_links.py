"""The pages hold together: their links, words, keys and names, and what they show of the code."""

import re
import unicodedata

import pytest
from docs.pages import TOP, all_pages, text_of

import clovrix_env
from clovrix_env.contract import value_types, variable
from clovrix_env.settings import keys as project_keys
from clovrix_env.settings import variables

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_MACHINE = re.compile(r"/(?:root|tmp|work|workspace|mnt|Users)/|/home/(?!app\b)\w+")
_NOT_OURS = re.compile(r"\b(?:issues?|sessions?|agents?|LLM|chatbot)\b", re.IGNORECASE)


def _prose(page):
    return _FENCE.sub("", text_of(page))


def _anchors(page):
    """The anchors that GitHub gives to the headings of a page."""
    found = set()
    for heading in _HEADING.findall(_prose(page)):
        kept = [c for c in heading.lower() if c in " -_" or unicodedata.category(c)[0] in "LN"]
        found.add("".join(kept).replace(" ", "-"))
    return found


def _targets(page):
    """The pages or files, and anchors, that a page links to within this repository."""
    targets = []
    for link in _LINK.findall(_prose(page)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        whole = (TOP / page).parent / path if path else TOP / page
        targets.append((str(whole.resolve().relative_to(TOP)), anchor))
    return targets


@pytest.mark.parametrize("page", all_pages())
def test_links_lead_somewhere(page):
    """A link within the repository names a file that is there, and a heading of it."""
    for path, anchor in _targets(page):
        assert (TOP / path).is_file() or (TOP / path).is_dir(), f"{page}: {path} is not there"
        if anchor:
            assert anchor in _anchors(path), f"{page}: {path} has no heading #{anchor}"


def test_every_page_is_reached_from_the_map():
    """``docs/index.md`` leads to every page, and README leads to it."""
    assert "docs/index.md" in {path for path, _ in _targets("README.md")}
    linked = {path for path, _ in _targets("docs/index.md")}
    assert set(all_pages()) - linked == {"docs/index.md"}


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
