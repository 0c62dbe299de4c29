"""``local prune``: which versions, tokens and keys go, and that everything else is as before."""

import time

import pytest

from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.auth.token import Token
from clovrix_env.store.prune import Rule

AT = ("backend", "development")
KEYS = ("KEY", "GONE", "ONCE")


@pytest.fixture
def clock(monkeypatch):
    """``clock(5)``: it is the fifth second of 1970 for the store."""

    def set_to(now):
        monkeypatch.setattr(time, "time", lambda: now)

    return set_to


@pytest.fixture
def filled(store, put, clock):
    """KEY has versions of the seconds 1 to 5, GONE was deleted in second 2."""
    for now in range(1, 6):
        clock(now)
        put(KEY=f"value {now}")
        if now == 1:
            put(GONE="value", ONCE="value")
        if now == 2:
            store.answer(Call("delete_entry", *AT, "GONE"))
    clock(100)
    return store


@pytest.mark.parametrize(
    ("rule", "key", "gone"),
    [
        (Rule(1), [5], [2]),
        (Rule(2), [4, 5], [1, 2]),
        (Rule(9), [1, 2, 3, 4, 5], [1, 2]),
        (Rule(1, before=4), [3, 4, 5], [2]),
        (Rule(1, before=100), [5], [2]),
        (Rule(3, before=4), [3, 4, 5], [1, 2]),
        (Rule(1, before=1), [1, 2, 3, 4, 5], [1, 2]),
    ],
)
def test_old_versions_go_and_the_others_are_as_before(filled, values, rule, key, gone):
    """A version that was in use since ``before`` stays, and so does the newest, if a deletion."""

    def histories():
        history = {name: filled.answer(Call("get_history", *AT, name)) for name in KEYS}
        return {name: reply.data["versions"] for name, reply in history.items()}

    left = {"KEY": key, "GONE": gone, "ONCE": [1]}
    before, current = histories(), values()
    planned = filled.prunable(rule)
    assert histories() == before
    assert filled.prune(rule) == planned
    assert not filled.prunable(rule)
    assert histories() == {
        name: [version for version in before[name] if version["number"] in left[name]]
        for name in KEYS
    }
    assert (values(), filled.verify()) == (current, [])
    for name in KEYS:
        filled.answer(Call("set_entry", *AT, name, (WriteItem(name, "new"),)))
    assert [versions[-1]["number"] for versions in histories().values()] == [6, 3, 2]
    events = filled.answer(Call("get_log", *AT)).data["events"]
    noted = [event["environment"] for event in events if event["action"] == "prune_versions"]
    assert noted == (["development"] if planned else [])


def test_versions_are_append_only_without_prune(filled, rows):
    """The triggers refuse to delete a version, before a prune and after."""
    for _ in range(2):
        with pytest.raises(Exception, match="append-only"), filled._database.writing() as writing:
            writing.execute("DELETE FROM version")
        filled.prune(Rule(1))


def test_tokens_that_nothing_needs_go_and_are_still_refused(store, clock):
    """Revoked or expired before, and no version that stays is theirs."""
    clock(1)
    ended, wrote, expired, recent, valid = (
        store.create_token(["backend"], role="write", expires_at=expires_at)
        for expires_at in (None, None, 2, None, 200)
    )
    for token in (ended, wrote):
        item = WriteItem("KEY", token[:9])
        store.answer(Call("set_entry", *AT, "KEY", (item,), token))
        store.revoke_token(token)
    clock(50)
    store.revoke_token(recent)
    clock(100)
    pruned = store.prune(Rule(1, before=50))
    assert set(pruned.tokens) == {ended[4:12], expired[4:12]}
    left = [token[4:12] for token in (wrote, recent, valid)]
    assert [token.id for token in store.tokens()] == left
    for token in (ended, expired):
        assert store.answer(Call("get_entries", *AT, token=token)).status == 401
        assert store.is_held_to(Token(token[:-1], "test", True))
    assert store.verify() == []


def test_a_retired_key_goes_with_its_last_value(store, put, rows):
    """The present key stays, and every value opens."""
    put(KEY="old")
    with store._database.writing() as writing:
        writing.execute("UPDATE data_key SET retired_at = 1 WHERE project_id = 1")
        store._keys.create(writing, 1)
    put(KEY="new")
    assert store.prune(Rule(2)).data_keys == ()
    ((project, _),) = store.prune(Rule(1)).data_keys
    assert (project, store.verify()) == (1, [])
    keys = rows("SELECT count(*), max(retired_at) FROM data_key WHERE project_id = 1")
    assert keys == [(1, None)]
