"""The protocol of ``http_client=``: a client of httpx or httpx2, or another implementation."""

from __future__ import annotations

from typing import Protocol, Union

from clovrix_env.errors import ClovrixConfigError

_Timeout = tuple[float, float, float, float]


class Headers(Protocol):
    def get(self, key: str, default: None = None, /) -> Union[str, None]: ...


class HttpResponse(Protocol):
    """An answer. ``content`` is the whole body; a content-encoding is refused."""

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
    """Refuse an asynchronous client for a synchronous one, and the reverse.

    ``__enter__`` and ``__aenter__`` distinguish them. A later check would be too late, because a
    synchronous client has sent its request when ``await`` fails.
    """
    if hasattr(brought, wrong) and not hasattr(brought, right):
        raise ClovrixConfigError(
            f"http_client= must not be of type {type(brought).__name__}",
            "pass an httpx.Client to Client, and an httpx.AsyncClient to AsyncClient",
        )
