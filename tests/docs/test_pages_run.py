"""What the documentation shows is true: each page is run from its top to its bottom."""

import re
from contextlib import closing

import pytest
from docs.pages import RUN, SHOWN, Session, all_pages, blocks_of, text_of

# How many blocks no test can run: each says why, and this number has to be changed on purpose.
NOT_RUN = 15

# Pages that take long, and whose features other tests of the quick loop cover.
_SLOW = {
    "docs/how-to/celery.md": "tests/examples",
    "docs/how-to/django.md": "tests/integrations",
    "docs/how-to/fastapi.md": "tests/integrations",
    "docs/how-to/direnv.md": "tests/examples",
    "docs/how-to/make.md": "tests/examples",
    "docs/how-to/for-scripts.md": "tests/formats, and entries.md",
    "docs/how-to/flask.md": "tests/examples",
    "docs/how-to/gunicorn-and-uvicorn.md": "tests/examples",
    "docs/how-to/from-one-file-to-postgresql.md": "tests/server",
    "docs/how-to/offline.md": "tests/cache",
    "docs/how-to/other-readers.md": "tests/explain and tests/check",
    "docs/how-to/run-a-store.md": "tests/store",
    "docs/how-to/server.md": "tests/server",
    "docs/how-to/test-your-program.md": "tests/testing",
    "docs/how-to/tokens.md": "tests/store",
    "docs/reference/failures.md": "tests/launch and tests/client",
    "docs/reference/json.md": "tests/formats",
    "docs/reference/store.md": "tests/store",
}


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(p, marks=[pytest.mark.slow, pytest.mark.timeout(400)] * (p in _SLOW))
        for p in all_pages()
    ],
)
def test_page_runs(page, tmp_path, tmp_path_factory):
    """Every command, program and file of the page does what the page says, in its order."""
    with closing(Session(tmp_path, tmp_path_factory)) as session:
        for block in blocks_of(text_of(page)):
            if block.not_run is None:
                try:
                    session.do(block)
                except Exception as failed:
                    pytest.fail(f"{page}:{block.line}: {failed}")


def test_blocks_that_are_not_run_say_why():
    """A block is left out only with a reason, and their number is known."""
    blocks = [(page, block) for page in all_pages() for block in blocks_of(text_of(page))]
    left_out = [(page, block) for page, block in blocks if block.not_run is not None]
    for page, block in left_out:
        assert len(block.not_run or "") > 10, f"{page}:{block.line} is not run, without a reason"
        assert block.language in RUN, f"{page}:{block.line} would not be run anyway"
    assert len(left_out) == NOT_RUN


@pytest.mark.parametrize("page", all_pages())
def test_every_block_has_a_language(page):
    """A block is of a language that is run, or of one that is only shown; none is overlooked."""
    text = text_of(page)
    found = [b for b in blocks_of(text) if b.language not in ("given", "setup")]
    for block in found:
        assert block.language in RUN + SHOWN, f"{page}:{block.line}: {block.language!r}"
    assert len(re.findall(r"^\s*```", text, re.MULTILINE)) == 2 * len(found)
    assert text.count("<!-- not run") == sum(block.not_run is not None for block in found)
