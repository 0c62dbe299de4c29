"""Who may do what: every kind of caller at every operation, and the order of refusals."""

import contextlib
import os
import sqlite3
import time
from hashlib import sha256

import pytest
from store.conftest import edit

from clovrix_env import AuthenticationError, Client
from clovrix_env.api import wire
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.auth.token import Token
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store import access
from clovrix_env.store.answer import Store

PUBLIC = ["get_entries", "get_entry", "set_entry", "set_entries"]
OPERATIONS = [*PUBLIC, "get_history", "restore_entry", "delete_entry", "get_log"]
WRITING = ("set_entry", "set_entries", "restore_entry", "delete_entry")
OUTSIDE = ["malformed", "unknown", "revoked", "expired"]
CALLERS = ["owner", *OUTSIDE, "other_project", "other_environment", "read", "write"]
PLACES = {
    "exists": ("backend", "development", "KEY"),
    "absent_project": ("absent", "development", "KEY"),
    "absent_environment": ("backend", "absent", "KEY"),
    "absent_key": ("backend", "development", "ABSENT"),
}


def call_of(operation, place, token=None, absent="ABSENT"):
    project, environment, key = PLACES[place]
    key = absent if place == "absent_key" else key
    items = (WriteItem(key, "new"),) if operation.startswith("set") else ()
    named = key if operation.endswith(("entry", "history")) else ""
    number = 1 if operation == "restore_entry" else 0
    return Call(operation, project, environment, named, items, token, number)


@pytest.fixture
def token_of(store, put):
    """Makes the token of a kind of caller; there is an entry to ask for."""
    put(KEY="value")
    makers = makers_of(store)
    return lambda caller: makers[caller]()


def makers_of(store):
    def made(environments=("development",), role="write", **more):
        return store.create_token(["backend"], environments, role=role, **more)

    def revoked():
        token = made()
        store.revoke_token(token)
        return token

    return {
        "owner": lambda: None,
        "malformed": lambda: "icr_wrong",
        "unknown": lambda: _of_another_store(made()),
        "revoked": revoked,
        "expired": lambda: made(expires_at=int(time.time()) - 1),
        "other_project": lambda: store.create_token(["other"], role="write"),
        "other_environment": lambda: made(["production"]),
        "read": lambda: made(role="read"),
        "write": made,
    }


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (("backend", "developmnt"), "project 'backend' has no environment 'developmnt' in the store"
         "; it has 'development', 'production'. Did you mean 'development'?"),
        (("backend", "x" * 99), f"project 'backend' has no environment '{'x' * 80}' in the store"
         "; it has 'development', 'production'"),
        (("ba\nckend", "a"), "the store has no project 'ba\\nckend'"
         "; it has 'backend', 'other'. Did you mean 'backend'?"),
    ],
)  # fmt: skip
def test_only_the_owner_sees_what_exists(store, token_of, place, message):
    """With a similar name. A token gets the same sentence for all that it cannot read."""
    reply = store.answer(Call("get_entries", *place))
    assert (reply.status, reply.data["error"]) == (404, message)
    reply = store.answer(Call("get_entries", *place, token=token_of("write")))
    assert (reply.status, "development" in reply.data["error"]) == (404, False)
    for name in range(20):
        store.create_environment("other", f"e{name:02}")
    error = store.answer(Call("get_entries", "other", "zzz")).data["error"]
    assert error.endswith("'e06', 'e07', 'e08', …")


