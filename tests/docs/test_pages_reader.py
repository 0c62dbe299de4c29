"""The reader of the pages sees what is wrong on one; else a page could say anything."""

import pytest
from docs.pages import Session, blocks_of

from clovrix_env import ClovrixConfigError


@pytest.fixture
def session(tmp_path):
    made = Session(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(
    "page",
    [
        "```console\n$ echo one\ntwo\n```\n",
        "```console\n$ echo one; echo two\none\n```\n",
        "```console\n$ echo one\none\ntwo\n```\n",
        "```console\n$ printf 'one\\ntwo\\n'\n… three\n…\n```\n",
        "```console\n$ false\n```\n",
        "```console\n$ exit 3\n```\n",
        "```console\nno command\n```\n",
        "```python\nprint(1)  # 2\n```\n",
        "```python\nprint(1)\n```\n\n```text\n2\n```\n",
        "```python\nnot_defined\n```\n",
        '```toml\nprojekt = "backend"\n```\n',
        "```dotenv\nA: x\n```\n",
    ],
)
def test_what_is_not_as_shown_is_told(page, session):
    """Another output, status or result, or a file that would be refused, is an error."""
    *before, last = blocks_of(page)
    for block in before:
        session.do(block)
    with pytest.raises((AssertionError, ClovrixConfigError)):
        session.do(last)


def test_what_is_as_shown_passes(session):
    """One page has one folder, one shell, one interpreter and its files, in order."""
    page = (
        "Write `main.py`:\n\n```python\nprint('ran')\n```\n\n"
        "```console\n$ python main.py\nran\n$ export A=1\n$ sh -c 'exit 3'\n…\n$ echo $? $A\n3 1\n"
        "$ printf 'one\\ntwo\\nthree\\n'\none\n…\nth…\n$ cat <<'END'\n> text\n> END\ntext\n```\n\n"
        "```python\nimport os\n```\n\n```python\nprint(os.environ['A'])  # 1\n```\n"
    )
    for block in blocks_of(page):
        session.do(block)
