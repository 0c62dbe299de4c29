"""A second ``load_env()`` in one process: what we set ourselves is not somebody's wish."""

import os
import sys

import pytest
from programs import finish

from clovrix_env import ClovrixError, load_env


def test_second_load_fetches_and_reads_anew(project, clovrix):
    """A notebook cell run again sees Clovrix's new value, and the edited ``.env``."""
    clovrix.put("backend", "staging", A="1")
    project.write(".env", "B=1\n")
    load_env("backend", "staging")
    clovrix.put("backend", "staging", A="2")
    assert dict(load_env()) == {"A": "2", "B": "1"}
    project.write(".env", "B=2\n")
    assert dict(load_env()) == {"A": "2", "B": "2"}
    assert (os.environ["A"], os.environ["B"]) == ("2", "2")
    assert clovrix.requests == 3


def test_name_that_nobody_defines_any_more_is_removed(project):
    """It was ours; a marker counts as configuration, where nothing else is left."""
    path = project.write(".env", "A=1\nB=1\n")
    load_env()
    project.write(".env", "A=1\n")
    assert dict(load_env()) == {"A": "1"}
    assert "B" not in os.environ
    path.unlink()
    assert dict(load_env()) == {}
    assert "A" not in os.environ


def test_name_that_somebody_changed_is_theirs(project):
    """It wins over the file, and is not removed with it; absent is not a value."""
    project.write(".env", "A=1\nB=1\nC=1\n")
    load_env()
    os.environ.update(A="mine", B="mine")
    del os.environ["C"]
    project.write(".env", "A=2\nC=1\n")
    environment = load_env()
    assert dict(environment) == {"A": "mine", "C": "1"}
    assert environment.origin("A").kind == "process"
    assert (os.environ["B"], os.environ["C"]) == ("mine", "1")


def test_two_thousand_names_are_ours_too(project, monkeypatch):
    """Their names do not fit into the marker; in the process they are remembered all the same."""
    monkeypatch.setattr("clovrix_env.load.remembered", None)  # and nothing of it stays
    many = "".join(f"NAME_THAT_IS_RATHER_LONG_{'X' * 60}_{n}=1\n" for n in range(2000))
    project.write(".env", f"{many}A=1\nB=1\n")
    load_env()
    assert os.environ["__CLOVRIX_ENV"] == '0:{"names":[]}'
    project.write(".env", f"{many}A=2\n")
    assert load_env()["A"] == "2"
    assert "B" not in os.environ


def test_another_request_takes_the_first_ones_names_away(project, clovrix):
    """What only the first environment had is gone; the same appends once, however often."""
    clovrix.put("backend", "staging", ONLY_STAGING="1", LIST="a")
    clovrix.put("backend", "production", LIST="x")
    project.write(".env", "LIST=${LIST},b\n")
    for _ in range(3):
        assert load_env("backend", "staging")["LIST"] == "a,b"
    load_env("backend", "production", local=True)
    assert os.environ["LIST"] == "x,b"
    assert "ONLY_STAGING" not in os.environ


def test_failed_load_leaves_the_first_as_it_was(project, clovrix):
    """And a later one goes on from there."""
    project.write(".env", "A=1\n")
    load_env("backend", "staging")
    before = dict(os.environ)
    with pytest.raises(ClovrixError):
        load_env("nowhere", "staging")
    assert dict(os.environ) == before
    project.write(".env", "A=2\n")
    assert load_env()["A"] == "2"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forked_worker_takes_the_values_as_they_stand(project, clovrix):
    """``gunicorn`` after ``preload``: memory is copied, and no worker asks."""
    clovrix.put("backend", "staging", A="1")
    load_env("backend", "staging")
    clovrix.put("backend", "staging", A="2")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, repr(dict(load_env())).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    assert said == b"{'A': '1'}"
    assert clovrix.requests == 1


def test_names_of_a_marker_that_does_not_fit_are_clovrix_envs(project):
    """Without digests, and it answers no request: a child loads again and replaces them."""
    many = "".join(f"N_{number}_{'X' * 25}=1\n" for number in range(2600))
    project.write(".env", f"{many}XDG_RUNTIME_DIR=/from/file\n")
    environ = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    code = (
        "import os; from clovrix_env import load_env; load_env(); "
        "print(os.environ['__CLOVRIX_ENV'][:12], len(os.environ['__CLOVRIX_ENV']) < 131072, "
        "os.environ['XDG_RUNTIME_DIR'])"
    )
    launcher = [sys.executable, "-m", "clovrix_env", "run", "--allow", "XDG_RUNTIME_DIR", "--"]
    ended = finish([*launcher, sys.executable, "-c", code], environ=environ)
    assert ended.stdout == '0:{"names":[ True /from/file\n', ended.stderr
