"""A second ``load_env()`` in one process: what we set ourselves is not somebody's wish."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from clovrix_env import ClovrixError, load_env

if TYPE_CHECKING:
    from resolve.surroundings import Clovrix, Project


def test_second_load_fetches_and_reads_anew(project: Project, clovrix: Clovrix) -> None:
    """A notebook cell run again sees the edited ``.env`` and Clovrix's new value."""
    clovrix.put("backend", "staging", A="1")
    project.write(".env", "B=1\n")
    load_env("backend", "staging")
    clovrix.put("backend", "staging", A="2")
    project.write(".env", "B=2\n")
    assert dict(load_env()) == {"A": "2", "B": "2"}
    assert (os.environ["A"], os.environ["B"]) == ("2", "2")
    assert clovrix.requests == 2


def test_second_load_fetches_anew_though_no_file_changed(
    project: Project, clovrix: Clovrix
) -> None:
    """Clovrix may have."""
    clovrix.put("backend", "staging", A="1")
    load_env("backend", "staging")
    clovrix.put("backend", "staging", A="2")
    assert load_env("backend", "staging")["A"] == "2"


def test_name_that_nobody_defines_any_more_is_removed(project: Project) -> None:
    """It was ours."""
    project.write(".env", "A=1\nB=1\n")
    load_env()
    project.write(".env", "A=1\n")
    assert dict(load_env()) == {"A": "1"}
    assert "B" not in os.environ


def test_everything_is_removed_where_nothing_is_left(project: Project) -> None:
    """A marker counts as configuration: the names that it lists are ours to remove."""
    path = project.write(".env", "A=1\n")
    load_env()
    path.unlink()
    assert dict(load_env()) == {}
    assert "A" not in os.environ


def test_name_that_somebody_changed_is_theirs(project: Project) -> None:
    """It wins over the file, is not removed with it, and its origin is the process."""
    project.write(".env", "A=1\nB=1\n")
    load_env()
    os.environ["A"] = "mine"
    os.environ["B"] = "mine"
    project.write(".env", "A=2\n")
    environment = load_env()
    assert dict(environment) == {"A": "mine"}
    assert environment.origin("A").kind == "process"
    assert os.environ["B"] == "mine"


def test_name_that_somebody_removed_is_set_again(project: Project) -> None:
    """Absent is not a value."""
    project.write(".env", "A=1\n")
    load_env()
    del os.environ["A"]
    load_env()
    assert os.environ["A"] == "1"


def test_two_thousand_names_are_ours_too(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their names do not fit into the marker; in the process they are remembered all the same."""
    monkeypatch.setattr("clovrix_env.load.remembered", None)  # and nothing of it stays
    many = "".join(f"NAME_THAT_IS_RATHER_LONG_{'X' * 60}_{n}=1\n" for n in range(2000))
    project.write(".env", f"{many}A=1\nB=1\n")
    load_env()
    assert os.environ["__CLOVRIX_ENV"] == '0:{"names":[]}'
    project.write(".env", f"{many}A=2\n")
    assert load_env()["A"] == "2"
    assert "B" not in os.environ


def test_appending_does_not_append_twice(project: Project, clovrix: Clovrix) -> None:
    """``LIST=${LIST},b`` over a value of Clovrix, loaded three times."""
    clovrix.put("backend", "staging", LIST="a")
    project.write(".env", "LIST=${LIST},b\n")
    for _ in range(3):
        assert load_env("backend", "staging")["LIST"] == "a,b"


def test_another_request_takes_the_first_ones_names_away(
    project: Project, clovrix: Clovrix
) -> None:
    """What only the first environment had is gone."""
    clovrix.put("backend", "staging", ONLY_STAGING="1", BOTH="1")
    clovrix.put("backend", "production", BOTH="2")
    load_env("backend", "staging")
    load_env("backend", "production")
    assert os.environ["BOTH"] == "2"
    assert "ONLY_STAGING" not in os.environ


def test_failed_load_leaves_the_first_as_it_was(project: Project, clovrix: Clovrix) -> None:
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
def test_forked_worker_takes_the_values_as_they_stand(project: Project, clovrix: Clovrix) -> None:
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


def test_names_of_a_marker_that_does_not_fit_are_clovrix_envs(project: Project) -> None:
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
    ran = subprocess.run(
        [*launcher, sys.executable, "-c", code], env=environ, capture_output=True, text=True
    )
    assert ran.stdout == '0:{"names":[ True /from/file\n', ran.stderr
