"""``list``: every name and how it stands; values only when they are asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from accounts.person import Person
    from loopback import Loopback

    from clovrix_env import Client

_CONTRACT = """
[variables.DECLARED_PLAIN]
secret = false
[variables.DECLARED]
required = true
[variables.OTHERWISE]
secret = false
"""


@pytest.fixture
def names(writer: Person, clovrix: Client) -> Person:
    """Two entries that nobody declared, one that was made otherwise, two that are not set."""
    clovrix.set_entry("backend", "staging", "API_KEY", "hunter2", True)
    clovrix.set_entry("backend", "staging", "NOTHING", "", False)
    clovrix.set_entry("backend", "staging", "OTHERWISE", "a\nb", True)
    writer.write(".clovrix", 'project = "backend"\ndefault_environment = "staging"\n' + _CONTRACT)
    return writer


def rows(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_names_and_states_in_one_request(names: Person, loopback: Loopback) -> None:
    """What is declared is told as declared, and no value."""
    ran = names.runs("list").well()
    assert rows(ran.out) == [
        "NAME STATE KIND",
        "API_KEY set",
        "DECLARED not set, required declared secret",
        "DECLARED_PLAIN not set declared plain",
        "NOTHING empty",
        "OTHERWISE set declared plain",
    ]
    assert "hunter2" not in ran.out + ran.err
    assert "add --long to fetch whether each name is secret" in ran.err
    assert len(loopback.requests) == 1
    assert names.runs("list", "-q").well().err == ""


def test_long_asks_of_each(names: Person, loopback: Loopback) -> None:
    """One request a name that is set; what differs from the contract is told."""
    ran = names.runs("list", "--long").well()
    assert rows(ran.out) == [
        "NAME STATE KIND",
        "API_KEY set secret",
        "DECLARED not set, required declared secret",
        "DECLARED_PLAIN not set declared plain",
        "NOTHING empty plain",
        "OTHERWISE set secret, declared plain",
    ]
    assert len(loopback.requests) == 4
    assert ran.err == ""


def test_reveal_shows_values(names: Person) -> None:
    """A line each: what would break it is an escape."""
    out = rows(names.runs("list", "--reveal").well().out)
    assert out[0] == "NAME STATE KIND VALUE"
    assert "API_KEY set hunter2" in out
    assert "OTHERWISE set declared plain a\\nb" in out


def test_json(names: Person) -> None:
    """Values only with ``--reveal``, and then to the letter."""
    document = json.loads(names.runs("list", "--json").well().out)
    first, *_ = document.pop("names")
    assert document == {"version": 1, "project": "backend", "environment": "staging"}
    unknown = {"secret": None, "declared_secret": None, "required": False}
    assert first == {"name": "API_KEY", "state": "set", **unknown}
    revealed = json.loads(names.runs("list", "--json", "--long", "--reveal").well().out)["names"]
    assert {n["name"]: n["value"] for n in revealed} == {
        "API_KEY": "hunter2",
        "DECLARED": None,
        "DECLARED_PLAIN": None,
        "NOTHING": "",
        "OTHERWISE": "a\nb",
    }
    assert [n["secret"] for n in revealed] == [True, None, None, False, True]


def test_nothing_is_said(writer: Person) -> None:
    """On stderr; stdout stays empty. A project file that cannot be used is told alone."""
    ran = writer.runs("list").well()
    said = "clovrix-env: backend/staging has no entries, and .clovrix declares none\n"
    assert (ran.out, ran.err) == ("", said)
    writer.write(".clovrix", "project = [")
    told = writer.runs("list").err.splitlines()
    assert [line for line in told if "not valid TOML" not in line] == []


def test_a_failure_of_one_is_raised(names: Person, loopback: Loopback) -> None:
    """No table with holes."""
    loopback.fault("answer", status=200, body=b'{"entries": {"A": "1", "B": "2"}}', times=1)
    loopback.fault("answer", status=403, body=b'{"error": "not this one"}')
    ran = names.runs("list", "--long")
    assert (ran.status, ran.out) == (125, "")
    assert "not this one" in ran.err