def expected(caller, operation, place):
    if caller in OUTSIDE:
        return 401
    if place in ("absent_project", "absent_environment") or caller.startswith("other_"):
        return 404
    if caller == "read" and operation in WRITING:
        return 403
    if place == "absent_key":
        status = {"set_entry": 201, "set_entries": 200, "get_entries": 200, "get_log": 200}
        return status.get(operation, 404)
    return 200


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("place", PLACES)
def test_every_caller_gets_the_stated_status(store, token_of, values, caller, operation, place):
    """Each caller, operation and place has one status, and a refused write writes nothing."""
    call = call_of(operation, place, token_of(caller))
    status = expected(caller, operation, place)
    admitted = store.admit(call)
    reply = store.answer(call)
    assert reply.status == status
    if status in (401, 403) or (status == 404 and place != "absent_key"):
        assert admitted == reply
        assert values() == {"KEY": "value"}
    elif place != "absent_key":
        assert admitted is None


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("billing", ["pending_payment", "restricted"])
def test_billing_comes_after_the_token_and_before_the_place(
    store, token_of, caller, operation, billing
):
    """402 hides what exists; a caller without a token that holds learns not even that."""
    store.billing = billing
    for place in PLACES:
        reply = store.answer(call_of(operation, place, token_of(caller)))
        assert reply.status == (401 if caller in OUTSIDE else 402)
        assert reply.data.get("billing_status") == (None if caller in OUTSIDE else billing)


def test_billing_is_as_it_was_set(store):
    """It is active until then, and can be active again."""
    assert store.billing == "active"
    for billing, status in (("restricted", 402), ("active", 200)):
        store.billing = billing
        assert store.billing == billing
        assert store.answer(Call("get_entries", "backend", "development")).status == status


@pytest.mark.parametrize("operation", OPERATIONS)
def test_absent_and_out_of_scope_are_the_same_bytes(store, token_of, operation):
    """A token cannot tell a project out of its scope from one that is not there."""
    for environment in ("development", ""):  # or the whole project, for a log
        call = Call(operation, "backend", environment, "KEY", token=token_of("other_project"))
        out_of_scope = wire.content_of(store.answer(call))
        absent = wire.content_of(store.answer(call.replaced(project="absent1")))
        assert out_of_scope.replace(b"backend", b"absent1") == absent


def test_only_a_log_can_be_of_a_whole_project(store, token_of):
    """Any other call without an environment is a 404, and writes nothing."""
    for caller in ("owner", "write"):
        for operation in OPERATIONS:
            call = call_of(operation, "exists", token_of(caller)).replaced(environment="")
            assert store.answer(call).status == (200 if operation == "get_log" else 404), operation
    assert store.answer(call.replaced(project="p" * 81)).data["error"] == (
        f"there is no project '{'p' * 80}' here"
    )


def test_a_bad_key_comes_after_the_role_and_the_place(store, token_of):
    """403, and 404 for the place, before 422 for what would be written there."""
    bad = (WriteItem("bad key", "value"),)
    call = Call("set_entries", "backend", "development", items=bad, token=token_of("read"))
    assert store.answer(call).status == 403
    assert store.answer(Call("set_entries", "absent", "development", items=bad)).status == 404


def test_a_token_of_a_whole_project_reaches_every_environment(store, store_file):
    """Without an environment named, those made later are in scope too. Ids can be large."""
    edit(store_file, "UPDATE sqlite_sequence SET seq = 1000")
    store.create_project("large")
    token = store.create_token(["backend", "large"], role="read")
    for project in ("backend", "large"):
        store.create_environment(project, "later")
        assert store.answer(Call("get_entries", project, "later", token=token)).status == 200
    assert store.answer(Call("get_entries", "other", "production", token=token)).status == 404


def test_revoking_is_immediate(store, put):
    """The next call after a revocation is refused, by the public id as by the whole token."""
    one, two = (store.create_token(["backend"], role="read") for _ in range(2))
    store.revoke_token(one)
    store.revoke_token(two[4:12])
    for token in (one, two):
        reply = store.answer(Call("get_entries", "backend", "development", token=token))
        assert (reply.status, reply.data["error"]) == (401, "the token was revoked")


def test_a_proof_covers_all_that_defines_a_token(store):
    """In this form, whichever version made the store."""
    options = {"role": "read", "expires_at": 2_000_000_000, "name": "job"}
    token = store.create_token(["backend"], ["production"], **options)
    database, _ = store.parts
    assert database.read(lambda connection: access.proven(connection, token[4:12])) == (
        *("token", token[4:12], sha256(token.encode()).hexdigest().upper()),
        *("read", 2_000_000_000, None, (1, "backend", 2, "production"), ("name", "job")),
    )


