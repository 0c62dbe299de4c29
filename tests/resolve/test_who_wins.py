"""The order of the layers; ``test_against_oracle.py`` tries it on generated ones."""

import pytest

from clovrix_env import resolve_env

_FILES = (".env", ".env.staging", ".env.local", ".env.staging.local")
_LAYERS = (
    *("default in .clovrix", "first/staging on Clovrix", "second/staging on Clovrix"),
    *("backend/staging on Clovrix", *_FILES, "process environment", "overrides="),
)


@pytest.mark.parametrize("override", [False, True])
def test_all_layers_at_once(project, answers, monkeypatch, override):
    """The highest hides all others; ``override`` moves the process to just above the defaults."""
    project.declare(
        'project = "backend"\nextends = ["first", "second"]\n[variables.N]\ndefault = "x"\n'
    )
    project.write_all(dict.fromkeys(_FILES, "N=x\n"))
    monkeypatch.setenv("N", "x")
    environment = resolve_env(
        environment="staging",
        client=answers(first={"N": "x"}, second={"N": "x"}, backend={"N": "x"}),
        override=override,
        overrides={"N": "highest"},
    )
    order = [*_LAYERS]
    if override:
        order.insert(1, order.pop(-2))
    origin = environment.origin("N")
    assert [place.source for place in (origin.place, *origin.hid)] == order[::-1]
    assert (origin.kind, origin.source, origin.line) == ("override", "overrides=", 0)
    assert environment["N"] == "highest"


def test_environment_holds_no_name_that_only_the_process_knows(project, monkeypatch):
    """Only names that another layer, or the contract, knows."""
    monkeypatch.setenv("ONLY_PROCESS", "1")
    monkeypatch.setenv("DECLARED", "2")
    project.declare("[variables.DECLARED]\n[variables.NOBODY]\n")
    assert dict(resolve_env()) == {"DECLARED": "2"}


def test_project_that_extends_itself_still_stands_above(project, answers):
    """The project wins over what it extends, even where it lists itself first."""
    project.declare('project = "backend"\nextends = ["backend", "shared"]\n')
    client = answers(shared={"A": "shared"}, backend={"A": "backend"})
    assert dict(resolve_env(environment="staging", client=client)) == {"A": "backend"}
    assert sorted(client.asked) == [("backend", "staging"), ("shared", "staging")]


@pytest.mark.parametrize(("file", "value"), [("default in .clovrix", None), ("overrides=", "2")])
def test_file_with_the_name_of_another_source_is_still_a_file(project, refused, file, value):
    """Only its own lines count as lines below a reference."""
    project.declare("[variables.B]\ndefault = '1'\n")
    project.write(file, "A=${B}\nB=3\n")
    options = {"files": [file], "overrides": {"B": value} if value else {}}
    if value:
        assert resolve_env(**options)["A"] == value
    else:
        [problem] = refused(**options)
        assert problem.startswith(f"{file}:1: A: refers to B, which is defined below it (line 2)")
