"""``Store.answer``, the one function that answers every ``Call``, in the process or in a server."""

from __future__ import annotations

from functools import partial

from clovrix_env.api.messages import Reply, refusal_of
from clovrix_env.errors import ClovrixAPIError, ClovrixConfigError, ServerError
from clovrix_env.store import access, entries
from clovrix_env.store.data_keys import DataKeys
from clovrix_env.store.opening import FORMAT
from clovrix_env.store.sqlite import Database
from clovrix_env.store.sqlite_failures import BUSY, REFUSED
from clovrix_env.system.seal import BrokenSeal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar

    from clovrix_env.api.messages import Call
    from clovrix_env.auth.token import Token
    from clovrix_env.store.access import Grant
    from clovrix_env.store.database import Connection
    from clovrix_env.store.database import Database as AnyDatabase
    from clovrix_env.store.master_key import MasterKey
    from clovrix_env.store.prune import Pruning, Rule
    from clovrix_env.store.tokens import HeldToken

    _T = TypeVar("_T")
    Operation = Callable[[Connection, DataKeys, Grant, Call], Reply]

_OPERATIONS: dict[str, Operation] = {
    "get_entries": entries.get_entries,
    "get_entry": entries.get_entry,
    "set_entry": entries.set_entry,
    "set_entries": entries.set_entries,
}