_CHANGES = (
    *("role = 'write'", "expires_at = NULL", "name = 'b'", "name = NULL"),
    *("hash = 'text'", "proof = 'text'"),
)


@pytest.mark.parametrize("change", _CHANGES)
def test_a_token_that_was_changed_in_the_file_is_not_admitted(store, store_file, change):
    """Its proof does not cover the new row."""
    options = {"role": "read", "expires_at": 2_000_000_000, "name": "a"}
    token = store.create_token(["backend"], **options)
    edit(store_file, f"UPDATE token SET {change}")
    assert store.answer(Call("get_entries", "backend", "production", token=token)).status == 500
    assert not store.tokens()[-1].proven


def test_expiry_counts_from_its_exact_second(store, monkeypatch):
    """A token holds until the second before its expiry."""
    token = store.create_token(["backend"], role="read", expires_at=2_000_000_000)
    call = Call("get_entries", "backend", "development", token=token)
    monkeypatch.setattr(time, "time", lambda: 1_999_999_999.9)
    assert store.answer(call).status == 200
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    assert store.answer(call).status == 401


def test_the_day_of_the_last_use_is_noted_once(store, store_file, rows, monkeypatch):
    """Of an admitted call, in seconds since 1970: another call of that day writes nothing."""
    token = store.create_token(["backend"], ["development"], role="read")
    read = Call("get_entries", "backend", "development", token=token)
    noted = "AFTER UPDATE OF last_used ON token BEGIN INSERT INTO noted VALUES (new.last_used); END"
    edit(store_file, f"CREATE TABLE noted (day); CREATE TRIGGER noted {noted}")
    for now in (200_000, 259_199, 259_200):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        assert store.answer(read.replaced(project="other")).status == 404
        assert store.answer(read).status == 200
    assert rows("SELECT day FROM noted") == [(172_800,), (259_200,)]
    assert store.tokens()[-1].last_used == 259_200


def test_a_use_that_cannot_be_noted_is_not(store_file, master):
    """A read neither waits for another program that writes, which would be an hour, nor fails."""
    other = sqlite3.connect(store_file, isolation_level=None)
    with Store.open(str(store_file), master, busy_ms=3_600_000) as store, contextlib.closing(other):
        token = store.create_token(["backend"], role="read")
        other.execute("BEGIN IMMEDIATE")
        read = Call("get_entries", "backend", "development", token=token)
        assert store.answer(read).status == 200
        assert store.tokens()[-1].last_used is None


def test_tokens_are_listed_as_they_were_created(store, store_file, monkeypatch):
    """In their order, with their state at a time; a time that is not a number is not shown."""
    monkeypatch.setattr(time, "time", lambda: 1_000_000_000)
    options = {"role": "read", "expires_at": 2_000_000_000, "name": "job"}
    made = [store.create_token(["other", "backend"], ["production"], **options) for _ in range(6)]
    store.revoke_token(made[0])
    edit(store_file, "UPDATE token SET last_used = 'text', rowid = 1000 - rowid")
    held = store.tokens()
    assert [token.id for token in held] == [token[4:12] for token in made]
    for token in held:
        assert token.scopes == ("backend/production", "other/production")
        assert (token.created_at, token.last_used) == (1_000_000_000, None)
    assert (held[0].state(0), held[0].revoked_at) == ("revoked", 1_000_000_000)
    states = [held[1].state(2_000_000_000 + second) for second in (-1, 0, 1)]
    assert states == ["holds", "expired", "expired"]


def test_the_name_of_a_token_is_one_line_of_at_most_100_characters(store):
    """Other names are refused."""
    for name in ("n" * 100, "two wörds"):
        store.create_token(["backend"], role="read", name=name)
    for name in ("n" * 101, "a\nb", "a\u2028b", " "):
        with pytest.raises(ClovrixConfigError):
            store.create_token(["backend"], role="read", name=name)


