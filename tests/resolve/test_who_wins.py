"""The order of the layers, every neighbouring pair, through real files and a brought client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from resolve.surroundings import Answers, Project

    World = Callable[..., tuple[str, list[str]]]

_LAYERS = (
    "default",
    "first",
    "second",
    "backend",
    ".env",
    ".env.staging",
    ".env.local",
    ".env.staging.local",
    "process",
    "overrides",
)
_SOURCES = {
    "default": "default in .clovrix",
    "process": "process environment",
    "overrides": "overrides=",
    **{name: f"{name}/staging on Clovrix" for name in ("first", "second", "backend")},
}


@pytest.fixture
def world(project: Project, answers: Answers, monkeypatch: pytest.MonkeyPatch) -> World:
    """``world(LAYERS)`` has NAME in each of these layers, with the layer's name as its value.

    It returns the value and its places, the winner's first.
    """

    def resolved(layers: Iterable[str], **options: Any) -> tuple[str, list[str]]:
        entries: dict[str, dict[str, str]] = {"first": {}, "second": {}, "backend": {}}
        declared = 'project = "backend"\nextends = ["first", "second"]\n'
        for layer in layers:
            if layer == "default":
                declared += '[variables.NAME]\ndefault = "default"\n'
            elif layer in entries:
                entries[layer]["NAME"] = layer
            elif layer == "process":
                monkeypatch.setenv("NAME", layer)
            elif layer == "overrides":
                options["overrides"] = {"NAME": layer}
            else:
                project.write(layer, f"NAME={layer}\n")
        project.declare(declared)
        environment = resolve_env(environment="staging", client=answers(**entries), **options)
        origin = environment.origin("NAME")
        return environment["NAME"], [place.source for place in (origin.place, *origin.hid)]

    return resolved


def _shown(layers: Iterable[str]) -> list[str]:
    return [_SOURCES.get(layer, layer) for layer in layers]


@pytest.mark.parametrize(("lower", "higher"), list(zip(_LAYERS, _LAYERS[1:])))
def test_higher_layer_wins(world: World, lower: str, higher: str) -> None:
    """Of two neighbours the higher one gives the value, and hides the lower."""
    assert world([lower, higher]) == (higher, _shown([higher, lower]))


@pytest.mark.parametrize("override", [False, True])
def test_all_layers_at_once(world: World, override: bool) -> None:
    """The highest hides all others; ``override`` moves the process to just above the defaults."""
    others = [layer for layer in _LAYERS if layer not in ("default", "process")]
    order = ["default", "process", *others] if override else _LAYERS
    assert world(_LAYERS, override=override) == ("overrides", _shown(reversed(order)))


def test_empty_variable_of_the_program_counts_as_set(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``NAME=`` wins over a file, whose value may be wrong where nobody sees it."""
    monkeypatch.setenv("NAME", "")
    project.write(".env", "NAME=${NOPE}\n")
    assert dict(resolve_env()) == {"NAME": ""}


@pytest.mark.parametrize(("override", "host"), [(False, "process"), (True, "b")])
def test_references_see_the_winners_of_all_layers(
    project: Project,
    answers: Answers,
    monkeypatch: pytest.MonkeyPatch,
    override: bool,
    host: str,
) -> None:
    """A base file sees the local file's name; a local file sees lower names and Clovrix's."""
    monkeypatch.setenv("USER_NAME", "me")
    monkeypatch.setenv("HOST", "process")
    project.declare('[variables.USER_NAME]\ndefault = "default"\n')
    project.write(".env", "HOST=a\nNEAR=a\nURL=http://${HOST}/${NEAR}/${USER_NAME}\nLOW=low\n")
    project.write(".env.local", "HOST=b\nNEAR=b\nREST=${LOW}-${KEY}\n")
    client = answers(backend={"KEY": "k${LOW}"})
    environment = resolve_env("backend", "staging", client=client, override=override)
    assert environment["URL"] == f"http://{host}/b/me"
    assert environment["REST"] == "low-k${LOW}"


def test_name_that_refers_to_itself_means_the_next_lower(
    project: Project, answers: Answers
) -> None:
    """``LIST=${LIST},b`` appends, over files, lines and Clovrix."""
    project.write(".env", "LIST=${LIST},b\nLIST=${LIST},c\n")
    project.write(".env.local", "LIST=${LIST},d\n")
    client = answers(backend={"LIST": "a"})
    assert resolve_env("backend", "staging", client=client)["LIST"] == "a,b,c,d"


def test_environment_holds_no_name_that_only_the_process_knows(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only names that another layer, or the contract, knows."""
    monkeypatch.setenv("ONLY_PROCESS", "1")
    monkeypatch.setenv("DECLARED", "2")
    project.declare("[variables.DECLARED]\n[variables.NOBODY]\n")
    assert dict(resolve_env()) == {"DECLARED": "2"}


def test_project_that_extends_itself_still_stands_above(project: Project, answers: Answers) -> None:
    """The project wins over what it extends, even where it lists itself first."""
    project.declare('project = "backend"\nextends = ["backend", "shared"]\n')
    client = answers(shared={"A": "shared"}, backend={"A": "backend"})
    assert dict(resolve_env(environment="staging", client=client)) == {"A": "backend"}
    assert sorted(client.asked) == [("backend", "staging"), ("shared", "staging")]
