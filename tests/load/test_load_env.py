"""``load_env()`` sets everything or nothing, and tells what it did without showing a value."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import (
    AsyncClient,
    ClovrixConfigError,
    ClovrixError,
    Environment,
    load_env,
    resolve_env,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from resolve.surroundings import Clovrix, Project


def test_values_are_in_os_environ(project: Project, clovrix: Clovrix) -> None:
    """Of all layers, and of Clovrix's project."""
    clovrix.put("backend", "staging", A="remote", B="remote")
    project.write(".env", "B=file\n")
    environment = load_env("backend", "staging", overrides={"C": "override"})
    expected = {"A": "remote", "B": "file", "C": "override"}
    assert dict(environment) == expected
    assert {name: os.environ[name] for name in "ABC"} == expected


def test_resolve_env_changes_nothing(project: Project, clovrix: Clovrix) -> None:
    """It tells the same."""
    project.write(".env", "A=1\n")
    before = dict(os.environ)
    assert dict(resolve_env("backend", "staging")) == {"A": "1"}
    assert dict(os.environ) == before


def _break_file(project: Project, clovrix: Clovrix) -> None:
    project.write(".env.local", "B=${NOPE}\n")


def _break_guard(project: Project, clovrix: Clovrix) -> None:
    clovrix.put("backend", "staging", LD_PRELOAD="x")


def _break_server(project: Project, clovrix: Clovrix) -> None:
    clovrix.loopback.fault("answer", status=404, body=b'{"error": "no"}')


def _break_names(project: Project, clovrix: Clovrix) -> None:
    clovrix.loopback.fault("answer", body=b'{"entries": {"Z=Z": "1"}}')


def _break_empty_name(project: Project, clovrix: Clovrix) -> None:
    clovrix.loopback.fault("answer", body=b'{"entries": {"": "1"}}')


def _break_nul(project: Project, clovrix: Clovrix) -> None:
    clovrix.loopback.fault("answer", body=b'{"entries": {"Z": "a\\u0000b"}}')


def _break_surrogate(project: Project, clovrix: Clovrix) -> None:
    clovrix.loopback.fault("answer", body=b'{"entries": {"Z": "\\ud800"}}')


def _break_settings(project: Project, clovrix: Clovrix) -> None:
    project.declare("nonsense = 1")


@pytest.mark.parametrize(
    "break_it",
    [
        _break_file, _break_guard, _break_server, _break_names, _break_empty_name, _break_nul,
        _break_surrogate, _break_settings,
    ],
)  # fmt: skip
def test_nothing_is_set_where_anything_is_wrong(
    project: Project, clovrix: Clovrix, break_it: Callable[..., None]
) -> None:
    """All is checked before anything is applied."""
    clovrix.put("backend", "staging", A="1")
    project.write(".env", "FIRST=1\n")
    break_it(project, clovrix)
    before = dict(os.environ)
    with pytest.raises(ClovrixError):
        load_env("backend", "staging", timeout=5)
    assert dict(os.environ) == before


def test_lone_surrogate_is_refused_and_nothing_is_set(project: Project) -> None:
    """No environment holds one; ``resolve_env()``, which sets nothing, may tell it."""
    project.write(".env", "A=1\n")
    before = dict(os.environ)
    assert resolve_env(overrides={"B": "\ud800"})["B"] == "\ud800"
    with pytest.raises(ClovrixConfigError, match="B cannot be written in the encoding"):
        load_env(overrides={"B": "\ud800"})
    assert dict(os.environ) == before


def test_environment_is_a_mapping(project: Project) -> None:
    """Of texts to texts, which ``dict`` and ``in`` and ``get`` take; it cannot be written to."""
    project.write(".env", "A=1\nB=\n")
    environment = load_env()
    assert isinstance(environment, Mapping)
    assert isinstance(environment, Environment)
    assert (len(environment), list(environment), "B" in environment) == (2, ["A", "B"], True)
    assert (environment.get("A"), environment.get("C", "d")) == ("1", "d")
    with pytest.raises(KeyError):
        environment["C"]
    with pytest.raises(KeyError):
        environment.origin("C")
    with pytest.raises(TypeError):
        environment["A"] = "2"  # type: ignore[index]


def test_no_repr_shows_a_value(project: Project, clovrix: Clovrix) -> None:
    """Names and where they come from, in ``repr``, ``str`` and the origin's."""
    clovrix.put("backend", "staging", A="hunter2")
    project.write(".env", "B=hunter2\n")
    environment = load_env("backend", "staging", overrides={"C": "hunter2"})
    assert repr(environment) == (
        "Environment(A from backend/staging on Clovrix, B from .env:1, C from overrides=)"
    )
    shown = [str(environment), *(repr(environment.origin(name)) for name in "ABC")]
    assert "hunter2" not in str(shown)


