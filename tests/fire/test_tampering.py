"""Somebody writes the file without the key: no value, no place and no right is taken from them.

Two limits remain, and ``docs/reference/store.md`` names them: an older state of the file is not
detected. ``head`` set back brings back an older value of the same entry in the same environment;
the row that a token had before it was revoked lets that token in again.
"""

import contextlib
import itertools
import sqlite3
from collections import Counter

import pytest

from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.errors import ClovrixConfigError, ServerError
from clovrix_env.store.answer import Store

TABLES = ("project", "data_key", "environment", "entry", "version", "head", "token", "token_scope")
PLACES = [*itertools.product(("backend", "other"), ("production", "staging"))]
HISTORY = [
    ("backend", "production", {"ONE": "one-1", "TWO": "two-1"}),
    ("backend", "production", {"ONE": "one-2"}),
    ("backend", "production", {"ONE": "one-3"}),
    ("backend", "staging", {"ONE": "staging-1", "TWO": "staging-two-1"}),
    ("backend", "staging", {"ONE": "staging-2"}),
    ("other", "production", {"ONE": "other-1"}),
    ("other", "staging", {"ONE": "other-staging-1"}),
]

pytestmark = pytest.mark.timeout(120)


class Held:
    """What stands in a store, who may do what in it, and its file as it was."""

    def __init__(self, stand):
        self.stand = stand
        self.older = set()
        self.current = {}
        with stand.opened() as store:
            store.create_project("other")
            for environment in ("production", "staging"):
                store.create_environment("other", environment)
            for project, environment, values in HISTORY:
                items = tuple(WriteItem(key, value) for key, value in values.items())
                call = Call("set_entries", project, environment, items=items)
                assert store.answer(call).status == 200
                for key, value in values.items():
                    place = (project, environment, key)
                    if place in self.current:
                        self.older.add((*place, self.current[place]))
                    self.current[place] = value
            revoked = store.create_token(["other"], role="write")
            store.revoke_token(revoked)
            self.tokens = [
                store.create_token(["backend"], ["production"], role="read"),
                store.create_token(["backend"], ["staging"], role="write"),
                store.create_token(["other"], role="read"),
                store.create_token(["other"], role="write", expires_at=1),
                revoked,
                stand.writer,
            ]
            self.rights = self.rights_in(store)
        self.content = stand.path.read_bytes()

    def rights_in(self, store):
        """Which token may do what where."""
        item = (WriteItem("NEW", "new"),)
        return {
            (token, operation, *place)
            for token in self.tokens
            for place in PLACES
            for operation, items in (("get_entries", ()), ("set_entries", item))
            if store.admit(Call(operation, *place, items=items, token=token)) is None
        }

    def outcome(self):
        """What comes of the file as it stands now; nothing that was not there may be taken."""
        try:
            store = Store.open(str(self.stand.path), self.stand.key)
        except (ClovrixConfigError, ServerError):
            return "refused at opening"
        said = {"right values"}
        with store:
            assert self.rights_in(store) <= self.rights, "a right that nobody gave"
            for who, place in itertools.product([None, *self.tokens], PLACES):
                reply = store.answer(Call("get_entries", *place, token=who))
                data = reply.data or {}
                if reply.status == 500:
                    assert data["error"].startswith(f"the store {self.stand.path} ")
                    said.add("refused")
                said |= {self.judged(place, *each) for each in data.get("entries", {}).items()}
            write = Call("set_entry", *PLACES[0], "ONE", (WriteItem("ONE", "one-4"),))
            if store.answer(write).status == 200:
                reply = store.answer(Call("get_entry", *PLACES[0], "ONE"))
                assert (reply.data or {}).get("value", "one-4") == "one-4"
        return min(said, key=["an older value", "refused", "right values"].index)

    def judged(self, place, key, value):
        if self.current.get((*place, key)) == value:
            return "right values"
        assert (*place, key, value) in self.older, f"{key} of {place} is {value!r}"
        return "an older value"

    @contextlib.contextmanager
    def tampered(self):
        """The file as it was, opened by somebody whom no constraint of ours holds."""
        self.stand.journal.unlink(missing_ok=True)
        self.stand.path.write_bytes(self.content)
        with contextlib.closing(sqlite3.connect(self.stand.path)) as connection:
            connection.executescript(
                "PRAGMA synchronous=OFF; PRAGMA ignore_check_constraints=ON;"
                "DROP TRIGGER version_is_not_changed; DROP TRIGGER version_is_not_deleted;"
            )
            yield connection
            connection.commit()


@pytest.fixture
def held(stand):
    return Held(stand)


def swaps(rows):
    """All tables in which two rows have exchanged one column, or all columns but one."""
    width = len(rows[0])
    groups = {(column,) for column in range(width)}
    groups |= {tuple(c for c in range(width) if c != column) for column in range(width)}
    for (i, one), (j, two) in itertools.combinations(enumerate(rows), 2):
        seen = {(one, two), (two, one)}
        for group in sorted(groups):
            first = tuple(two[c] if c in group else one[c] for c in range(width))
            second = tuple(one[c] if c in group else two[c] for c in range(width))
            if (first, second) in seen:
                continue
            seen |= {(first, second), (second, first)}
            changed = list(rows)
            changed[i], changed[j] = first, second
            yield changed


