"""``Client``: the operations, synchronous.

``api`` builds requests and reads answers, ``retry`` decides about retries, the senders send.

No frame of a traceback shows a value or a token: arguments with secrets are moved into records,
iterators or a list that is emptied before a call can fail, and ``HideFrames`` removes the frames.

The names in annotations exist at run time, because frameworks that inject dependencies evaluate
them. Names whose import is expensive are reached through ``clovrix_env``, which imports them then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType

import clovrix_env
from clovrix_env.api import history, operations
from clovrix_env.api.messages import Entry, EntryVersion, LogEvent, WriteItem, WriteResult
from clovrix_env.auth.clean_environ import clean_process
from clovrix_env.auth.endpoint import Given, for_client
from clovrix_env.client.base import TIMEOUT, BaseClient
from clovrix_env.client.exchange import exchange
from clovrix_env.client.retry import MAX_RETRIES
from clovrix_env.client.scope import Scope
from clovrix_env.client.sender import sender_of
from clovrix_env.errors import HideFrames
from clovrix_env.system.process import of_functions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Self

    import clovrix_env.client.protocols
    from clovrix_env.api.messages import Call
    from clovrix_env.client.exchange import Outcome, Send
    from clovrix_env.client.protocols import HttpClient
else:
    Self = object


class Client(BaseClient):
    """The Clovrix API. Threads can share a client, and it works after ``fork()``.

    Each method sends one request and may retry it. Use the client in a ``with`` block, or call
    ``close()``.

    Args:
        token: The token (default: ``CLOVRIX_TOKEN``, ``CLOVRIX_TOKEN_FILE``, or the systemd
            credential ``clovrix_token``). An embedded store needs none.
        base_url: Scheme and host, or ``file:PATH`` for an embedded store (default:
            ``CLOVRIX_API_URL``, otherwise ``https://app.clovrix.com``).
        timeout: Seconds for a whole call, including name look-up, TLS and retries (default: 30).
        user_agent: Replaces ``clovrix-env/VERSION``.
        http_client: An ``httpx.Client`` or an object with the same ``request`` method. It is not
            closed or changed, and may not be safe to use after ``fork()``.
        max_retries: Attempts after the first one; 0 turns retries off (default: 2).

    Raises:
        ClovrixConfigError: An argument is invalid, or the token is missing.

    Example:
        >>> from clovrix_env import Client
        >>> with Client() as clovrix:
        ...     clovrix.get_entries("backend", "development")["GREETING"]
        'hello'
    """

    def __init__(
        self,
        token: str | None = None,
        base_url: str | None = None,
        timeout: float = TIMEOUT,
        user_agent: str | None = None,
        http_client: clovrix_env.client.protocols.HttpClient | None = None,
        *,
        max_retries: int = MAX_RETRIES,
    ) -> None:
        given = Given(token, base_url)
        del token, base_url
        with HideFrames():
            process = clean_process(of_functions())
            origin = for_client(given, process.environ)
            super().__init__(origin, timeout, user_agent, max_retries)
            self._sender = self._new_sender(process.environ, http_client)

    def get_entries(self, project: str, environment: str) -> dict[str, str]:
        """Get every entry that has a value in an environment. Secrets are decrypted.

        Args:
            project: The name of the project.
            environment: The name of the environment.

        Returns:
            The values by key.

        Raises:
            ClovrixAPIError: Clovrix refused the request; the subclass depends on the status.
            ClovrixConnectionError: No answer arrived in time.

        Example:
            >>> from clovrix_env import Client
            >>> with Client() as clovrix:
            ...     sorted(clovrix.get_entries("backend", "development"))
            ['GREETING', 'SENTRY_DSN']
        """
        with HideFrames():
            call = operations.get_entries(self._place(project, environment))
            return operations.entries(self._ask(call))

    def get_entry(self, project: str, environment: str, key: str) -> Entry:
        """Get one entry. ``NotFoundError`` is raised if it has no value in the environment.

        Args:
            project: The name of the project.
            environment: The name of the environment.
            key: The key of the entry.

        Returns:
            The entry, with its value decrypted.

        Raises:
            ClovrixAPIError: Clovrix refused the request; the subclass depends on the status.
            ClovrixConnectionError: No answer arrived in time.

        Example:
            >>> from clovrix_env import Client
            >>> with Client() as clovrix:
            ...     clovrix.get_entry("backend", "development", "SENTRY_DSN")
            Entry(key='SENTRY_DSN', value=<hidden>, is_secret=True)
        """
        with HideFrames():
            call = operations.get_entry(self._place(project, environment), key)
            return operations.entry(self._ask(call))

    def set_entry(
        self, project: str, environment: str, key: str, value: str, is_secret: bool | None = None
    ) -> WriteResult:
        """Write one entry. An existing key gets a new version of its value.

        Args:
            project: The name of the project.
            environment: The name of the environment.
            key: The key: ``[A-Z_][A-Z0-9_]*``, at most 128 characters.
            value: The value, at most 32 KiB as UTF-8.
            is_secret: Whether a new key is secret (default: no). Ignored for an existing key.

        Returns:
            The key, and whether it is new in the project.

        Raises:
            ClovrixAPIError: Clovrix refused the request; the subclass depends on the status.
            ClovrixConnectionError: No answer arrived in time.

        Example:
            >>> from clovrix_env import Client
            >>> with Client() as clovrix:
            ...     clovrix.set_entry("backend", "development", "PORT", "8000")
            WriteResult(key='PORT', created=True)
        """
        item = WriteItem(key, value, is_secret)
        del value
        with HideFrames():
            call = operations.set_entry(self._place(project, environment), item)
            return operations.write_result(self._ask(call))

    def set_entries(
        self, project: str, environment: str, items: Iterable[WriteItem | Mapping[str, object]]
    ) -> int:
        """Write up to 100 entries: all of them or none. An empty batch sends no request.

        Args:
            project: The name of the project.
            environment: The name of the environment.
            items: A ``WriteItem``, or a mapping with ``key``, ``value`` and optionally
                ``is_secret``, for each entry.

        Returns:
            The number of written entries.

        Raises:
            ClovrixAPIError: Clovrix refused the request; the subclass depends on the status.
            ClovrixConnectionError: No answer arrived in time.

        Example:
            >>> from clovrix_env import Client
            >>> with Client() as clovrix:
            ...     clovrix.set_entries("backend", "development", [{"key": "PORT", "value": "1"}])
            1
        """
        items = iter(items)
        with HideFrames():
            call = operations.set_entries(self._place(project, environment), items)
            return operations.written(self._ask(call)) if call.items else 0

    def get_history(self, project: str, environment: str, key: str) -> list[EntryVersion]:
        """Get the versions of an entry without their values: the last 1,000, oldest first.

        Args:
            project: The name of the project.
            environment: The name of the environment.
            key: The key of the entry.

        Returns:
            The versions, with their times, their tokens and their changes.

        Raises:
            ClovrixAPIError: Clovrix refused the request, or the address has no history.
            ClovrixConnectionError: No answer arrived in time.

        Example:
            >>> from clovrix_env import Client
            >>> with Client() as clovrix:
            ...     [v.change for v in clovrix.get_history("backend", "development", "GREETING")]
            ['created']
        """
        with HideFrames():
            call = history.get_history(self._place(project, environment), key)
            return history.history(self._ask(call), self._origin.address)

    def restore_entry(self, project: str, environment: str, key: str, version: int) -> int:
        """Write an earlier value as a new version, unless the entry already has that value.

        Args:
            project: The name of the project.
            environment: The name of the environment.
            key: The key of the entry, which may be deleted.
            version: The number of a version that has a value.

        Returns:
            The number of the current version.

        Raises:
            ClovrixAPIError: Clovrix refused the request, or the address has no history.
            ClovrixConnectionError: No answer arrived in time.

        Example:
            >>> from clovrix_env import Client
            >>> with Client() as clovrix:
            ...     _ = clovrix.set_entry("backend", "development", "GREETING", "hi")
            ...     clovrix.restore_entry("backend", "development", "GREETING", 1)
            3
        """
        with HideFrames():
            call = history.restore_entry(self._place(project, environment), key, version)
            return history.restored(self._ask(call), self._origin.address)[0]

    def delete_entry(self, project: str, environment: str, key: str) -> int:
        """Remove the value of an entry. Its key remains, and still counts for the limit of 500.

        Args:
            project: The name of the project.
            environment: The name of the environment.
            key: The key of the entry.

        Returns:
            The number of the new version, which has no value.

        Raises:
            ClovrixAPIError: Clovrix refused the request, or the address has no history.
            ClovrixConnectionError: No answer arrived in time.

        Example:
            >>> from clovrix_env import Client
            >>> with Client() as clovrix:
            ...     clovrix.delete_entry("backend", "development", "GREETING")
            2
        """
        with HideFrames():
            call = history.delete_entry(self._place(project, environment), key)
            return history.deleted(self._ask(call), self._origin.address)

    def get_log(
        self, project: str, environment: str | None = None, *, after: int = 0
    ) -> list[LogEvent]:
        """Get the log of a project, oldest event first.

        Args:
            project: The name of the project.
            environment: An environment (default: all that the token can access).
            after: Get the first 1,000 events after the one with this id (default: the last 1,000).

        Returns:
            The events, without values.

        Raises:
            ClovrixAPIError: Clovrix refused the request, or the address has no log.
            ClovrixConnectionError: No answer arrived in time.

        Example:
            >>> from clovrix_env import Client
            >>> with Client() as clovrix:
            ...     clovrix.get_log("backend", "development")[-1].key
            'SENTRY_DSN'
        """
        with HideFrames():
            place = self._place_of_log(project, environment)
            return history.log(self._ask(history.get_log(place, after)), self._origin.address)

    def scope(self, project: str, environment: str) -> Scope:
        """The operations bound to one project and environment.

        Args:
            project: The name of the project.
            environment: The name of the environment.

        Returns:
            A ``Scope``, whose methods take no project and environment.

        Example:
            >>> from clovrix_env import Client
            >>> with Client() as clovrix:
            ...     clovrix.scope("backend", "development").get("GREETING").value
            'hello'
        """
        return Scope(self, project, environment)

    def close(self) -> None:
        """Close this client's own connections. A client passed as ``http_client`` stays open."""
        self._closed = True
        close = getattr(self._sender, "close", None)
        if close is not None:
            close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, call: Call) -> Outcome:
        return exchange(
            call, self._sender, deadline=self._deadline(), max_retries=self._max_retries
        )

    def _new_sender(self, environ: Mapping[str, str], brought: HttpClient | None) -> Send:
        if brought is None or self._origin.is_store:
            sender = sender_of(self._origin, environ, self._user_agent)
            check = getattr(sender, "check", None)
            if check is not None:
                check()
            return sender
        from clovrix_env.client.send_httpx import HttpxSender

        return HttpxSender(self._origin.address, self._user_agent, environ, brought)
