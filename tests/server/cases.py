"""Calls and their statuses, for every way to reach a store: the same everywhere, in this order."""

import unicodedata

from clovrix_env.api.messages import Call, WriteItem

BACKEND = ("backend", "production")
FULL = ("full", "production")
ODD_NAMES = ("stg/eu", "ünï cödé", "a%2Fb", "100%", "?a=b", "#", "e" + "\u0301")

_NOT_KEYS = (
    *("a", "1A", "A-B", "A B", "K\n", "É", "Ａ", "A" * 129, "A.B", "A1b", " A", "A ", "A\t"),
    *("A\0", "A=B", "$A", "ſ", "٣", "A/B", "."),
)
_KEYS = ("A", "_", "A1", "_1", "B" * 128, "Z9_", "__X")
_VALUES = (
    *("", "x", "x" * 32768, "é" * 16384, "€" * 10922, "😀" * 8192, "\0", "\ufeff", "a\r\nb"),
    *("\u2028", '"\\"', "${A}", " leading", "\x7f\x1b", "null"),
)
_NOT_VALUES = ("x" * 32769, "é" * 16385, "€" * 10923, "😀" * 8193, "\ud800", "a\udfffb")
_ABSENT = (
    *("absent", "Backend", "backend ", ".", "..", "back/end", "back%65nd", "b\0", "n" * 1024),
    *("n" * 1025, unicodedata.normalize("NFC", ODD_NAMES[-1]), ""),
)


def table():
    """The name of a case, its call and the status of the answer."""
    for key in _NOT_KEYS:
        items = [WriteItem(f"K{n}", "v") for n in range(100)]
        items[56] = WriteItem(key, "v")
        yield f"get {key!a}", Call("get_entry", *BACKEND, key), 422
        yield f"set {key!a}", Call("set_entry", *BACKEND, key, (WriteItem(key, "v"),)), 422
        yield f"{key!a} in a batch", Call("set_entries", *BACKEND, items=tuple(items)), 422
    yield "an invalid batch wrote nothing", Call("get_entries", *BACKEND), 200
    for key in _KEYS:
        write = Call("set_entry", *BACKEND, key, (WriteItem(key, "v"),))
        yield f"absent {key[:9]}", Call("get_entry", *BACKEND, key), 404
        yield f"new {key[:9]}", write, 201
        yield f"again {key[:9]}", write, 200
        yield f"read {key[:9]}", Call("get_entry", *BACKEND, key), 200
    for value in _VALUES:
        write = Call("set_entry", *BACKEND, "VALUE", (WriteItem("VALUE", value),))
        yield f"write {value[:9]!a}", write, 201 if value == _VALUES[0] else 200
        yield f"read {value[:9]!a}", Call("get_entry", *BACKEND, "VALUE"), 200
    for value in _NOT_VALUES:
        item = WriteItem("VALUE", value)
        yield f"refuse {value[:9]!a}", Call("set_entry", *BACKEND, "VALUE", (item,)), 422
        batch = (WriteItem("OTHER", "v"), item)
        yield f"batch of {value[:9]!a}", Call("set_entries", *BACKEND, items=batch), 422
    yield "all", Call("get_entries", *BACKEND), 200
    yield from _places()
    yield from _batches()
    yield from _history()


def _places():
    for name in _ABSENT:
        for place in ((name, "production"), ("backend", name)):
            if place == ("backend", ODD_NAMES[-1]):
                continue
            write = Call("set_entry", *place, "KEY", (WriteItem("KEY", "v"),))
            yield f"read {name[:9]!a} {place[0][:3]!a}", Call("get_entries", *place), 404
            yield f"write {name[:9]!a} {place[0][:3]!a}", write, 404
    for name in ODD_NAMES:
        write = Call("set_entry", name, name, "KEY", (WriteItem("KEY", name),))
        yield f"write in {name!a}", write, 201
        yield f"read in {name!a}", Call("get_entries", name, name), 200
    secret = Call("set_entry", *BACKEND, "SECRET", (WriteItem("SECRET", "v", True),))
    yield "a secret", secret, 201
    plain = (WriteItem("SECRET", "w", False),)
    yield "no longer secret", secret.replaced(items=plain), 200
    yield "still secret", Call("get_entry", *BACKEND, "SECRET"), 200
    yield "elsewhere", secret.replaced(environment="staging"), 200
    yield "of staging", Call("get_entries", "backend", "staging"), 200


def _batches():
    def batch(*keys):
        return Call("set_entries", *FULL, items=tuple(WriteItem(key, "v") for key in keys))

    yield "an empty batch", batch(), 200
    yield "a key twice", batch("A", "B", "A"), 422
    yield "101 items", batch(*[f"K{n}" for n in range(101)]), 422
    for start in range(0, 400, 100):
        yield f"100 from {start}", batch(*[f"K{n}" for n in range(start, start + 100)]), 200
    yield "99 more", batch(*[f"K{n}" for n in range(400, 499)]), 200
    yield "two over the limit", batch("K499", "K500"), 422
    yield "the 500th", batch("K499"), 200
    yield "the 501st", batch("K500"), 422
    yield "known ones", batch("K0", "K499"), 200
    yield "500", Call("get_entries", *FULL), 200


def _history():
    def own(operation, key="A", number=0):
        return Call(operation, *BACKEND, key, number=number)

    yield "history", own("get_history"), 200
    yield "history of nothing", own("get_history", "NEVER"), 404
    yield "history of no key", own("get_history", "no"), 422
    yield "the same again", own("restore_entry", number=1), 200
    yield "no such version", own("restore_entry", number=9), 404
    yield "version 0", own("restore_entry", number=0), 422
    yield "delete", own("delete_entry"), 200
    yield "delete again", own("delete_entry"), 404
    yield "deleted", Call("get_entry", *BACKEND, "A"), 404
    yield "restore a deletion", own("restore_entry", number=3), 422
    yield "restore", own("restore_entry", number=1), 200
    yield "restored", Call("get_entry", *BACKEND, "A"), 200
    yield "the log", Call("get_log", *BACKEND), 200
    yield "the log after", Call("get_log", *BACKEND, number=20), 200
    yield "the log of a project", Call("get_log", "backend", ""), 200
    yield "the log of nothing", Call("get_log", "absent", ""), 404
