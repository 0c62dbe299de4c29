"""A damaged file: an error with a sentence, or right values; never a wrong one, never a crash."""

import contextlib
import gc
import random
import sqlite3
from collections import Counter

import pytest
from repeated import repeated

from clovrix_env import Client, ClovrixAPIError, ClovrixConfigError, NotFoundError, ServerError

PAGE = 4096
SEED = 20_261_125
RIGHT = {
    **{f"KEY_{number}": f"right-{number}-" + "x" * 40 * number for number in range(40)},
    "EMPTY": "",
    "LONG": "right-" + "y" * 20_000,
}


@pytest.fixture
def filled(stand):
    """A store with short and long entries in two environments, and the content of its file."""
    items = [{"key": key, "value": value} for key, value in RIGHT.items()]
    with stand.client() as client:
        client.set_entries("backend", "production", items)
        client.set_entries("backend", "staging", [{"key": "KEY_1", "value": "of staging"}])
    with stand.opened() as store:
        stand.token = store.create_token(["backend"], ["production"], role="read")
    return stand


def outcome(stand, token):
    """What comes of reading and writing a damaged store; a wrong value or an exception fails."""
    try:
        client = Client(token, stand.url, max_retries=0)
    except (ClovrixConfigError, ClovrixAPIError) as error:
        check(stand, error)
        return "refused at opening"
    with client:
        said = {read(stand, client, key) for key in (None, "KEY_3", "LONG", "EMPTY")}
        with contextlib.suppress(ClovrixAPIError):
            client.set_entry("backend", "staging", "NEW", "of staging")
            said.add("written")
        said |= {read(stand, client, None)}
    return max(said, key=["written", "right values", "some gone", "refused"].index)


def read(stand, client, key):
    try:
        if key is None:
            found = client.get_entries("backend", "production")
        else:
            found = {key: client.get_entry("backend", "production", key).value}
    except NotFoundError:
        return "some gone"
    except ClovrixAPIError as error:
        check(stand, error)
        return "refused"
    assert found.items() <= RIGHT.items(), "a wrong value"
    return "right values" if key is not None or found == RIGHT else "some gone"


def check(stand, error):
    """A refusal names the file, or is the token's; it shows no value."""
    about_token = isinstance(error, ClovrixAPIError) and error.status_code in (401, 403, 404)
    assert about_token or str(stand.path) in str(error), error
    assert "right-" not in str(error)
    assert "of staging" not in str(error)


def all_outcomes(stand, damaged):
    counted = Counter()
    for what, content in damaged:
        for token in (None, stand.token):
            stand.path.write_bytes(content)
            stand.journal.unlink(missing_ok=True)
            try:
                counted[outcome(stand, token)] += 1
            except Exception as error:
                raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
    return counted


def test_a_store_cut_anywhere_is_refused(filled):
    """Cut at each page, and at each byte of the first page's header."""
    whole = filled.path.read_bytes()
    sizes = [*range(101), *range(PAGE, len(whole), PAGE), *range(PAGE - 1, len(whole), PAGE)]
    counted = all_outcomes(filled, ((f"cut to {size}", whole[:size]) for size in sizes))
    assert set(counted) == {"refused at opening"}


def zeroed(whole, count):
    for start in range(0, len(whole), PAGE):
        yield f"zero at {start}", whole[:start] + bytes(PAGE) + whole[start + PAGE :]


def overwritten(whole, count):
    """A page of noise, a page of another place, or some bytes anywhere."""
    chance = random.Random(SEED)
    for number in range(count):
        content = bytearray(whole)
        start, other = (chance.randrange(0, len(whole), PAGE) for _ in range(2))
        if number % 4 == 0:
            content[start : start + PAGE] = chance.randbytes(PAGE)
        elif number % 4 == 1:
            content[start : start + PAGE] = whole[other : other + PAGE]
        elif number % 4 == 2:
            length = chance.randrange(1, 40)
            content[start : start + length] = chance.randbytes(length)
        else:
            for _ in range(chance.randrange(1, 30)):
                content[chance.randrange(len(whole))] = chance.randrange(256)
        yield f"{SEED}, number {number}", bytes(content)


def in_the_first_page(whole, count):
    """Bytes of the schema and of the header, each with a value that is not its own."""
    chance = random.Random(SEED)
    for number in range(count):
        content = bytearray(whole)
        for _ in range(1 + number % 3):
            at = chance.randrange(100) if number % 2 else chance.randrange(100, PAGE)
            content[at] = chance.randrange(256)
        yield f"{SEED}, first page, number {number}", bytes(content)


@pytest.mark.parametrize("count", repeated(200, deep=5_000))
@pytest.mark.parametrize("damage", [zeroed, overwritten, in_the_first_page])
def test_a_damaged_page_is_never_a_wrong_value(filled, damage, count):
    """Each page zeroed; noise, strange pages and single bytes in a random place."""
    counted = all_outcomes(filled, damage(filled.path.read_bytes(), count))
    print(f"{damage.__name__}, seed {SEED}: {dict(counted)}")
    assert counted["refused at opening"] or counted["refused"]


WRITER = """
from clovrix_env import Client
with Client(max_retries=0) as client:
    print(client.set_entry("backend", "staging", "NEW", "new").created)
"""


def test_a_read_that_failed_holds_no_lock(filled):
    """A text that is no UTF-8 fails a read; others write on, whoever keeps the error."""
    with contextlib.closing(sqlite3.connect(filled.path)) as connection:
        connection.execute("UPDATE entry SET key = CAST(x'ff' AS TEXT) WHERE key = 'KEY_3'")
        connection.commit()
    gc.collect()
    gc.disable()
    try:
        with filled.client() as client:
            with pytest.raises(ServerError, match="a text in it is not UTF-8"):
                client.get_entries("backend", "production")
            assert filled.run("-c", WRITER) == (0, "True\n", "")
    finally:
        gc.enable()
