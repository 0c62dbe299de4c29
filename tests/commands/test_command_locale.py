"""Words of the command line that are not ASCII, in a locale that is not UTF-8."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from commands.conftest import Run
    from conftest import StoreHome
    from resolve.surroundings import Project

pytestmark = pytest.mark.slow  # many processes

_C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.fixture(autouse=True)
def at_store(project: Project, store_home: StoreHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOVRIX_API_URL", store_home.url)


def test_names_of_places(command: Run) -> None:
    """Those that the store's owner makes are those that others ask for."""
    command("local", "project", "create", "é", "--env", "ü", env=_C)
    command("local", "environment", "create", "é", "ö", env=_C)
    command("local", "init", "ß", env=_C)
    token = ("local", "token", "create", "--project", "é", "--env", "ü", "--role", "read")
    command(*token, env=_C)
    for locale in (_C, {}):
        command("list", "-p", "é", "-e", "ü", env=locale)
        command("diff", "ü", "ö", "-p", "é", env=locale)
        command("list", "-p", "ß", "-e", "development", env=locale)


def test_a_value(command: Run) -> None:
    """It is written as it was given."""
    place = ("-p", "backend", "-e", "staging")
    command("set", "A", "--value", "é", "--plain", *place, env=_C)
    assert command("get", "A", *place).stdout == "é\n"
