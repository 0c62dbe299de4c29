"""One planted value and one planted token: nowhere but in the answer that is theirs."""

from clovrix_env.api import wire
from clovrix_env.api.messages import Call, WriteItem

VALUE = "planted-7f3a91-value"


def everything_on_disk(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_file_holds_no_value_and_no_token(store_file, store, put):
    """Database and journal hold names, never a value or a token; the search would find one."""
    token = store.create_token(["backend"], role="write")
    put(PLANTED=VALUE)
    store.close()
    content = everything_on_disk(store_file.parent)
    assert b"PLANTED" in content
    for secret in (VALUE, token, token[4:], token[12:55]):
        assert secret.encode() not in content


def test_an_open_journal_holds_no_value(store_file, store, put):
    """In the middle of a write, what lies in the journal is sealed too."""
    put(PLANTED=VALUE)
    with store._database.writing() as connection:
        connection.execute("UPDATE version SET sealed = zeroblob(9)")
        assert (store_file.parent / "store.db-journal").stat().st_size > 0
        assert VALUE.encode() not in everything_on_disk(store_file.parent)


def test_refusals_do_not_repeat_what_was_sent(store, put):
    """Neither value nor token stands in a refusal, its repr or its bytes."""
    put(PLANTED=VALUE)
    token = store.create_token(["backend"], ["production"], role="read")
    item = (WriteItem("PLANTED", VALUE + "\ud800"),)
    calls = [
        Call("set_entry", "backend", "development", "PLANTED", item),
        Call("set_entry", "backend", "production", "PLANTED", item, token),
        Call("set_entry", "absent", "production", "PLANTED", item),
        Call("get_entries", "backend", "development", token=token),
        Call("get_entries", "backend", "production", token=token[:-1]),
        Call("set_entries", "backend", "development", items=(WriteItem("x", VALUE),)),
    ]
    for call in calls:
        reply = store.answer(call)
        assert reply.status >= 400
        shown = repr([reply, call, store, vars(store)]) + wire.content_of(reply).decode()
        assert VALUE not in shown
        assert token not in shown