def test_the_form_of_a_token(store, monkeypatch):
    """An id of 8 random bytes, a secret of 32 and a checksum, the same in all versions."""
    monkeypatch.setattr(os, "urandom", lambda count: bytes(range(count)))
    token = store.create_token(["backend"], role="read")
    assert token == "icr_IYT0XLWR003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf4EqgTD"


def test_a_spoilt_token_is_refused(store):
    """Whatever a token's text is, a wrong one is a 401 that does not show it."""
    token = store.create_token(["backend"], role="write")
    other = "b" if token[20] == "a" else "a"
    forged = _with_checksum(token[:12] + "0" * 43)  # the id is public
    shapes = (token[:-7], f"{token[:-6]}a", f"xcr_{token[4:-6]}", f"{token[:20]}-{token[21:-6]}")
    for spoilt in (
        *("", "icr_", "icr_" + "é" * 57, token[:-1], token + "a", token + "\n", token.swapcase()),
        *(f"{token[:20]}{other}{token[21:]}", "\u0661" + token[1:], token[:-1] + "\ud800", forged),
        *(token[:-6] + "0" * 6, token[:-6] + "z" * 6, *map(_with_checksum, shapes)),
    ):
        reply = store.answer(Call("get_entries", "backend", "development", token=spoilt))
        assert reply.status == 401, ascii(spoilt)
        assert ("does not have the form" in reply.data["error"]) == (spoilt != forged)
        assert not spoilt or spoilt not in str(reply.data)


_HOSTED = "icr_" + "Zz9" * 19


def test_a_token_that_counts_is_held_to(store):
    """One with the id of this store, right or wrong; one of our form, unless a file holds it."""
    token = store.create_token(["backend"], role="read")
    for text, from_file, counts in (
        *((token, False, True), (token, True, True), (token[:-6], False, True)),
        *((token[:-1], True, True), (token[:-1] + "x", False, True)),
        *((_of_another_store(token), False, True), (_of_another_store(token), True, False)),
        *((token[:8], False, False), ("another-form", False, False)),
        *((_HOSTED, False, False), (_HOSTED, True, False)),
        *((_HOSTED[:-6] + "0" * 6, False, False), (_with_checksum(_HOSTED[:-7]), False, False)),
    ):
        assert store.is_held_to(Token(text, "test", from_file)) == counts, (text, from_file)


def _of_another_store(token):
    """A token of our form, with an id that the store does not know."""
    return _with_checksum("icr_" + token[4:12][::-1].swapcase() + token[12:-6])


def _with_checksum(token):
    return token + access._checksum(token)


def test_a_token_that_was_cut_off_is_not_the_owner(store_home, monkeypatch):
    """Neither to read nor to write: the last characters were not copied."""
    monkeypatch.setenv("CLOVRIX_TOKEN", store_home.token[:-6])
    with Client(base_url=store_home.url) as client:
        for operation, *more in (("get_entries",), ("set_entry", "A", "1")):
            with pytest.raises(AuthenticationError):
                getattr(client, operation)("backend", "staging", *more)


@pytest.mark.parametrize(
    ("projects", "environments", "role", "sentence"),
    [
        (["absent"], [], "read", "the store has no project 'absent'"),
        (["backend"], ["absent"], "read", "project 'backend' has no environment 'absent'"),
        (["backend"], [], "admin", "the role must be one of read, write"),
        ([], [], "read", "a token needs a project"),
    ],
)
def test_a_token_for_what_is_not_there_is_not_made(store, projects, environments, role, sentence):
    """Each mistake has its sentence."""
    with pytest.raises(ClovrixConfigError) as caught:
        store.create_token(projects, environments, role=role)
    assert caught.value.problems == (sentence,)
    assert "the store" not in sentence or "clovrix-env local " in caught.value.remedy
