"""A system with next to nothing: no home, no user, no /proc, nowhere to write."""

import pytest
from condition.conftest import SOURCES
from condition.container import BARE, need
from launch.launcher import TOKEN, refusal

SHOW = """
id -u
for folder in . /tmp /var/tmp /dev/shm /proc; do
    touch $folder/x 2> /dev/null && echo $folder can be written
done
echo $HOME $(ls /proc) $SOURCE $GREETING
"""


@pytest.fixture
def bare(launcher):
    """A launcher that knows no HOME and no folder for temporary files."""
    need(launcher, "no such system can be made here", *BARE)
    del launcher.environ["HOME"]
    launcher.environ["LANG"] = "C.UTF-8"
    return launcher


@pytest.mark.parametrize("source", SOURCES, indirect=True)
def test_a_start(bare, source):
    """It needs none of them, and says nothing."""
    result = bare("backend", "staging", "--", "sh", "-c", SHOW, through=BARE)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout == b"12345\nclovrix hello\n"


def test_a_start_by_options_and_a_project_file(bare, source):
    """With all that is read and looked for: .clovrix, its owner, the user's own configuration."""
    (bare.folder / ".clovrix").write_text('project = "backend"\n[select]\nexclude = ["X_*"]\n')
    (bare.folder / "below").mkdir()
    words = ("-v", "-e", "staging", "--set", "A=1", "--timeout", "5", "--", "sh", "-c", "echo $A")
    result = bare(*words, through=BARE, cwd=bare.folder / "below")
    assert (result.returncode, result.stdout) == (0, b"1\n")
    assert b"SOURCE from backend/staging on Clovrix" in result.stderr


def test_a_refusal(bare, faulty, store_home):
    """125 and its lines, as anywhere; the one thing that HOME was for is told by name."""
    faulty.fault("answer", status=401, body=b'{"error": "no"}')
    bare.environ.update(CLOVRIX_API_URL=faulty.url, CLOVRIX_TOKEN=TOKEN)
    start = ("backend", "staging", "--", "true")
    assert len(refusal(bare(*start, through=BARE))) == 2
    bare.environ["CLOVRIX_API_URL"] = store_home.url
    problem, _ = refusal(bare(*start, through=BARE))
    assert "CLOVRIX_MASTER_KEY is not set and without HOME its file has no folder" in problem