def test_origin_has_kind_source_and_line(project: Project) -> None:
    """For programs that want to show it in their own words."""
    project.write(".env", "\nA=1\n")
    origin = load_env().origin("A")
    assert (origin.kind, origin.source, origin.line) == ("file", ".env", 2)


def test_name_of_the_process_is_left_as_it_is(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the mapping, with its origin, and not set again."""
    monkeypatch.setenv("A", "process")
    project.write(".env", "A=file\n")
    environment = load_env()
    assert str(environment.origin("A")) == "process environment (hides .env:1)"
    assert os.environ["A"] == "process"


def test_override_sets_over_the_process(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """``override=True`` is for parents that live longer than their values."""
    monkeypatch.setenv("A", "process")
    project.write(".env", "A=file\n")
    load_env(override=True)
    assert os.environ["A"] == "file"


def test_large_environment_is_told(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """In a process nothing limits it; the programs that it starts would fail one day."""
    for number in range(5):
        project.write(f"{number}.env", "".join(f"V{number}_{n}={'x' * 9999}\n" for n in range(100)))
    load_env(files=[f"{number}.env" for number in range(5)])
    assert "the environment takes 4.8 MiB; programs started from here fail above" in (
        capsys.readouterr().err
    )


def test_notes_are_lines_on_stderr_and_nothing_on_stdout(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program's output is its own."""
    project.write(".env", "A=1\n")
    load_env(environment="production", overrides={"B": "1"})
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)


def test_paths_may_be_path_objects(project: Project) -> None:
    """Or texts."""
    path: Path = project.write("x.env", "A=1\n")
    assert dict(load_env(root=project.folder, files=[path, str(path)])) == {"A": "1"}


def test_nothing_is_left_open(project: Project, clovrix: Clovrix) -> None:
    """As many descriptors after as before."""
    project.write(".env", "A=1\n")
    load_env("backend", "staging")
    before = set(os.listdir("/proc/self/fd"))
    load_env("backend", "staging")
    assert len(os.listdir("/proc/self/fd")) <= len(before) + 1  # the server's own end


@pytest.mark.parametrize("option", ["only", "files"])
def test_iterators_will_do(project: Project, option: str) -> None:
    """A generator is read once."""
    project.write("x.env", "A=1\n")
    given: dict[str, Any] = {"files": iter(["x.env"]), "only": (n for n in ["A"])}
    assert dict(load_env(files=given["files"], only=given["only"])) == {"A": "1"}


@pytest.mark.parametrize("was_on", [True, False])
@pytest.mark.parametrize("text", ["A=1\n", "A=${UNKNOWN}\n"])
def test_collector_is_left_as_it_was(project: Project, was_on: bool, text: str) -> None:
    """A load leaves Python's garbage collector as the program set it."""
    project.write(".env", text)
    (gc.enable if was_on else gc.disable)()
    try:
        load_env()
    except ClovrixConfigError:
        pass
    left_on = gc.isenabled()
    gc.enable()
    assert left_on is was_on


_ANYTHING: Any = object()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"overrides": [("A", "hunter2")]}, "overrides= must be a mapping of names to strings"),
        ({"overrides": "A=hunter2"}, "overrides= must be a mapping of names to strings"),
        ({"client": _ANYTHING}, "client= must be a clovrix_env.Client, not object"),
        ({"root": b"."}, "root= requires a str or a path, not bytes"),
        ({"root": 1}, "root= requires a str or a path, not int"),
        ({"files": [b".env"]}, "files= requires a str or a path, not bytes"),
        ({"files": 1}, "files= must be a list of paths"),
        ({"only": [1]}, "only= requires str, not int"),
        ({"exclude": 1}, "exclude= must be a list of names"),
        ({"allow": [None]}, "allow= requires str, not NoneType"),
    ],
)
def test_wrong_argument(project: Project, arguments: dict[str, Any], problem: str) -> None:
    """Each is refused by its name, and no frame shows what it held."""
    project.write(".env", "A=1\n")
    with pytest.raises(ClovrixConfigError) as caught:
        load_env(**arguments)
    assert problem in str(caught.value)
    trace = caught.value.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name != test_wrong_argument.__name__:
            assert "hunter2" not in repr(trace.tb_frame.f_locals)
        trace = trace.tb_next


def test_client_that_is_asynchronous(project: Project) -> None:
    """It cannot be waited for here."""
    client: Any = AsyncClient("icr_x")
    with pytest.raises(ClovrixConfigError, match=r"client= must be a clovrix_env\.Client, not A"):
        load_env("backend", "staging", client=client)
