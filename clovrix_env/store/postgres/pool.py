"""The connections of a process to one database, opened when they are needed.

A connection that is lost is replaced when it is used next, without a pause that grows: after an
outage the first request is served. psycopg's own pool connects again in a thread, after ever longer
pauses.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from clovrix_env.errors import ServerError
from clovrix_env.store.postgres.failures import not_connected
from clovrix_env.store.sqlite_failures import BUSY, REFUSED

if TYPE_CHECKING:
    from clovrix_env.store.postgres.address import Address
    from clovrix_env.store.postgres.connection import Raw

SIZE = 8
_CONNECT_SECONDS = 5
# libpq has no shorter limit.
_LEAST_SECONDS = 2

_DEFAULTS: dict[str, str | int] = {
    "target_session_attrs": "read-write",
    "fallback_application_name": "clovrix-env",
    # A host that is gone is noticed soon, not after hours.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


class Pool:
    """At most ``SIZE`` connections. None is kept across a fork."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._is_closed = False
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._idle: list[Raw] = []
        self._free = threading.BoundedSemaphore(SIZE)

    def take(self, deadline: float | None) -> tuple[Raw, bool]:
        """A connection, and whether it was used before. Waits for one until ``deadline``.

        ``give`` or ``drop`` follows.
        """
        if self._is_closed:
            raise ServerError(f"the store {self._address.name} was closed", REFUSED)
        if self._pid != os.getpid():
            # Neither used nor closed here: the parent uses them.
            self._inherited = self._idle
            self._reset()
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not self._free.acquire(timeout=left):
            raise ServerError(f"the store {self._address.name} is busy", BUSY, 1.0)
        try:
            return self._idle.pop(), True
        except IndexError:
            pass
        try:
            return connect(self._address, deadline), False
        except BaseException:
            self._free.release()
            raise

    def give(self, raw: Raw) -> None:
        """Return a connection. One within a transaction is closed, which undoes it."""
        if self._is_closed or raw.pgconn.transaction_status != TransactionStatus.IDLE:
            raw.close()
        else:
            self._idle.append(raw)
        self._free.release()

    def drop(self, raw: Raw) -> None:
        """Close a lost connection and those that are idle: they go to the same server."""
        idle, self._idle = self._idle, []
        for other in (raw, *idle):
            other.close()
        self._free.release()

    def close(self) -> None:
        self._is_closed = True
        if self._pid == os.getpid():
            for raw in self._idle:
                raw.close()
            self._idle = []


def connect(address: Address, deadline: float | None = None) -> Raw:
    """A new connection to a server that accepts writes. Raises ``ServerError``.

    Nothing depends on the session, so that a pooler can give each transaction another one.
    """
    left = _CONNECT_SECONDS if deadline is None else deadline - time.monotonic()
    options = {
        **_DEFAULTS,
        **conninfo_to_dict(address.conninfo),
        "client_encoding": "utf8",
        "connect_timeout": max(_LEAST_SECONDS, min(_CONNECT_SECONDS, round(left))),
    }
    try:
        # database.py sends BEGIN itself.
        return psycopg.connect(
            make_conninfo("", **options), autocommit=True, prepare_threshold=None
        )
    except psycopg.Error as error:
        failure = not_connected(address, error)
    raise failure  # without the exception, whose frames have the password


def most_connections(address: Address) -> int:
    """The number of connections that the server accepts from users other than superusers."""
    with connect(address) as raw:
        row = raw.execute(
            "SELECT current_setting('max_connections')::int"
            " - current_setting('superuser_reserved_connections')::int"
        ).fetchone()
    return 0 if row is None else int(row[0])