def replace(connection, table, rows):
    """Put these rows in place of the table's; whether SQLite takes them."""
    marks = ", ".join("?" * len(rows[0]))
    connection.execute(f"DELETE FROM {table}")
    try:
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    except sqlite3.IntegrityError:
        connection.rollback()
        return False
    return True


@pytest.mark.parametrize("table", TABLES)
def test_two_rows_that_were_swapped_give_nothing(held, table):
    """All pairs of a table's rows, by each column and by all but each: no wrong value, no right."""
    counted = Counter()
    for rows in swaps(held.stand.rows(f"SELECT * FROM {table}")):
        with held.tampered() as connection:
            taken = replace(connection, table, rows)
        counted[held.outcome() if taken else "refused by SQLite"] += 1
    assert counted
    assert table in ("head", "version") or not counted["an older value"]


STRANGE = ("NULL", "-1", "0", "1", "9223372036854775807", "1.5", "'text'", "''", "x'00ff'", "x''")


@pytest.mark.parametrize("table", [*TABLES, "store", "setting"])
def test_a_cell_of_any_type_gives_nothing(held, table):
    """Every column of a table's first row and of all rows, with everything that SQLite can hold."""
    with held.stand.opened() as store:
        store.billing = "active"
    held.content = held.stand.path.read_bytes()
    columns = [row[1] for row in held.stand.rows(f"PRAGMA table_info({table})")]
    counted = Counter()
    strange = (*STRANGE, "CAST(x'ff00' AS TEXT)")
    which = ("", f" WHERE {columns[0]} = (SELECT {columns[0]} FROM {table} LIMIT 1)")
    for column, value, where in itertools.product(columns, strange, which):
        with held.tampered() as connection:
            try:
                connection.execute(f"UPDATE {table} SET {column} = {value}{where}")
            except sqlite3.IntegrityError:
                counted["refused by SQLite"] += 1
                continue
        counted[held.outcome()] += 1
    assert table == "head" or not counted["an older value"]


def broken(blob):
    """The blob with each bit flipped, cut at each byte, and with a byte more."""
    for bit in range(len(blob) * 8):
        flipped = bytearray(blob)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)
    for end in range(len(blob)):
        yield blob[:end]
    yield blob + b"\0"


@pytest.mark.parametrize(
    ("table", "column"),
    [*(("version", "sealed"), ("data_key", "sealed"), ("store", "check_blob"), ("token", "proof"))],
)
def test_no_bit_of_what_is_sealed_can_be_changed(held, table, column):
    """A value, a data key, the store's proof of its master key, a token's proof."""
    ((blob,), *_) = held.stand.rows(f"SELECT {column} FROM {table} ORDER BY rowid DESC")
    for changed in broken(blob):
        with held.tampered() as connection:
            update = f"UPDATE {table} SET {column} = ? WHERE {column} = ?"
            connection.execute(update, (changed, blob))
        try:
            with held.stand.opened() as store:
                calls = [Call("get_entries", *PLACES[0], token=token) for token in held.tokens]
                calls += [Call("get_entries", *place) for place in PLACES]
                statuses = [store.answer(call).status for call in calls]
            assert 500 in statuses
        except ClovrixConfigError:
            assert table == "store"


def test_a_row_of_a_token_from_before_it_was_revoked_lets_it_in_again(held):
    """Its proof was true once: nothing in the file can say that the row is an old one."""
    token = held.tokens[1]
    statement = f"SELECT revoked_at, proof FROM token WHERE id = '{token[4:12]}'"
    (before,) = held.stand.rows(statement)
    with held.stand.opened() as store:
        store.revoke_token(token)
        assert store.answer(Call("get_entries", *PLACES[1], token=token)).status == 401
    with contextlib.closing(sqlite3.connect(held.stand.path)) as connection, connection:
        connection.execute(
            "UPDATE token SET revoked_at = ?, proof = ? WHERE id = ?", (*before, token[4:12])
        )
    with held.stand.opened() as store:
        assert store.answer(Call("get_entries", *PLACES[1], token=token)).status == 200


def test_a_head_set_back_brings_back_an_older_value(held):
    """An older version of the same entry in the same environment opens: this is not sealed."""
    with held.tampered() as connection:
        connection.execute("UPDATE head SET number = 1")
    assert held.outcome() == "an older value"


@pytest.mark.quick
def test_a_token_put_in_without_the_key_is_refused(held):
    """A row of one's own making, with a hash, a role and a scope, is no token of the store's."""
    other = held.stand.copied("other")
    with other.opened() as store:
        token = store.create_token(["backend"], role="write")
    (made,) = other.rows("SELECT * FROM token ORDER BY rowid DESC LIMIT 1")
    scope = other.rows("SELECT * FROM token_scope ORDER BY rowid DESC LIMIT 1")
    with held.tampered() as connection:
        connection.execute(f"INSERT INTO token VALUES ({', '.join('?' * len(made))})", made)
        proof = "(SELECT proof FROM token WHERE id <> :id LIMIT 1)"
        update = f"UPDATE token SET proof = {proof} WHERE id = :id"
        connection.execute(update, {"id": token[4:12]})
        connection.execute("INSERT INTO token_scope VALUES (?, ?, ?)", *scope)
    with held.stand.opened() as store:
        reply = store.answer(Call("get_entries", *PLACES[0], token=token))
    assert made[0] == token[4:12]
    assert reply.status == 500
    assert token not in str(reply.data)
