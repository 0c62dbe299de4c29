"""``NO_PROXY`` as people write it, and proxies that cannot be used."""

from __future__ import annotations

import pytest

from clovrix_env import Client, ClovrixConfigError
from clovrix_env.client.proxies import variable_of

DIRECT = [
    ("https://api.clovrix.example", "clovrix.example"),
    ("https://api.clovrix.example", ".clovrix.example"),
    ("https://api.clovrix.example", "*.clovrix.example"),
    ("https://clovrix.example", ".clovrix.example"),
    ("https://clovrix.example", "CLOVRIX.example"),
    ("https://clovrix.example", "localhost,127.0.0.1, clovrix.example"),
    ("https://clovrix.example", "localhost 127.0.0.1 clovrix.example"),
    ("https://clovrix.example", "clovrix.example:443"),
    ("https://clovrix.example:8443", "clovrix.example:8443"),
    ("https://clovrix.example", "https://clovrix.example"),
    ("https://clovrix.example", "*"),
    ("https://10.1.2.3", "10.0.0.0/8"),
    ("https://10.1.2.3", "10.1.2.3"),
    ("https://10.1.2.3:8443", "10.1.2.3:8443"),
    ("https://[::1]", "[::1]"),
    ("https://[::1]", "::1"),
    ("https://[::1]:8443", "[::1]:8443"),
    ("https://[fd00::5]", "fd00::/8"),
    ("https://[fd00::5]", "[fd00::]/8"),
    ("https://[fd00:0:0::5]", "fd00::5"),
]
PROXIED = [
    ("https://clovrix.example", ""),
    ("https://clovrix.example", "[::1]"),
    ("https://clovrix.example", "example.com,rix.example"),
    ("https://notclovrix.example", "clovrix.example"),
    ("https://clovrix.example", "api.clovrix.example"),
    ("https://clovrix.example", "clovrix.example:8443"),
    ("https://clovrix.example", "10.0.0.0/8"),
    ("https://11.1.2.3", "10.0.0.0/8,nonsense/99,/,:,[,]"),
    ("https://[::1]", "[::2],::1:443"),
]


@pytest.mark.parametrize(("address", "names"), DIRECT)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_a_host_that_is_excepted(address: str, names: str, name: str) -> None:
    """A name, what is below it, a number, a network, each with a port or without, or everything."""
    assert variable_of(address, {"HTTPS_PROXY": "http://proxy", name: names}) == ""


@pytest.mark.parametrize(("address", "names"), PROXIED)
def test_a_host_that_is_not(address: str, names: str) -> None:
    """What is not named goes by the proxy, and nonsense names nothing."""
    found = variable_of(address, {"HTTPS_PROXY": "http://proxy", "NO_PROXY": names})
    assert found == "HTTPS_PROXY"


def test_lower_case_counts_first() -> None:
    """The lower-case name comes before the other, and an empty one unsets it."""
    both = {"HTTPS_PROXY": "http://one", "https_proxy": "http://two"}
    assert variable_of("https://clovrix.example", both) == "https_proxy"
    assert variable_of("https://clovrix.example", {**both, "https_proxy": ""}) == ""
    assert variable_of("https://clovrix.example", {"ALL_PROXY": "http://one"}) == "ALL_PROXY"


@pytest.mark.parametrize("names", ["[::1]", "*", "10.0.0.0/8", "[", "::1,[::1]:443"])
def test_exceptions_without_a_proxy(monkeypatch: pytest.MonkeyPatch, names: str) -> None:
    """Whatever ``NO_PROXY`` says, a client without a proxy is made."""
    monkeypatch.setenv("NO_PROXY", names)
    with Client("icr_x", "https://clovrix.example"):
        pass


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    "url",
    ["http://u:s3cr#t@proxy:1", "http://u:s3cr/t@proxy", "ftp://proxy", "http://", "h ttp://x"],
)
def test_a_proxy_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, name: str, url: str) -> None:
    """The error names the variable, says what to write, and shows nothing of the URL."""
    monkeypatch.setenv(name, url)
    with pytest.raises(ClovrixConfigError, match=f"^{name} names a proxy that cannot") as caught:
        Client("icr_x", "https://clovrix.example")
    assert "percent-encode" in caught.value.remedy
    assert "s3cr" not in str(caught.value)
