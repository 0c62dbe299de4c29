"""``whoami``: the address and who named it, where the token comes from, and never the token."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from accounts.person import Person
    from conftest import StoreHome
    from loopback import Loopback


def about(person: Person, status: int = 0, **env: str) -> dict[str, object]:
    """The document of ``whoami --json``, without its version."""
    ran = person.runs("whoami", "--json", env=env)
    assert (ran.status, ran.err) == (status, "")
    document: dict[str, object] = json.loads(ran.out)
    assert document.pop("version") == 1
    assert "icr_" not in ran.out
    return document


def test_nobody(newcomer: Person) -> None:
    """Status 1, and the default address."""
    assert about(newcomer, 1) == {
        "address": "https://app.clovrix.com",
        "address_source": "default",
        "token_source": None,
        "only_reads": False,
        "is_store": False,
        "token_is_ignored": False,
    }
    ran = newcomer.runs("whoami")
    assert "the default" in ran.out
    assert ran.out.endswith(" none\n")
    assert "run clovrix-env login" in ran.err


def test_each_source_is_named(person: Person, store_home: StoreHome, loopback: Loopback) -> None:
    """The highest one counts, a token of a file only reads, and nobody is asked."""
    person.write(".env", "CLOVRIX_TOKEN=icr_file\n")
    told = about(person)
    assert (told["address"], told["address_source"]) == (loopback.url, "CLOVRIX_API_URL")
    assert (told["token_source"], told["only_reads"]) == (".env:1", True)
    assert ".env:1 (to read only)" in " ".join(person.runs("whoami").well().out.split())
    person.logs_in(store_home.token)
    loopback.forget()
    told = about(person)
    assert (told["token_source"], told["only_reads"]) == (str(person.tokens), False)
    assert about(person, CLOVRIX_TOKEN="icr_variable")["token_source"] == "CLOVRIX_TOKEN"
    assert loopback.requests == []


@pytest.mark.parametrize("place", ["CLOVRIX_TOKEN", ".env:1"])
def test_a_token_that_an_embedded_store_ignores_is_mentioned(
    newcomer: Person, store_home: StoreHome, place: str
) -> None:
    """By ``whoami``, ``doctor`` and ``-v``, wherever it comes from; the owner reads and writes."""
    foreign = "icr_" + "Zz9" * 19
    newcomer.environ["CLOVRIX_API_URL"] = store_home.url
    assert "not needed" in " ".join(newcomer.runs("whoami").well().out.split())
    if place == "CLOVRIX_TOKEN":
        newcomer.environ[place] = foreign
    else:
        newcomer.write(".env", f"CLOVRIX_TOKEN={foreign}\n")
    newcomer.runs("set", "A", "--stdin", typed="1").well()
    told = about(newcomer)
    assert (told["address"], told["is_store"]) == (store_home.url, True)
    assert (told["token_source"], told["token_is_ignored"]) == (place, True)
    for words in (["whoami"], ["doctor"], ["run", "-v", "--", "printenv", "A"]):
        ran = newcomer.runs(*words).well()
        said = " ".join((ran.out + ran.err).split())
        assert "is ignored: it is not one of this store's" in said
        assert place in said
    assert ran.out == "1\n"


def test_a_token_that_the_store_knows_is_not_ignored(
    newcomer: Person, store_home: StoreHome
) -> None:
    """In a file it reads; where the store cannot be opened nobody knows."""
    newcomer.environ["CLOVRIX_API_URL"] = store_home.url
    newcomer.write(".env", f"CLOVRIX_TOKEN={store_home.token}\n")
    assert about(newcomer)["token_is_ignored"] is False
    ran = newcomer.runs("set", "A", "--stdin", typed="1")
    assert ran.status == 125
    assert "or remove that line: the owner of the store needs no token" in ran.err
    newcomer.environ["CLOVRIX_API_URL"] = "file:gone.db"
    assert about(newcomer)["token_is_ignored"] is None


def test_what_is_wrong_is_told(person: Person) -> None:
    """As a start would tell it: status 125, and no value."""
    ran = person.runs("whoami", env={"CLOVRIX_TOKEN": "icr_hunter2\n"})
    assert ran.status == 125
    assert "CLOVRIX_TOKEN begins or ends with white space" in ran.err
    assert "hunter2" not in ran.err
