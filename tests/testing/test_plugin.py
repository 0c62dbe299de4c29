"""``clovrix_env.testing`` in a project of its own, as its users run it."""

import subprocess
import sys

import pytest
from programs import finish

pytestmark = pytest.mark.slow

_CONFTEST = 'pytest_plugins = ["clovrix_env.testing"]\n'
_SHUFFLE = """
import random

def pytest_collection_modifyitems(items):
    random.Random({seed}).shuffle(items)
"""
_LEAKS = """
import os
import subprocess
import sys

import pytest
from clovrix_env import BillingError, Client, ClovrixConnectionError, ServerError, load, load_env

ENVIRONMENT = dict(os.environ)

@pytest.fixture(autouse=True)
def untouched(request):
    seen = {n: v for n, v in os.environ.items() if n != "PYTEST_CURRENT_TEST"}
    assert seen == {n: v for n, v in ENVIRONMENT.items() if n != "PYTEST_CURRENT_TEST"}
    assert (load.loaded_by, load.remembered) == (0, None)

@pytest.fixture
def backend(clovrix_store):
    assert clovrix_store._store.projects() == {}
    assert clovrix_store.billing == "active"
    clovrix_store.set("backend", "test", {"A": "1", "B": "2"})
    return clovrix_store

@pytest.mark.parametrize("value", range(6))
def test_loads(backend, value):
    backend.set("backend", "test", {f"N{value}": str(value)})
    os.environ["OWN"] = "set by the test"
    os.environ.pop("HOME", None)
    assert dict(load_env("backend", "test")) == {"A": "1", "B": "2", f"N{value}": str(value)}
    assert os.environ["A"] == "1" and "__CLOVRIX_ENV" in os.environ

@pytest.mark.parametrize("value", range(3))
def test_a_large_load_is_forgotten(backend, value):
    backend.set("backend", "test", {f"LARGE_{n}": "x" * 300 + str(value) for n in range(400)})
    assert len(load_env("backend", "test")) == 402

@pytest.mark.parametrize("status", [401, 402, 403, 404, 429, 500, 503])
def test_fails_and_recovers(backend, status):
    backend.fail_next(status, times=9)
    with Client(max_retries=0) as client:
        for _ in range(9):
            with pytest.raises(Exception) as caught:
                client.get_entries("backend", "test")
            assert caught.value.status_code == status
        assert client.get_entries("backend", "test")["A"] == "1"
    backend.fail_next(status, times=2)  # left for nobody

def test_a_client_retries(backend):
    backend.fail_next(503, times=2)
    assert backend.client.get_entries("backend", "test")["A"] == "1"

def test_no_answer(backend):
    backend.drop_next(times=3)
    with pytest.raises(ClovrixConnectionError):
        load_env("backend", "test")
    assert "A" not in os.environ

@pytest.mark.parametrize("status", ["restricted", "pending_payment"])
def test_billing(backend, status):
    backend.billing = status
    with pytest.raises(BillingError) as caught:
        load_env("backend", "test")
    assert caught.value.billing_status == status

def test_a_child_process(backend):
    launched = [sys.executable, "-m", "clovrix_env", "run", "backend", "test", "--"]
    child = [*launched, sys.executable, "-c", "import os; print(os.environ['A'])"]
    backend.fail_next(503, times=3)
    assert subprocess.run(child, capture_output=True).returncode == 125
    assert subprocess.run(child, capture_output=True, check=True).stdout == b"1\\n"

def test_writes(backend):
    backend.client.set_entry("backend", "test", "KEY", "new")
    assert backend.client.get_entry("backend", "test", "KEY").value == "new"

def test_wrong_arguments(clovrix_store):
    for wrong in ((200,), (600,), (503, 0)):
        with pytest.raises(ValueError):
            clovrix_store.fail_next(*wrong)
"""
_TESTS = 6 + 3 + 7 + 1 + 1 + 2 + 1 + 1 + 1


