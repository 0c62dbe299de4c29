"""The system check of Django: every violation of ``.clovrix``, and no value."""

import os
import sys

import pytest

from clovrix_env import load_env
from clovrix_env.integrations.django.contract_check import check_contract

_SECRET = "hunter2"
_CONTRACT = '[variables]\nPORT = {type = "port"}\nTOKEN = {required = true}\nX = {default = "1"}\n'
_LOADS = "from clovrix_env import load_env\nload_env()\n"
_SETTINGS = """\
SECRET_KEY = "x"
INSTALLED_APPS = ["clovrix_env.integrations.django"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
"""
_MISSING = "TOKEN is required and not set (declared in .clovrix:3); expected text"
_WRONG = "PORT is not a valid port (process environment); expected a port, 1 to 65535"
_REMEDY = "set a valid value on Clovrix, in a .env file or in the process environment"
_NOTHING = "clovrix-env has loaded nothing here"

# The contract, the variables, and each message with the beginning of its hint.
_CHECKED = [
    (_CONTRACT, {"PORT": "1", "TOKEN": _SECRET}, []),
    (
        _CONTRACT,
        {"PORT": _SECRET},
        [("E001", _MISSING, _REMEDY), ("E001", _WRONG, _REMEDY), ("W002", _NOTHING, "Call load")],
    ),
    (
        "a = [",
        {"__CLOVRIX_ENV": "{}"},
        [("E001", ".clovrix", "")],
    ),
    (None, {"TOKEN": _SECRET}, [("E001", "nothing is configured in", "name a project"), ("W002",)]),
    (None, {"CLOVRIX_PROJECT": "backend", "CLOVRIX_ENVIRONMENT": "staging"}, [("W001", "", "Add")]),
    (_CONTRACT, {"CLOVRIX_DISABLED": "1"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("contract", "variables", "expected"), _CHECKED)
def test_variables_of_the_process_are_checked(project, monkeypatch, contract, variables, expected):
    """The file ``.env`` does not count, because nothing has loaded it; nothing is changed."""
    if contract is not None:
        project.declare(contract)
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    before = dict(os.environ)
    found = check_contract(None)
    assert dict(os.environ) == before
    assert _SECRET not in repr(found)
    assert len(found) == len(expected)
    for message, (number, *texts) in zip(found, expected):
        assert message.id == f"clovrix_env.{number}"
        for text, shown in zip(texts, (message.msg, message.hint or "")):
            assert shown.startswith(text), shown


def test_values_that_load_env_has_set_count(project, clovrix, monkeypatch):
    """From Clovrix and from a file, without a second request, until one is unset."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    clovrix.put("backend", "staging", TOKEN=_SECRET)
    project.write(".env", "PORT=1\n")
    project.declare(f'project = "backend"\n{_CONTRACT}')
    load_env(environment="staging")
    assert check_contract(None) == []
    assert clovrix.requests == 1
    del os.environ["TOKEN"]
    missing = [message.msg for message in check_contract(None)]
    assert missing == [_MISSING.replace(".clovrix:3", ".clovrix:4")]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["check", "check --tag clovrix_env", "migrate", "test"])
def test_commands_of_django_run_the_check(project, launched, command):
    """With the app alone, and with ``load_env()`` in the settings."""
    project.declare(_CONTRACT)
    project.write(".env", f"PORT=1\nTOKEN={_SECRET}\n")
    project.write("settings.py", _SETTINGS)
    launched.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    launched.environ["PYTHONPATH"] += f":{project.folder}"
    words = (sys.executable, "-m", "django", *command.split())
    ran = launched.plain(*words, env={"PORT": _SECRET})
    shown = (ran.stdout + ran.stderr).decode()
    assert ran.returncode == 1
    assert [line in shown for line in (_MISSING, _WRONG, "Traceback", _SECRET)] == [1, 1, 0, 0]
    project.write("settings.py", _LOADS + _SETTINGS)
    ran = launched.plain(*words)
    assert b"clovrix_env" not in ran.stderr
    assert ran.returncode == 0
