"""A token that a file of the project holds reads through a door, and does nothing else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hostile.places import ASKED, Place

if TYPE_CHECKING:
    from hostile.conftest import User

_PROGRAM = """\
import os, sys
from clovrix_env import AsyncClient, Client, ClovrixConfigError, load_env
load_env("backend", "staging")
assert not [name for name in os.environ if name.startswith("CLOVRIX_TOKEN")]
for make in (Client, AsyncClient):
    try:
        make()
    except ClovrixConfigError as error:
        print(error.problems[0])
"""


@pytest.fixture
def place(user: User) -> Place:
    made = Place("", ASKED, files={".env": "CLOVRIX_TOKEN=icr_hunter2\n"},
                 environ={"CLOVRIX_TOKEN": None})  # fmt: skip
    user.enter(made)
    return made


def test_client_does_not_take_it(user: User, place: Place) -> None:
    """``load_env()`` reads with it; ``Client()``, which could write, has no token after that."""
    ending = user.run([sys.executable, "-c", _PROGRAM], user.environ(place), "")
    assert ending.status == 0, ending
    assert ending.output.count("no token for ") == 2
    [request] = user.honest.requests
    assert (request.method, request.body) == ("GET", b"")
    assert request.headers["authorization"] == "Bearer icr_hunter2"
    assert "hunter2" not in ending.output


@pytest.mark.parametrize("options", [(), ("--pass-token",)])
def test_program_does_not_get_it(user: User, place: Place, options: tuple[str, ...]) -> None:
    """Neither as a variable nor in the marker, whatever is passed."""
    command = user.argv(*options, "backend", "staging", "--", "env")
    ending = user.run(command, user.environ(place), "")
    assert ending.status == 0, ending
    assert "GREETING=hello" in ending.output
    assert "hunter2" not in ending.output
    assert [request.method for request in user.honest.requests] == ["GET"]
