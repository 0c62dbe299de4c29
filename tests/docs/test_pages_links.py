"""The pages hold together: links lead somewhere, and every page can be reached."""

import re
import unicodedata

import pytest
from docs.pages import TOP, all_pages, text_of

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


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
