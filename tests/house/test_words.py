"""Code, messages, help and pages have the words of the field; the habits of ``words`` stay out."""

import pytest
from docs.pages import all_pages, text_of
from house import words

MODULES = sorted(
    str(path.relative_to(words.TOP))
    for package in ("clovrix_env", "sitecustomize_hook")
    for path in (words.TOP / package).rglob("*.py")
)
PAGES = ["CHANGELOG.md", *all_pages()]


@pytest.mark.parametrize("module", MODULES)
def test_module_has_plain_words(module):
    """No message, help text, docstring or comment has one of the habits."""
    assert [str(hit) for hit in words.of_module(text_of(module), module)] == []


@pytest.mark.parametrize("page", PAGES)
def test_page_has_plain_words(page):
    """No sentence of a page has one of the habits."""
    assert [str(hit) for hit in words.of_page(text_of(page), page)] == []


PLANTED = (
    *("PORT is no port", "the file is told in one line", "as it was said before"),
    *("the token stands in the file", "the files lie in a folder", "a name of ours"),
    *("it is not read, for it is another user's", "the layer that won, and whom it hid"),
    *("what is asked for", "the last known values are used", "within max_age nobody is asked"),
    *("when a start fails", "values are taken to the letter", "a line each"),
    *("the name, and never a value", "the first of them, else the second"),
    *("nobody else can read it", "every door does the same", "What lies there is used."),
)


@pytest.mark.parametrize("sentence", PLANTED)
def test_a_planted_habit_is_found(sentence):
    """Each habit is found in a page, in a message and in a comment, at its line."""
    module = f'A = 1\nB = "{sentence}"\nC = 2  # {sentence}\n'
    assert {hit.line for hit in words.of_page(f"# Page\n\n{sentence}\n", "page.md")} == {3}
    assert {hit.line for hit in words.of_module(module, "module.py")} == {2, 3}


def test_code_in_backticks_is_left_out():
    """A name of the code is no sentence."""
    assert list(words.of_page("Run `tell --door`.\n\n```text\nis no port\n```\n", "page.md")) == []