def _pytest(folder, *options):
    """The output of ``pytest`` in ``folder``, with warnings as errors."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    return finish([*pytest, *options], folder, stderr=subprocess.STDOUT, timeout=None).stdout


@pytest.mark.parametrize(
    ("seed", "workers"), [(1, "0"), (2, "2"), (3, "2")], ids=["alone", "xdist", "xdist again"]
)
def test_nothing_leaks_from_test_to_test(tmp_path, seed, workers):
    """Variables, marker, store, failures and billing, in random order and in several workers."""
    (tmp_path / "conftest.py").write_text(_CONFTEST + _SHUFFLE.format(seed=seed))
    (tmp_path / "test_leaks.py").write_text(_LEAKS)
    out = _pytest(tmp_path, "-n", workers)
    assert f"{_TESTS} passed" in out, out


_REMOTE_OFF = """
import os
from clovrix_env import load_env

AT_IMPORT = os.environ.get("CLOVRIX_REMOTE")

def test_off():
    assert [AT_IMPORT, os.environ.get("CLOVRIX_REMOTE")] == ["off", "off"]
    assert load_env("backend", "test", overrides={"A": "1"})["A"] == "1"

def test_the_store_of_a_test_is_used(clovrix_store):
    clovrix_store.set("backend", "test", {"A": "2"})
    assert load_env("backend", "test")["A"] == "2"

def test_off_again():
    assert os.environ["CLOVRIX_REMOTE"] == "off"
"""
_INI = "[pytest]\nclovrix_no_remote = true\n"


@pytest.mark.parametrize(
    ("conftest", "ini", "options"),
    [(_CONFTEST, "", ["--clovrix-no-remote"]), (_CONFTEST, _INI, []),
     (_CONFTEST, _INI, ["-n", "2"]),
     ("import test_off\ntest_off.test_off()", "", ["-p", "clovrix_env.testing"])],
    ids=["option", "ini", "ini and xdist", "-p, before conftest.py"],
)  # fmt: skip
def test_one_option_turns_requests_off(tmp_path, conftest, ini, options):
    """For the whole run, apart from the store of a test."""
    if "-p" in options:
        options = [*options, "--clovrix-no-remote"]
    (tmp_path / "conftest.py").write_text(conftest)
    (tmp_path / "pytest.ini").write_text(ini or "[pytest]\n")
    (tmp_path / "test_off.py").write_text(_REMOTE_OFF)
    out = _pytest(tmp_path, *options)
    assert "3 passed" in out, out


def test_nothing_loads_by_itself(tmp_path):
    """Without ``-p`` or ``pytest_plugins`` there are no fixtures and no option."""
    (tmp_path / "test_off.py").write_text(_REMOTE_OFF)
    out = _pytest(tmp_path)
    assert "fixture 'clovrix_store' not found" in out, out


_SERVER = """
import subprocess, sys

import pytest
from clovrix_env import AuthenticationError, Client, ForbiddenError

@pytest.mark.parametrize("turn", range(3))
def test_served(clovrix_server, monkeypatch, turn):
    clovrix_server.set("backend", "test", {"TURN": str(turn)})
    token = clovrix_server.create_token("backend")
    monkeypatch.setenv("CLOVRIX_TOKEN", token)
    with Client() as client:
        assert client.get_entries("backend", "test") == {"TURN": str(turn)}
        assert [v.change for v in client.get_history("backend", "test", "TURN")] == ["created"]
        with pytest.raises(ForbiddenError):
            client.set_entry("backend", "test", "TURN", "x")
        run = [sys.executable, "-m", "clovrix_env", "run", "backend", "test", "--"]
        run += ["printenv", "TURN"]
        assert subprocess.check_output(run, text=True) == f"{turn}\\n"
        clovrix_server.revoke_token(token)
        with pytest.raises(AuthenticationError):
            client.get_entries("backend", "test")
"""


def test_a_server_for_each_test(tmp_path):
    """``clovrix_server`` has an empty store and real tokens in every test, on one socket."""
    (tmp_path / "test_server.py").write_text(_SERVER)
    out = _pytest(tmp_path, "-p", "clovrix_env.testing")
    assert "3 passed" in out, out
