"""The shape of an HTTP client that ``http_client=`` takes: httpx's, httpx2's, or your own."""

from __future__ import annotations

from typing import Protocol, Union

from clovrix_env.errors import ClovrixConfigError

_Timeout = tuple[float, float, float, float]


class Headers(Protocol):
    def get(self, key: str, default: None = None, /) -> Union[str, None]: ...


class HttpResponse(Protocol):
    """``content`` is the whole body. An answer with a content-encoding is refused."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def content(self) -> bytes: ...


class HttpClient(Protocol):
    """``timeout`` is connect, read, write and pool, in seconds."""

    def request(
        self,
        method: str,
        url: str,
        *,
        content: Union[bytes, None],
        headers: dict[str, str],
        timeout: _Timeout,
        follow_redirects: bool,
    ) -> HttpResponse: ...


class AsyncHttpClient(Protocol):
    """``timeout`` is connect, read, write and pool, in seconds."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        content: Union[bytes, None],
        headers: dict[str, str],
        timeout: _Timeout,
        follow_redirects: bool,
    ) -> HttpResponse: ...


def check_kind(brought: object, *, wrong: str, right: str) -> None:
    """Refuse an asynchronous client for a synchronous one, or the other way round.

    They are told apart by the ``with`` that they take. Later would be too late: a synchronous
    client has sent its request when ``await`` fails.
    """
    if hasattr(brought, wrong) and not hasattr(brought, right):
        raise ClovrixConfigError(
            f"http_client= is a {type(brought).__name__}, which is of the other kind",
            "Client takes an httpx.Client, AsyncClient an httpx.AsyncClient",
        )
