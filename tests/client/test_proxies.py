"""Proxies of the environment: for https only, and never a redirect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from loopback import Authority, serve

from clovrix_env import (
    AsyncClient,
    Client,
    ClovrixAPIError,
    ClovrixConfigError,
    ClovrixConnectionError,
)

if TYPE_CHECKING:
    from loopback import Loopback

VARIABLES = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"]
READ = ("get_entries", "backend", "production")
WRITE = ("set_entry", "backend", "production", "KEY", "value")


@pytest.mark.parametrize("name", VARIABLES)
def test_http_goes_directly(
    ask: Any, monkeypatch: pytest.MonkeyPatch, faulty: Loopback, proxy: Any, name: str
) -> None:
    """A request to an http: address passes no proxy, which would read the token."""
    monkeypatch.setenv(name, proxy.url)
    faulty.fault("answer", body=b'{"entries": {}}')
    assert ask(faulty.url, *READ) == {}
    assert proxy.lines == []
    assert len(faulty.requests) == 1


@pytest.fixture(params=["sync", "asyncio", "trio"])
def ask_httpx(request: pytest.FixtureRequest, ask_by: Any) -> Any:
    """The doors that know proxies; where one is set, launcher and ``load_env()`` use them too."""
    return ask_by(request.param)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_https_goes_by_the_proxy(
    ask_httpx: Any, monkeypatch: pytest.MonkeyPatch, trusted: Authority, proxy: Any, name: str
) -> None:
    """An https: address is asked through a tunnel of the proxy, which reads nothing of it."""
    monkeypatch.setenv(name, proxy.url)
    with serve(tls=trusted.context()) as server:
        server.fault("answer", body=b'{"entries": {"KEY": "v"}}')
        assert ask_httpx(server.url, *READ) == {"KEY": "v"}
        assert proxy.lines == [f"CONNECT 127.0.0.1:{server.port} HTTP/1.1"]
        assert len(server.requests) == 1


def test_no_proxy(
    ask_httpx: Any, monkeypatch: pytest.MonkeyPatch, trusted: Authority, proxy: Any
) -> None:
    """A host in ``NO_PROXY`` is reached directly."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve(tls=trusted.context()) as server:
        server.fault("answer", body=b'{"entries": {}}')
        assert ask_httpx(server.url, *READ) == {}
    assert proxy.lines == []


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses(
    ask_httpx: Any, monkeypatch: pytest.MonkeyPatch, trusted: Authority, proxy: Any, status: int
) -> None:
    """A proxy's refusal is a connection error, not Clovrix's answer, and nothing was sent."""
    proxy.status = f"HTTP/1.1 {status} -\r\nContent-Length: 0\r\n\r\n".encode()
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with serve(tls=trusted.context()) as server:
        with pytest.raises(ClovrixConnectionError) as caught:
            ask_httpx(server.url, *WRITE)
        assert server.requests == []
    assert caught.value.sent is False


def test_a_proxy_that_is_silent(
    ask_httpx: Any, monkeypatch: pytest.MonkeyPatch, trusted: Authority, silent: int
) -> None:
    """A proxy that does not answer ends at the deadline; the request itself was not sent."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{silent}")
    with pytest.raises(ClovrixConnectionError) as caught:
        ask_httpx("https://clovrix.example", *WRITE, timeout=0.3)
    assert caught.value.sent is False


@pytest.mark.parametrize(
    "url",
    [
        "socks5://u:s3cr3t@127.0.0.1:1",
        "gopher://u:s3cr3t@127.0.0.1:1",
        "http://u:s3cr3t@127.0.0.1:x",
    ],
)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_proxy_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, kind: Any, url: str) -> None:
    """A proxy of a kind that is not known is told when the client is made, without its password."""
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(ClovrixConfigError, match="proxy") as caught:
        kind("icr_x", "https://127.0.0.1")
    assert "s3cr3t" not in str(caught.value)
    assert kind("icr_x", "http://127.0.0.1") is not None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
def test_no_redirect_is_followed(ask: Any, faulty: Loopback, call: Any, status: int) -> None:
    """A redirect is raised as the answer that it is; nobody else gets the token."""
    with serve() as elsewhere:
        faulty.fault("redirect", location=f"{elsewhere.url}/there", status=status)
        with pytest.raises(ClovrixAPIError) as caught:
            ask(faulty.url, *call)
        assert type(caught.value) is ClovrixAPIError
        assert caught.value.status_code == status
        assert elsewhere.requests == []
    assert len(faulty.requests) == 1
