"""Proxies of the environment: for https only, not for ``NO_PROXY``, and never a redirect."""

from itertools import product

import pytest
from loopback import serve, silence

from clovrix_env import AsyncClient, Client, ClovrixConfigError, ClovrixConnectionError
from clovrix_env.client.proxies import variable_of

READ = ("get_entries", "backend", "production")
WRITE = ("set_entry", "backend", "production", "KEY", "value")
DIRECT = {
    "https://api.clovrix.example": ["clovrix.example", ".clovrix.example", "*.clovrix.example"],
    "https://clovrix.example": [
        *(".clovrix.example", "CLOVRIX.example", "clovrix.example:443", "https://clovrix.example"),
        *("localhost,127.0.0.1, clovrix.example", "localhost 127.0.0.1 clovrix.example", "*"),
    ],
    "https://clovrix.example:8443": ["clovrix.example:8443"],
    "https://10.1.2.3": ["10.0.0.0/8"],
    "https://10.1.2.3:8443": ["10.1.2.3:8443"],
    "https://[::1]": ["::1"],
    "https://[::1]:8443": ["[::1]:8443"],
    "https://[fd00::5]": ["fd00::/8"],
    "https://[fd00:0:0::5]": ["fd00::5"],
}
PROXIED = {
    "https://clovrix.example": [
        *("", "example.com,rix.example", "api.clovrix.example", "clovrix.example:8443"),
        "10.0.0.0/8",
    ],
    "https://notclovrix.example": ["clovrix.example"],
    "https://11.1.2.3": ["10.0.0.0/8,nonsense/99,/,:,[,]"],
    "https://[::1]": ["[::2],::1:443"],
}


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "https_proxy"])
def test_http_goes_directly(ask, monkeypatch, faulty, proxy, name):
    """A request to an http: address passes no proxy, which would read the token."""
    monkeypatch.setenv(name, proxy.url)
    faulty.fault("answer", body=b'{"entries": {}}')
    assert ask(faulty.url, *READ) == {}
    assert proxy.lines == []
    assert len(faulty.requests) == 1


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_https_goes_by_the_proxy(ask, monkeypatch, trusted, proxy, name):
    """By a tunnel of the proxy, which reads nothing of it; not to a host in ``NO_PROXY``."""
    monkeypatch.setenv(name, proxy.url)
    with serve(tls=trusted.context()) as server:
        server.fault("answer", body=b'{"entries": {"KEY": "v"}}')
        assert ask(server.url, *READ) == {"KEY": "v"}
        assert proxy.lines == [f"CONNECT 127.0.0.1:{server.port} HTTP/1.1"]
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert ask(server.url, *READ) == {"KEY": "v"}
        assert len(server.requests) == 2
    assert len(proxy.lines) == 1


def test_a_host_that_is_excepted():
    """A name, what is below it, a number, a network, each with a port or without, or everything."""
    for address, every in DIRECT.items():
        for names, name in product(every, ("NO_PROXY", "no_proxy")):
            given = {"HTTPS_PROXY": "http://proxy", name: names}
            assert variable_of(address, given) == "", (address, names)


def test_a_host_that_is_not():
    """What is not named goes by the proxy, and nonsense names nothing."""
    for address, every in PROXIED.items():
        for names in every:
            found = variable_of(address, {"HTTPS_PROXY": "http://proxy", "NO_PROXY": names})
            assert found == "HTTPS_PROXY", (address, names)
            assert variable_of(address, {"NO_PROXY": names}) == ""


def test_lower_case_counts_first():
    """The lower-case name comes before the other, and an empty one unsets it."""
    both = {"HTTPS_PROXY": "http://one", "https_proxy": "http://two"}
    assert variable_of("https://clovrix.example", both) == "https_proxy"
    assert variable_of("https://clovrix.example", {**both, "https_proxy": ""}) == ""
    assert variable_of("https://clovrix.example", {"ALL_PROXY": "http://one"}) == "ALL_PROXY"


@pytest.mark.parametrize("status", [403, 502])
def test_a_proxy_that_refuses(ask, monkeypatch, trusted, proxy, status):
    """A proxy's refusal is a connection error, not Clovrix's answer, and nothing was sent."""
    proxy.status = f"HTTP/1.1 {status} -\r\nContent-Length: 0\r\n\r\n".encode()
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with serve(tls=trusted.context()) as server:
        with pytest.raises(ClovrixConnectionError) as caught:
            ask(server.url, *WRITE)
        assert server.requests == []
    assert caught.value.sent is False


def test_a_proxy_that_is_silent(ask, monkeypatch, trusted):
    """A proxy that does not answer ends at the deadline; the request itself was not sent."""
    with silence() as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        with pytest.raises(ClovrixConnectionError) as caught:
            ask("https://clovrix.example", *WRITE, timeout=0.3)
    assert caught.value.sent is False


UNUSABLE = [
    *("socks5://u:s3cr3t@127.0.0.1:1", "ftp://u:s3cr3t@proxy", "http://", "h ttp://x"),
    *("http://u:s3cr3t@proxy:x", "http://u:s3cr3t#t@proxy:1", "http://u:s3cr3t/t@proxy"),
]


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("url", UNUSABLE)
def test_a_proxy_that_cannot_be_used(monkeypatch, name, url):
    """The error names the variable and what to write, and shows nothing of the URL."""
    monkeypatch.setenv(name, url)
    for kind in (Client, AsyncClient):
        why = f"^{name} names a proxy that cannot"
        with pytest.raises(ClovrixConfigError, match=why) as caught:
            kind("icr_x", "https://clovrix.example")
        assert "percent-encode" in caught.value.remedy or "SOCKS" in str(caught.value)
        assert "s3cr3t" not in str(caught.value)
        assert kind("icr_x", "http://127.0.0.1") is not None
