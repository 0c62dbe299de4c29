"""Whatever a text is, its reader reads it or raises what is documented, soon and in 200 MiB."""

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fuzz.readers import DOCUMENTED, READERS
from fuzz.texts import contents
from hypothesis import HealthCheck, Phase, given, settings
from repeated import repeated

CORPUS = sorted(path for path in (Path(__file__).parent / "corpus").glob("*/*") if path.is_file())
_MOST_SECONDS = 5.0  # of CPU
_FRESH = settings(
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
_MOST_MEMORY = 200 * 1024  # in KiB, beyond what this process took before


def read(kind, content):
    """Read a text within the limits; nothing but what is documented is raised."""
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sentence = "read"
    try:
        READERS[kind](content)
    except DOCUMENTED as error:
        sentence = str(error)
    assert 0 < len(sentence) < 100_000
    assert time.process_time() - began < _MOST_SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < _MOST_MEMORY


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_corpus(path):
    """Each text that was once dangerous to a reader, ours or another's."""
    read(path.parent.name, path.read_bytes())


def test_every_kind_is_in_the_corpus():
    """And nothing lies there that no reader reads."""
    assert {path.parent.name for path in CORPUS} == set(READERS)


@pytest.mark.parametrize("examples", repeated(40, deep=20_000))
@pytest.mark.parametrize("kind", READERS)
def test_texts_of_its_words(kind, examples):
    """A few of each kind at each run, and thousands by hand."""

    @settings(_FRESH, max_examples=examples)
    @given(contents(kind))
    def reads(content):
        read(kind, content)

    reads()


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", READERS)
def test_texts_by_coverage(kind, tmp_path):
    """A minute of each kind, led by what the reader's code does with them."""
    pytest.importorskip("atheris")
    script = Path(__file__).with_name("atheris_run.py")
    command = [sys.executable, str(script), kind, "60"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-3000:]
    count = ran.stderr.partition("number_of_executed_units:")[2].split()[0]
    print(f"{count} texts of the kind {kind} by atheris")
