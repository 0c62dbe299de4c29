"""``load_env()`` sets everything or nothing, and tells what it did without showing a value."""

import gc
import os
import sys
from collections.abc import Mapping

import pytest

from clovrix_env import (
    AsyncClient,
    ClovrixConfigError,
    ClovrixError,
    Environment,
    load_env,
    resolve_env,
)


def test_values_are_in_os_environ(project, clovrix):
    """Of all layers; ``resolve_env()`` tells the same and sets nothing."""
    clovrix.put("backend", "staging", A="remote", B="remote")
    project.write(".env", "B=file\n")
    expected = {"A": "remote", "B": "file", "C": "override"}
    before = dict(os.environ)
    assert dict(resolve_env("backend", "staging", overrides={"C": "override"})) == expected
    assert dict(os.environ) == before
    assert dict(load_env("backend", "staging", overrides={"C": "override"})) == expected
    assert {name: os.environ[name] for name in "ABC"} == expected


@pytest.mark.parametrize(
    ("files", "entries"),
    [*(({".env.local": "B=${NOPE}\n"}, b""), ({".clovrix": "nonsense = 1"}, b"")),
     *(({}, b'{"error": "no answer"}'), ({}, b'{"entries": {"LD_PRELOAD": "x"}}')),
     *(({}, b'{"entries": {"Z=Z": "1"}}'), ({}, b'{"entries": {"": "1"}}')),
     *(({}, b'{"entries": {"Z": "a\\u0000b"}}'), ({}, b'{"entries": {"Z": "\\ud800"}}'))],
)  # fmt: skip
def test_nothing_is_set_where_anything_is_wrong(project, clovrix, files, entries):
    """All is checked before anything is applied."""
    clovrix.put("backend", "staging", A="1")
    project.write_all({".env": "FIRST=1\n", **files})
    if entries:
        clovrix.loopback.fault("answer", body=entries, status=404 if b"error" in entries else 200)
    before = dict(os.environ)
    with pytest.raises(ClovrixError):
        load_env("backend", "staging", timeout=5)
    assert dict(os.environ) == before


def test_environment_is_a_mapping(project):
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
        environment["A"] = "2"


def test_no_repr_shows_a_value(project, clovrix):
    """Names and where they come from, in ``repr``, ``str`` and the origin's."""
    clovrix.put("backend", "staging", A="hunter2")
    project.write(".env", "B=hunter2\n")
    environment = load_env("backend", "staging", overrides={"C": "hunter2"})
    assert repr(environment) == (
        "Environment(A from backend/staging on Clovrix, B from .env:1, C from overrides=)"
    )
    shown = [str(environment), *(repr(environment.origin(name)) for name in "ABC")]
    assert "hunter2" not in str(shown)


@pytest.mark.parametrize(("override", "value"), [(False, "process"), (True, "file")])
def test_name_of_the_process_is_left_as_it_is(project, monkeypatch, override, value):
    """It is in the mapping, with its origin; ``override=True`` sets over it."""
    monkeypatch.setenv("A", "process")
    project.write(".env", "\nA=file\n")
    origin = load_env(override=override).origin("A")
    assert os.environ["A"] == value
    assert (origin.kind, origin.source, origin.line) == (
        ("file", ".env", 2) if override else ("process", "process environment", 0)
    )


def test_large_environment_is_told(project, capsys):
    """In a process nothing limits it; the programs that it starts would fail one day."""
    for number in range(5):
        project.write(f"{number}.env", "".join(f"V{number}_{n}={'x' * 9999}\n" for n in range(100)))
    load_env(files=[f"{number}.env" for number in range(5)])
    assert "the environment takes 4.8 MiB; programs started from here fail above" in (
        capsys.readouterr().err
    )


def test_paths_and_iterators_will_do(project):
    """Texts or path objects; a generator is read once."""
    path = project.write("x.env", "A=1\nB=1\n")
    files = (name for name in (path, str(path)))
    assert dict(load_env(root=project.folder, files=files, only=iter("A"))) == {"A": "1"}


@pytest.mark.parametrize("was_on", [True, False])
@pytest.mark.parametrize("text", ["A=1\n", "A=${UNKNOWN}\n"])
def test_collector_is_left_as_it_was(project, was_on, text):
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


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"overrides": [("A", "hunter2")]}, "overrides= must be a mapping of names to strings"),
        ({"overrides": "A=hunter2"}, "overrides= must be a mapping of names to strings"),
        ({"client": object()}, "client= must be a clovrix_env.Client, not object"),
        ({"client": AsyncClient("icr_x")}, "client= must be a clovrix_env.Client, not AsyncClient"),
        ({"root": b"."}, "root= requires a str or a path, not bytes"),
        ({"root": 1}, "root= requires a str or a path, not int"),
        ({"files": [b".env"]}, "files= requires a str or a path, not bytes"),
        ({"files": 1}, "files= must be a list of paths"),
        ({"only": [1]}, "only= requires str, not int"),
        ({"exclude": 1}, "exclude= must be a list of names"),
        ({"allow": [None]}, "allow= requires str, not NoneType"),
        # It would be four globs of one letter.
        ({"only": "DB_*"}, "only= must be a list of names"),
    ],
)
def test_wrong_argument(project, arguments, problem):
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


_MAIN = """\
import sys
from clovrix_env import load_env
load_env(overrides={"A": "1"})
print("out", sys.stderr and sys.stderr.closed)
"""
_CLOSES = "import sys; sys.stderr.close()\n"
_TOLD = b"clovrix-env: .env not read in production (local=True reads it)\n"


@pytest.mark.parametrize(
    ("redirection", "main", "stderr", "told"),
    [("", _MAIN, b"False", _TOLD), ("2>&-", _MAIN, b"None", b""),
     ("2>/dev/full", _MAIN, b"False", b""), ("", _CLOSES + _MAIN, b"True", b"")],
    ids=["open", "closed", "full", "closed by the program"],
)  # fmt: skip
def test_note_where_stderr_takes_none(launched, redirection, main, stderr, told):
    """The program goes on, and its output is its own."""
    (launched.folder / ".env").write_text("")
    launched.environ.update(CLOVRIX_ENVIRONMENT="production", CLOVRIX_REMOTE="off")
    ran = launched.plain("sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-c", main)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"out " + stderr + b"\n", told)