class Store:
    """A store: a database and the master key that seals its values.

    Threads can share a store, and it works in a child after ``fork()``. ``answer`` and ``admit``
    do not raise: a failure is a ``Reply`` whose message contains no value. The owner's methods
    raise a ``ClovrixError``.
    """

    def __init__(self, database: AnyDatabase, keys: DataKeys) -> None:
        self._database = database
        self._keys = keys
        # Whether each read is in the audit before it is answered, and is a 503 if that fails.
        self.audits_reads = False

    @classmethod
    def open(
        cls, path: str, master_key: MasterKey, *, busy_ms: int = 1000, deadline: float | None = None
    ) -> Store:
        """Open an existing store.

        ``busy_ms`` limits the wait for a lock of another process, here also ``deadline``
        (``time.monotonic``). Raises ``ClovrixConfigError`` for a file that is missing, damaged,
        readable by other users or not a store, and for the wrong key. Never creates a file.
        """
        return cls.of(Database(path, busy_ms, deadline), master_key)

    @classmethod
    def of(cls, database: AnyDatabase, master_key: MasterKey) -> Store:
        """The store in a database that is open. Raises ``ClovrixConfigError`` for a wrong key."""
        try:
            keys = DataKeys.proven(master_key, database)
        except ClovrixConfigError:
            database.close()
            raise
        return cls(database, keys)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({self._database.path!r})"

    def close(self) -> None:
        self._database.close()

    def answer(self, call: Call, deadline: float | None = None) -> Reply:
        """Execute a call by ``deadline`` (``time.monotonic``).

        A write is complete and on the disk before the answer is 2xx.
        """
        if call.writes or self.audits_reads:
            (written,) = self.answer_together([call], deadline)
            if isinstance(written, Exception):
                raise written
            return written
        used: list[Grant] = []
        act = partial(self._act, call, used)
        reply = self._replied(call, partial(self._database.read, act, deadline))
        self._note(used)
        return reply

    def answer_together(
        self, calls: Sequence[Call], deadline: float | None = None
    ) -> list[Reply | Exception]:
        """Execute writes, which share a transaction if the store is a file.

        Each has its reply. An exception, which is a fault of this package, takes its place.
        """
        used: list[Grant] = []
        outcomes = self._database.write_together(
            [partial(self._act, call, used) for call in calls], deadline
        )
        replies: list[Reply | Exception] = []
        for call, outcome in zip(calls, outcomes):
            try:
                written = partial(self._written, call, outcome, deadline)
                replies.append(self._replied(call, written))
            except Exception as error:
                replies.append(error)
        self._note(used)
        return replies

    def admit(self, call: Call) -> Reply | None:
        """The refusal that a call gets whatever its body is, or ``None``."""
        return self._replied(call, partial(self._admit, call, None))

    @property
    def is_file(self) -> bool:
        """Whether a read waits for nothing but the disk, and writes can share a transaction."""
        return self._database.is_file

    def is_held_to(self, token: Token, deadline: float | None = None) -> bool:
        """Whether this store checks a token, even one that is wrong, revoked or expired."""
        return self._database.read(
            lambda connection: access.is_held_to(
                connection, token.value, from_file=token.from_file
            ),
            deadline,
        )

    @property
    def billing(self) -> str:
        """``active``; with ``pending_payment`` and ``restricted`` every call is a 402."""
        return self._database.read(access.billing)

    @billing.setter
    def billing(self, status: str) -> None:
        if status not in access.BILLING:
            raise ClovrixConfigError(f"billing must be one of {', '.join(access.BILLING)}")
        statement = (
            "INSERT INTO setting (name, value) VALUES ('billing', ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        )
        self._database.write(lambda connection: connection.execute(statement, (status,)))

    def create_project(self, name: str) -> bool:
        """Create a project; false if it exists."""
        from clovrix_env.store import projects

        return self._database.write(
            lambda connection: projects.create_project(connection, self._keys, name)
        )

    def create_environment(self, project: str, name: str) -> bool:
        """Create an environment of an existing project; false if it exists."""
        from clovrix_env.store import projects

        return self._database.write(
            lambda connection: projects.create_environment(connection, self._keys, project, name)
        )

    def create_token(
        self,
        projects: Iterable[str],
        environments: Iterable[str] = (),
        *,
        role: str,
        expires_at: int | None = None,
        name: str | None = None,
    ) -> str:
        """Create a token for these projects and environments (default: all environments).

        ``role`` is ``read`` or ``write``; ``expires_at`` is in seconds since 1970; ``name`` is for
        people. Only the returned text contains the secret: the store keeps a hash.
        """
        from clovrix_env.store import tokens

        tokens.check(role, name)
        projects, environments = list(projects), list(environments)

        def create(connection: Connection) -> str:
            scopes = tokens.scopes(connection, projects, environments)
            return tokens.mint(connection, self._keys, scopes, role, expires_at, name)

        return self._database.write(create)

    def projects(self) -> dict[str, list[str]]:
        """Every project by name, with the names of its environments."""
        from clovrix_env.store import projects

        return self._database.read(projects.listed)

    def keys(self, project: str, environment: str) -> list[str]:
        """The keys that have a value in an environment, whether it opens or not."""
        from clovrix_env.store.verify import keys_of

        return self._database.read(lambda connection: keys_of(connection, project, environment))

    def tokens(self) -> list[HeldToken]:
        """Every token, including revoked and expired ones, without its secret."""
        from clovrix_env.store.tokens import held

        return self._database.read(lambda connection: held(connection, self._keys))

    def backup(self, path: str) -> None:
        """Write a consistent copy of the store to a new file, complete or not at all.

        Raises ``FileExistsError`` if ``path`` exists, and ``OSError`` if it cannot be written.
        """
        from clovrix_env.store.backup import write

        if not isinstance(self._database, Database):
            raise ClovrixConfigError(f"{self._database.path} is not a file", "use pg_dump")
        write(self._database, path)

    def verify(self) -> list[str]:
        """Open every seal, and describe each that does not open; no line contains a value."""
        from clovrix_env.store.verify import problems

        return list(problems(self._database, self._keys))

    @property
    def parts(self) -> tuple[AnyDatabase, DataKeys]:
        """The database and its keys, for ``audit_log`` and other tools of the owner."""
        return self._database, self._keys

    def prunable(self, rule: Rule) -> Pruning:
        """The old versions, tokens and data keys that a rule does not keep; removes nothing."""
        from clovrix_env.store.prune import found

        return self._database.read(lambda connection: found(connection, rule))

    def prune(self, rule: Rule) -> Pruning:
        """Remove what a rule does not keep, all of it or nothing."""
        from clovrix_env.store.prune import remove

        return self._database.write(lambda connection: remove(connection, self._keys, rule))

    def compact(self) -> None:
        """Return the free pages of a file to the disk. PostgreSQL does so by itself."""
        if isinstance(self._database, Database):
            self._database.compact()

    def quick_check(self) -> str:
        """Check the pages of the file and open no seal. Returns the damage, or an empty string."""
        with self._database.reading() as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        return "" if found == "ok" else f"is damaged: {found}"

    def migrate(self) -> None:
        """Convert a store of an older format to the present one."""
        self._database.migrate()

    @property
    def format(self) -> int:
        """The format of the store."""
        return self._database.read(lambda connection: connection.format)

    def why_not_ready(self) -> str:
        """Why a server cannot answer for this store now, or an empty string."""
        try:
            present = self.format
        except ClovrixAPIError:
            return "the store cannot be read"
        return "" if present == FORMAT else "the store has to be converted to the current format"

    @property
    def key_label(self) -> str:
        """The label of the master key that the store needs."""
        from clovrix_env.store.rotate_master import label

        return label(self._database)

    def revoke_token(self, token: str) -> None:
        """Revoke a token at once, given whole or by its public id."""
        from clovrix_env.store.tokens import revoke

        self._database.write(lambda connection: revoke(connection, self._keys, token))

    def _admit(self, call: Call, deadline: float | None) -> None:
        self._database.read(lambda connection: access.admit(connection, self._keys, call), deadline)

    def _act(self, call: Call, used: list[Grant], connection: Connection) -> Reply:
        grant = access.admit(connection, self._keys, call)
        used.append(grant)
        if call.writes:
            entries.check_items(call)
        if (call.writes or self.audits_reads) and connection.lock(grant.project_id):
            grant = access.admit(connection, self._keys, call)  # the token may be revoked now
        reply = _operation(call.operation)(connection, self._keys, grant, call)
        if self.audits_reads and not call.writes:
            entries.note(connection, self._keys, grant, call, [(None, None, reply.status)])
        return _named(call, reply)

    def _written(self, call: Call, outcome: Callable[[], Reply], deadline: float | None) -> Reply:
        try:
            return outcome()
        except ServerError as error:
            self._admit(call, deadline)  # a refusal comes before a lock or a full disk
            if call.writes:
                raise
            raise ServerError(f"the read cannot be audited: {error.message}", BUSY, 1.0) from None

    def _replied(self, call: Call, act: Callable[[], _T]) -> _T | Reply:
        try:
            return act()
        except ClovrixAPIError as error:
            return _named(call, refusal_of(error))
        except BrokenSeal as error:
            why = f"the store {self._database.path} is damaged: {error}"
            return _named(call, Reply(REFUSED, {"error": why}))

    def _note(self, used: Iterable[Grant]) -> None:
        for grant in {grant.token_id: grant for grant in used}.values():
            note = access.note_of_use(grant)
            if note is not None:
                self._database.write_if_possible(*note)


def _named(call: Call, reply: Reply) -> Reply:
    """An answer to an operation of ``api.history`` names it: other addresses do not know it."""
    if call.operation in _OPERATIONS:
        return reply
    return reply.replaced(data={**(reply.data or {}), "operation": call.operation})


def _operation(name: str) -> Operation:
    found = _OPERATIONS.get(name)
    if found is None:
        from clovrix_env.store import history  # a launch does not need it

        return history.OPERATIONS[name]
    return found
