"""Clovrix as a source: side by side, within the deadline, errors of its own, nothing left open."""

from __future__ import annotations

import gc
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import (
    AuthenticationError,
    Client,
    ClovrixConfigError,
    ClovrixConnectionError,
    ClovrixError,
    NotFoundError,
    ServerError,
    resolve_env,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolve.surroundings import Clovrix, Project

    Answers = Callable[..., Any]


def test_projects_are_layers_in_the_order_of_extends(project: Project, clovrix: Clovrix) -> None:
    """Each has its own place; the project stands above what it extends."""
    for name in ("one", "two"):
        clovrix.home.project(name, "staging")
    token = clovrix.home.make_token("one", "two", "backend", role="read")
    os.environ["CLOVRIX_TOKEN"] = token
    clovrix.put("one", "staging", A="1", B="1", C="1")
    clovrix.put("two", "staging", A="2", B="2")
    clovrix.put("backend", "staging", A="3")
    project.declare('project = "backend"\nextends = ["one", "two"]\n')
    environment = resolve_env(environment="staging")
    assert dict(environment) == {"A": "3", "B": "2", "C": "1"}
    assert str(environment.origin("A")) == (
        "backend/staging on Clovrix (hides two/staging on Clovrix, one/staging on Clovrix)"
    )
    assert clovrix.requests == 3


def test_projects_are_fetched_side_by_side(project: Project) -> None:
    """Three that take 0.3 s each are there in less than 0.7 s."""

    class Slow:
        def get_entries(self, project: str, environment: str) -> dict[str, str]:
            time.sleep(0.3)
            return {project.upper(): environment}

    project.declare('project = "c"\ndefault_environment = "dev"\nextends = ["a", "b"]\n')
    client: Any = Slow()
    began = time.monotonic()
    assert dict(resolve_env(client=client)) == {"A": "dev", "B": "dev", "C": "dev"}
    assert time.monotonic() - began < 0.7


def test_projects_are_fetched_side_by_side_over_http(project: Project, clovrix: Clovrix) -> None:
    """The same through our own sender, from a server that takes 0.3 s for each answer."""
    for name in ("one", "two"):
        clovrix.home.project(name, "staging")
    os.environ["CLOVRIX_TOKEN"] = clovrix.home.make_token("one", "two", "backend")
    store = clovrix.home.store
    answer = store.answer

    def slowly(call: Any) -> Any:
        time.sleep(0.3)
        return answer(call)

    project.declare('project = "backend"\nextends = ["one", "two"]\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(store), "answer", lambda self, call: slowly(call))
        began = time.monotonic()
        resolve_env(environment="staging")
        assert 0.3 < time.monotonic() - began < 0.7
    assert clovrix.requests == 3


def test_remote_values_are_taken_to_the_letter(project: Project, clovrix: Clovrix) -> None:
    """No ``$`` of theirs is looked at; files may refer to them."""
    clovrix.put("backend", "staging", PW="p${HOME}$(id)", URL="x")
    project.write(".env", "DSN=${PW}@${URL}\n")
    environment = resolve_env("backend", "staging")
    assert environment["PW"] == "p${HOME}$(id)"
    assert environment["DSN"] == "p${HOME}$(id)@x"


@pytest.mark.parametrize(
    ("place", "kind"), [("nowhere/staging", NotFoundError), ("backend/nowhere", NotFoundError)]
)
def test_error_of_clovrix_keeps_its_class_and_says_where(
    project: Project, clovrix: Clovrix, place: str, kind: type[ClovrixError]
) -> None:
    """With several projects one wants to know which."""
    with pytest.raises(kind) as caught:
        resolve_env(*place.split("/"))
    assert str(caught.value).startswith(f"{place}: ")


def test_refused_token_is_an_authentication_error(
    project: Project, clovrix: Clovrix, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is not shown."""
    monkeypatch.setenv("CLOVRIX_TOKEN", "icr_hunter2")
    with pytest.raises(AuthenticationError) as caught:
        resolve_env("backend", "staging")
    assert str(caught.value).startswith("backend/staging: ")
    assert "hunter2" not in repr(caught.value)


def test_error_through_a_brought_client_says_where_too(project: Project, clovrix: Clovrix) -> None:
    """The class is the same, and the error still pickles with its words."""
    import pickle

    client = Client(token="icr_wrong", base_url=clovrix.loopback.url)
    with client, pytest.raises(AuthenticationError) as caught:
        resolve_env("backend", "staging", client=client)
    assert str(caught.value).startswith("backend/staging: ")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_first_projects_error_is_raised(project: Project, clovrix: Clovrix) -> None:
    """Whoever answers first: the order of the projects decides, each time alike."""
    project.declare('project = "backend"\nextends = ["zzz", "aaa"]\n')
    for _ in range(3):
        with pytest.raises(NotFoundError, match=r"^zzz/staging: "):
            resolve_env(environment="staging")


def test_server_error_is_one(project: Project, clovrix: Clovrix) -> None:
    """After what is worth trying again was tried again."""
    clovrix.loopback.fault("answer", status=500, body=b'{"error": "broken"}')
    with pytest.raises(ServerError, match=r"^backend/staging: broken$"):
        resolve_env("backend", "staging", timeout=5)


@pytest.mark.parametrize("fault", ["hang", "drip_header", "drip_body"])
def test_timeout_is_for_everything(project: Project, clovrix: Clovrix, fault: str) -> None:
    """A server that says nothing, or a byte at a time, ends at ``timeout=``."""
    clovrix.loopback.fault(fault)
    began = time.monotonic()
    with pytest.raises(ClovrixConnectionError, match=r"^backend/staging: "):
        resolve_env("backend", "staging", timeout=0.3)
    assert time.monotonic() - began < 1.5


def test_timeout_is_for_a_brought_client_too(project: Project) -> None:
    """Whatever it does."""
    wait = threading.Event()

    class Hanging:
        def get_entries(self, project: str, environment: str) -> dict[str, str]:
            wait.wait(20)
            return {}

    client: Any = Hanging()
    began = time.monotonic()
    with pytest.raises(ClovrixConnectionError, match=r"^backend/staging: "):
        resolve_env("backend", "staging", timeout=0.2, client=client)
    wait.set()
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("timeout", [0, -1, 86400, True, "5", float("nan"), float("inf")])
def test_timeout_that_is_none_is_refused(project: Project, timeout: Any) -> None:
    """A number of seconds above 0 and below a day."""
    project.write(".env", "A=1\n")
    with pytest.raises(ClovrixConfigError, match="timeout must be a number of seconds"):
        resolve_env(timeout=timeout)


@pytest.mark.parametrize("name", ["", "A=B", "A\0B", "A\nB", "A;B", "A B"])
def test_name_that_no_environment_holds_is_refused(
    project: Project, answers: Answers, name: str
) -> None:
    """A server of somebody's own may answer anything."""
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env("backend", "staging", client=answers(backend={name: "hunter2"}))
    assert caught.value.problems == (
        f"backend/staging on Clovrix: {name!a} is not a valid variable name",
    )


def test_nul_from_clovrix_is_refused(project: Project, answers: Answers) -> None:
    """By name, with its place, also where a file's reference brings it."""
    project.write(".env", "B=${A}\n")
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env("backend", "staging", client=answers(backend={"A": "x\0hunter2"}))
    assert [told.split(" contains")[0] for told in caught.value.problems] == [
        ".env:1: B",
        "backend/staging on Clovrix: A",
    ]
    assert "hunter2" not in str(caught.value)


def test_nobody_is_asked_while_a_file_is_wrong(project: Project, clovrix: Clovrix) -> None:
    """What is wrong here needs no network to be told."""
    project.write(".env", "A=${\n")
    with pytest.raises(ClovrixConfigError):
        resolve_env("backend", "staging")
    assert clovrix.requests == 0


def test_request_uses_the_environment_before_any_file_was_read(
    project: Project, clovrix: Clovrix
) -> None:
    """A proxy that a ``.env`` names is the program's, and not ours."""
    clovrix.put("backend", "staging", A="1")
    project.write(".env", "HTTP_PROXY=http://127.0.0.1:1\nALL_PROXY=http://127.0.0.1:1\n")
    assert resolve_env("backend", "staging")["A"] == "1"


@pytest.mark.parametrize("address", ["http", "file", "refused"])
def test_nothing_is_left_open(
    project: Project,
    clovrix: Clovrix,
    monkeypatch: pytest.MonkeyPatch,
    descriptors: Callable[[], int],
    address: str,
) -> None:
    """No descriptor and no thread, however it ends."""
    project.write(".env", "A=1\n")
    if address == "file":
        monkeypatch.setenv("CLOVRIX_API_URL", clovrix.home.url)
    if address == "refused":
        clovrix.loopback.fault("answer", status=401, body=b"{}")

    def ask() -> None:
        try:
            resolve_env("backend", "staging")
        except AuthenticationError:
            assert address == "refused"

    ask()
    gc.collect()
    deadline = time.monotonic() + 5
    before, threads = descriptors(), threading.active_count()
    for _ in range(5):
        ask()
    while descriptors() > before or threading.active_count() > threads:
        assert time.monotonic() < deadline, (descriptors(), before, threading.enumerate())
        time.sleep(0.02)
