"""Group commit: writes that wait for a database at the same time share one transaction.

The first of them leads. While it waits for its lock, others join it; it then runs them all, each
within a savepoint, and commits once. Each is on the disk before its caller gets an answer. A write
that is refused is undone alone. If the transaction itself fails, each write is repeated alone.
"""

from __future__ import annotations

import time
from _thread import allocate_lock  # loading threading costs a launch 2 % (system.deadline)

from clovrix_env.errors import ClovrixError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from clovrix_env.store.opening import Connection
    from clovrix_env.store.sqlite import Database

    _T = TypeVar("_T")


class Writers:
    """The writes of this process that wait for one database."""

    def __init__(self) -> None:
        self._mutex = allocate_lock()
        self._waiting: list[_Write] = []
        self._has_leader = False

    def run(
        self,
        database: Database,
        acts: Sequence[Callable[[Connection], _T]],
        deadline: float | None,
    ) -> list[Callable[[], _T]]:
        """The outcome of each write, once it is committed or undone."""
        writes = [_Write(act, deadline) for act in acts]
        with self._mutex:
            self._waiting += writes
            writes[0].leads, self._has_leader = not self._has_leader, True
        try:
            for write in writes:
                if not write.leads:
                    self._wait(database, write)
                if write.leads:
                    self._lead(database, write)
        finally:
            for write in writes:
                self._leave(write)
        return [write.outcome for write in writes]

    def _wait(self, database: Database, write: _Write) -> None:
        """Wait until a leader has run the write, or has appointed it leader."""
        left = -1 if write.deadline is None else max(0.0, write.deadline - time.monotonic())
        if write.turn.acquire(timeout=left):
            return
        with self._mutex:
            if write in self._waiting and not write.leads:
                self._waiting.remove(write)
                write.error = database.late()
                return
        write.turn.acquire()  # it is being committed, or was just appointed

    def _lead(self, database: Database, leader: _Write) -> None:
        try:
            with database.writing(leader.deadline) as connection:
                with self._mutex:
                    leader.group, self._waiting = self._waiting, []
                if len(leader.group) == 1:
                    leader.value = leader.act(connection)
                else:
                    for write in leader.group:
                        write.attempt(connection)
        except Exception as error:
            leader.error = error
            if len(leader.group) > 1:
                self._repeat(database, leader.group)
        for write in leader.group:
            write.finish()

    def _repeat(self, database: Database, group: list[_Write]) -> None:
        for write in group:
            write.error = None
            try:
                with database.writing(write.deadline) as connection:
                    write.value = write.act(connection)
            except Exception as error:
                write.error = error
            write.finish()

    def _leave(self, write: _Write) -> None:
        """Appoint the next leader. If the leader was interrupted, its group waits for that one."""
        with self._mutex:
            self._waiting[:0] = [other for other in write.group if not other.is_done]
            if write in self._waiting:
                self._waiting.remove(write)
            if write.leads:
                self._has_leader = bool(self._waiting)
                for following in self._waiting[:1]:
                    following.leads = True
                    following.turn.release()


class _Write:
    """One write that waits: its function, then its result or its error."""

    __slots__ = ("act", "deadline", "error", "group", "is_done", "leads", "turn", "value")

    def __init__(self, act: Callable[[Connection], object], deadline: float | None) -> None:
        self.act = act
        self.deadline = deadline
        self.value: Any = None
        self.error: Exception | None = None
        self.leads = self.is_done = False
        self.group: list[_Write] = []  # of a leader, with itself
        self.turn = allocate_lock()
        self.turn.acquire()

    def attempt(self, connection: Connection) -> None:
        """Run within a savepoint. An error of the database itself is raised."""
        connection.execute("SAVEPOINT attempt")
        try:
            self.value = self.act(connection)
        except ClovrixError as error:
            self.error = error
            connection.execute("ROLLBACK TO attempt")
        connection.execute("RELEASE attempt")

    def finish(self) -> None:
        """Let the caller go on."""
        if not self.is_done:
            self.is_done = True
            self.turn.release()

    def outcome(self) -> Any:
        error, self.error = self.error, None
        if error is None:
            return self.value
        try:
            raise error
        finally:
            del error  # its traceback refers to this frame
