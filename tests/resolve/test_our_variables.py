"""``CLOVRIX_*``: what they may be, in every door, and what they switch."""

import os
import re

import pytest

from clovrix_env import ClovrixConfigError, load_env, resolve_env
from clovrix_env.settings.variables import VARIABLES

_DOORS = [load_env, resolve_env]


@pytest.mark.parametrize("door", _DOORS)
def test_empty_variable_is_refused_by_name(project, monkeypatch, door):
    """``CLOVRIX_PROJECT=`` is a mistake of a deployment; CI gives an empty token to forks."""
    project.write(".env", "A=1\n")
    monkeypatch.setenv("CLOVRIX_TOKEN", "")
    assert dict(resolve_env()) == {"A": "1"}
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
    with pytest.raises(ClovrixConfigError) as caught:
        door()
    empty = {f"{name} is set but empty" for name in set(VARIABLES) - {"CLOVRIX_TOKEN"}}
    assert empty.issubset(caught.value.problems)
    assert "A" not in os.environ


@pytest.mark.parametrize(
    ("name", "value"),
    [*(("CLOVRIX_OFFLINE", "yes"), ("CLOVRIX_REMOTE", "on"), ("CLOVRIX_AUTOLOAD", "0")),
     *(("CLOVRIX_DISABLED", "true"), ("CLOVRIX_DISABLED", "0")),
     *(("CLOVRIX_AUTOLOAD_ON_ERROR", "ignore"), ("CLOVRIX_CACHE", "forever")),
     *(("CLOVRIX_CACHE", f"max_age={text}") for text in ("1d", f"{'9' * 5000}s", "1s,"))],
)  # fmt: skip
def test_other_value_is_refused_by_name(project, refused, monkeypatch, name, value):
    """A switch that is set to something it does not know is not guessed at, and not shown."""
    project.write(".env", "A=1\n")
    monkeypatch.setenv(name, value)
    [told] = refused()
    assert told.startswith(f"{name} ")
    assert value not in told


@pytest.mark.parametrize("door", _DOORS)
def test_disabled_gives_the_process_environment(project, monkeypatch, door):
    """All of it, origin process; no file is read, not even a broken one."""
    monkeypatch.setenv("CLOVRIX_DISABLED", "1")
    project.declare("broken")
    before = dict(os.environ)
    environment = door("backend", "staging")
    assert dict(environment) == before == dict(os.environ)
    assert {environment.origin(name).kind for name in environment} == {"process"}


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_without_remote_nobody_is_asked(project, clovrix, monkeypatch, how):
    """Files, process and defaults only: no request, and a token that is wrong does not matter."""
    monkeypatch.setenv("CLOVRIX_TOKEN_FILE", "/nowhere")
    project.declare('project = "backend"\n[variables.B]\ndefault = "b"\n')
    project.write(".env", "A=1\n")
    if how == "variable":
        monkeypatch.setenv("CLOVRIX_REMOTE", "off")
    environment = resolve_env(environment="staging", remote=how == "variable")
    assert dict(environment) == {"B": "b", "A": "1"}
    assert clovrix.requests == 0


def test_arguments_beat_variables_beat_the_project_file(project, answers, monkeypatch):
    """For project and environment alike."""
    client = answers(a={}, b={}, c={})
    project.declare('project = "a"\ndefault_environment = "ea"\n')
    resolve_env(client=client)
    monkeypatch.setenv("CLOVRIX_PROJECT", "b")
    resolve_env(client=client)
    monkeypatch.setenv("CLOVRIX_ENVIRONMENT", "eb")
    resolve_env(client=client)
    resolve_env("c", "ec", client=client)
    assert client.asked == [("a", "ea"), ("b", "ea"), ("b", "eb"), ("c", "ec")]


def test_what_is_missing_is_told_with_the_rest(project):
    """Before anything is asked; each remedy in one line says what it is for."""
    project.declare('project = "backend"\n')
    project.write(".env", "A=${\n")
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env()
    assert caught.value.problems == (
        "project backend needs an environment",
        ".env:1: A: a ${ is not followed by a name; quote the value with '…' to keep it as it is",
        "no token for https://app.clovrix.com (the default address)",
    )
    environment, token = caught.value.remedy.split("; ", 1)
    assert environment.startswith("pass environment=, or set default_environment")
    assert "default_environment" in environment
    assert token.startswith("run clovrix-env login")
    with pytest.raises(ClovrixConfigError, match=re.escape("use files=['conf/app.env']")):
        resolve_env("conf/app.env")


@pytest.mark.parametrize(
    ("text", "problem"),
    [('api_url = "http://example.com"', "api_url of config.toml uses http:"),
     ("api_url = 1", "api_url must be a string"),
     ('allow = "PATH"', "allow must be a list of strings"),
     ('token = "hunter2"', "token is not known"), ("nonsense", "not valid TOML")],
)  # fmt: skip
def test_users_own_configuration_is_checked(project, refused, monkeypatch, text, problem):
    """It is named as the place of what is wrong."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(project.folder))
    path = project.write("clovrix-env/config.toml", text)
    project.write(".env", "A=1\n")
    [told, *_] = refused("backend", "staging")
    assert problem in told
    assert path.name in told
    assert "hunter2" not in told


def test_impossible_overrides_are_refused(refused):
    """All of them at once."""
    overrides = {"": "x", "A=B": "x", "A": 1, "B": "x\0", "CLOVRIX_TOKEN": "x"}
    assert refused(overrides=overrides) == [
        f"overrides= {problem}"
        for problem in (
            "contains '', which is not a valid variable name",
            "contains 'A=B', which is not a valid variable name",
            "sets A to a value of type int; it must be a string",
            "sets B to a value that contains a NUL character",
            "contains CLOVRIX_TOKEN, which is reserved: set it in the process environment",
        )
    ]
