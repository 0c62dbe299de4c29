"""``Client`` and ``Scope``: the four operations, synchronous.

``api.operations`` builds requests and reads answers, ``retry`` decides about retries, and the
senders send.

No frame of a traceback shows a value or a token: arguments with secrets are moved into records,
iterators or a list that is emptied before a call can fail, and ``HideFrames`` removes the frames.

The names in annotations exist at run time, because frameworks that inject dependencies evaluate
them. Names whose import is expensive are reached through ``clovrix_env``, which imports them then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType

import clovrix_env
from clovrix_env.api import operations
from clovrix_env.api.messages import Entry, WriteItem, WriteResult
from clovrix_env.auth.clean_environ import clean_process
from clovrix_env.auth.endpoint import Given, for_client
from clovrix_env.client.base import TIMEOUT, BaseClient
from clovrix_env.client.exchange import exchange
from clovrix_env.client.retry import MAX_RETRIES
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

    def scope(self, project: str, environment: str) -> Scope:
        """The four operations bound to one project and environment.

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


class Scope:
    """The four operations of ``Client`` for one project and environment.

    ``Client.scope()`` creates it. Each method raises the same errors as its counterpart.

    Args:
        client: The client that sends the requests.
        project: The name of the project.
        environment: The name of the environment.

    Example:
        >>> from clovrix_env import Client
        >>> with Client() as clovrix:
        ...     backend = clovrix.scope("backend", "development")
        ...     backend.set("PORT", "8000").created
        ...     backend.get("PORT").value
        ...     len(backend.get_all())
        True
        '8000'
        3
    """

    def __init__(self, client: Client, project: str, environment: str) -> None:
        self._client = client
        self._at = project, environment

    def __repr__(self) -> str:
        return f"{self._client!r}.scope({self._at[0]!r}, {self._at[1]!r})"

    def get(self, key: str) -> Entry:
        """Get one entry, as ``Client.get_entry`` does."""
        return self._client.get_entry(*self._at, key)

    def get_all(self) -> dict[str, str]:
        """Get every entry, as ``Client.get_entries`` does."""
        return self._client.get_entries(*self._at)

    def set(self, key: str, value: str, is_secret: bool | None = None) -> WriteResult:
        """Write one entry, as ``Client.set_entry`` does."""
        held = [value]
        del value
        return self._client.set_entry(*self._at, key, held.pop(), is_secret)

    def set_many(self, items: Iterable[WriteItem | Mapping[str, object]]) -> int:
        """Write up to 100 entries, as ``Client.set_entries`` does."""
        items = iter(items)
        return self._client.set_entries(*self._at, items)
