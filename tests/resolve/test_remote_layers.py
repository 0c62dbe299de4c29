"""Clovrix as a source: side by side, within the deadline, errors of its own, nothing left open."""

import gc
import os
import threading

import pytest
from launch.launcher import until

from clovrix_env import (
    AuthenticationError,
    ClovrixConfigError,
    ClovrixConnectionError,
    NotFoundError,
    resolve_env,
)


def test_projects_are_layers_in_the_order_of_extends(project, clovrix, monkeypatch):
    """The project stands above what it extends; all three are fetched side by side."""
    for name in ("one", "two"):
        clovrix.home.project(name, "staging")
    monkeypatch.setenv("CLOVRIX_TOKEN", clovrix.home.make_token("one", "two", "backend"))
    clovrix.put("one", "staging", A="1", B="1", C="1")
    clovrix.put("two", "staging", A="2", B="2")
    clovrix.put("backend", "staging", A="3")
    project.declare('project = "backend"\nextends = ["one", "two"]\n')
    three = threading.Barrier(3, timeout=9)
    answer = clovrix.home.store.answer

    def answer_three(call, deadline=None):
        three.wait()
        return answer(call)

    monkeypatch.setattr(clovrix.home.store, "answer", answer_three)
    environment = resolve_env(environment="staging")
    assert dict(environment) == {"A": "3", "B": "2", "C": "1"}
    assert str(environment.origin("A")) == (
        "backend/staging on Clovrix (hides two/staging on Clovrix, one/staging on Clovrix)"
    )
    assert clovrix.requests == 3


def test_brought_client_is_asked_side_by_side(project):
    """Each call waits until all three are there."""
    three = threading.Barrier(3, timeout=9)

    class Waiting:
        def get_entries(self, project, environment):
            three.wait()
            return {project.upper(): environment}

    project.declare('project = "c"\ndefault_environment = "dev"\nextends = ["a", "b"]\n')
    client = Waiting()
    assert dict(resolve_env(client=client)) == {"A": "dev", "B": "dev", "C": "dev"}


def test_remote_values_are_taken_to_the_letter(project, clovrix):
    """No ``$`` of theirs is looked at; files may refer to them. A proxy in a file is not ours."""
    clovrix.put("backend", "staging", PW="p${HOME}$(id)", URL="x")
    project.write(".env", "DSN=${PW}@${URL}\nHTTP_PROXY=http://127.0.0.1:1\n")
    environment = resolve_env("backend", "staging")
    assert environment["PW"] == "p${HOME}$(id)"
    assert environment["DSN"] == "p${HOME}$(id)@x"


def test_first_projects_error_is_raised(project, clovrix):
    """Whoever answers first: the order of the projects decides, each time alike."""
    project.declare('project = "backend"\nextends = ["zzz", "aaa"]\n')
    for _ in range(3):
        with pytest.raises(NotFoundError, match=r"^zzz/staging: "):
            resolve_env(environment="staging")


def test_timeout_is_for_a_brought_client_too():
    """Whatever it does: after 5 s it would answer."""
    over = threading.Event()

    class Hanging:
        def get_entries(self, project, environment):
            over.wait(5)
            return {}

    client = Hanging()
    with pytest.raises(ClovrixConnectionError, match=r"^backend/staging: "):
        resolve_env("backend", "staging", timeout=0.2, client=client)
    over.set()


@pytest.mark.parametrize("timeout", [0, -1, 86400, True, "5", float("nan"), float("inf")])
def test_timeout_that_is_none_is_refused(project, timeout):
    """A number of seconds above 0 and below a day."""
    project.write(".env", "A=1\n")
    with pytest.raises(ClovrixConfigError, match="timeout must be a number of seconds"):
        resolve_env(timeout=timeout)


def test_what_no_environment_holds_is_refused(project, answers):
    """A server of somebody's own may answer anything; a file's reference may bring it."""
    names = ["", "A=B", "A\0B", "A\nB", "A;B", "A B"]
    client = answers(backend={**dict.fromkeys(names, "hunter2"), "A": "x\0hunter2"})
    project.write(".env", "B=${A}\n")
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env("backend", "staging", client=client)
    place = "backend/staging on Clovrix: "
    wrong = {f"{place}{name!a} is not a valid variable name" for name in names}
    nul = {told.split(" contains")[0] for told in caught.value.problems} - wrong
    assert wrong.issubset(caught.value.problems)
    assert nul == {".env:1: B", f"{place}A"}
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("address", ["http", "file", "refused"])
def test_nothing_is_left_open(project, clovrix, monkeypatch, address):
    """No descriptor and no thread, however it ends."""
    project.write(".env", "A=1\n")
    if address == "file":
        monkeypatch.setenv("CLOVRIX_API_URL", clovrix.home.url)
    if address == "refused":
        clovrix.loopback.fault("answer", status=401, body=b"{}")

    def ask():
        try:
            resolve_env("backend", "staging")
        except AuthenticationError:
            assert address == "refused"

    def held():
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    ask()
    gc.collect()
    most = held()
    for _ in range(5):
        ask()
    until(lambda: all(now <= before for now, before in zip(held(), most)))
