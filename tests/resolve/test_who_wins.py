"""The order of the layers, every neighbouring pair, through real files and a brought client."""

import pytest

from clovrix_env import resolve_env

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
def world(project, answers, monkeypatch):
    """``world(LAYERS)`` has NAME in each of these layers, with the layer's name as its value.

    It returns the value and its places, the winner's first.
    """

    def resolved(layers, **options):
        entries = {"first": {}, "second": {}, "backend": {}}
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


def _shown(layers):
    return [_SOURCES.get(layer, layer) for layer in layers]


@pytest.mark.parametrize("override", [False, True])
def test_all_layers_at_once(world, override):
    """The highest hides all others; ``override`` moves the process to just above the defaults."""
    others = [layer for layer in _LAYERS if layer not in ("default", "process")]
    order = ["default", "process", *others] if override else _LAYERS
    assert world(_LAYERS, override=override) == ("overrides", _shown(reversed(order)))


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
