"""Which addresses are taken: https anywhere, http to this machine, ``file:`` for a store."""

import os

import pytest

from clovrix_env import AsyncClient, Client, ClovrixConfigError

PREFIX = "/api/public/v1"
PORTS = ("", ":8000", ":8001")


def address(base_url=None):
    """The address that a client asks, as its ``repr`` shows it."""
    shown = repr(Client("icr_x", base_url))
    assert shown.startswith("Client('")
    return shown[len("Client('") : -len("')")]


# What is asked by what is given; an address that stays as it is is given alone.
GOOD = {
    "https://clovrix.example/": "https://clovrix.example",
    f"https://clovrix.example{PREFIX}": "https://clovrix.example",
    f"https://clovrix.example{PREFIX}/": "https://clovrix.example",
    "https://clovrix.example:8443/": "https://clovrix.example:8443",
    "HTTPS://Clovrix.Example": "https://clovrix.example",
    "http://localhost:8000/": "http://localhost:8000",
    "http://LOCALHOST": "http://localhost",
}
SAME = [
    *("https://clovrix.example", "https://clovrix_internal", "https://xn--clvrix-9ua.example"),
    *("https://192.0.2.7", "https://[2001:db8::7]:8443", "http://127.255.255.255"),
    *("http://[::1]:8000", "http://localhost:65535"),
]
BAD = {
    "must start with https:": ["", "clovrix.example", "ftp://clovrix.example"],
    "address of a PostgreSQL database": ["postgresql://user:s3cr3t@db/x", "postgres://db/x"],
    "no host": ["https://", "https:clovrix.example", "https://:443"],
    "only scheme and host": [
        *("https://clovrix.example/api", f"https://clovrix.example{PREFIX}/projects"),
        *("https://clovrix.example?a=b", "https://clovrix.example#a"),
    ],
    "user name or password": [
        *("https://user:s3cr3t@clovrix.example", "https://app.clovrix.com@evil.example"),
    ],
    "not a valid URL": [
        *("https://clovrix.example:65536", "https://clovrix.example:x", "https://[::1"),
    ],
    "no host|invalid host": ["https://clovrix.example:0"],
    "not printable ASCII": [
        *(
            "https://cl\u043evrix.example",
            "https://clovrix\uff0eexample",
            " https://clovrix.example",
        ),
        *("https://clovrix.example\n", "https://clo\tvrix.example", "https://clovrix.example\0"),
    ],
    "invalid host or port": [
        *("https://clovrix%2eexample", "https://a..b", f"https://{'a' * 64}.example"),
        *('https://a"b', "http://127.0.0.999", "http://127.0.0.08", "https://0x7f000001"),
        "http://2130706433",
    ],
    "not be encrypted": [
        *("http://clovrix.example", "http://192.0.2.7", "http://0.0.0.0"),
        *("http://127.0.0.1.evil.example", "http://localhost.evil.example"),
        "http://[::ffff:127.0.0.1]",
    ],
}


@pytest.mark.parametrize(("given", "asked"), [*GOOD.items(), *zip(SAME, SAME)])
def test_a_good_address(monkeypatch, given, asked):
    """Scheme and host, with or without what the SDK adds itself, as argument and as variable."""
    assert address(given) == asked
    monkeypatch.setenv("CLOVRIX_API_URL", given)
    assert address() == asked


@pytest.mark.parametrize(
    ("given", "why"),
    [(given, why) for why, every in BAD.items() for given in every],
    ids=lambda case: ascii(case)[:50],
)
def test_a_bad_address(monkeypatch, given, why):
    """An address that could be another than it looks, or would show the token, is refused."""
    with pytest.raises(ClovrixConfigError, match=why) as caught:
        Client("icr_x", given)
    assert str(caught.value).startswith("base_url= ")
    assert "s3cr3t" not in str(caught.value)
    if given and "\0" not in given:
        monkeypatch.setenv("CLOVRIX_API_URL", given)
        with pytest.raises(ClovrixConfigError, match=why) as caught:
            AsyncClient("icr_x")
        assert str(caught.value).startswith("CLOVRIX_API_URL ")


def test_which_address(monkeypatch):
    """The argument, else the variable, which may be empty, else the hosted service."""
    assert address() == "https://app.clovrix.com"
    monkeypatch.setenv("CLOVRIX_API_URL", "")
    assert address() == "https://app.clovrix.com"
    monkeypatch.setenv("CLOVRIX_API_URL", "nonsense")
    assert address("https://clovrix.example") == "https://clovrix.example"


@pytest.mark.parametrize(
    ("allowed", "given", "good"),
    [
        *(("clovrix", "http://clovrix", True), ("clovrix", "http://clovrix:8000", True)),
        *(("clovrix:8000", f"http://clovrix{port}", port == ":8000") for port in PORTS),
        *(("clovrix", "http://clovrix.evil.example", False), ("*", "http://clovrix", False)),
        ("[2001:db8::7]", "http://[2001:db8::7]:8000", True),
    ],
)
def test_http_to_one_host_that_the_user_vouches_for(monkeypatch, allowed, given, good):
    """``CLOVRIX_ALLOW_HTTP`` names the one host, or host and port, that may be asked in clear."""
    monkeypatch.setenv("CLOVRIX_ALLOW_HTTP", allowed)
    if good:
        assert address(given) == given
    else:
        with pytest.raises(ClovrixConfigError, match="CLOVRIX_ALLOW_HTTP="):
            Client("icr_x", given)


@pytest.mark.parametrize(
    "form", ["file:{path}", "file://{path}", "file:{name}", "file:./x/../{name}"]
)
@pytest.mark.parametrize("by", ["argument", "variable"])
def test_a_file_address(store_home, monkeypatch, form, by):
    """``file:`` and a path, whole or relative to the working directory, is an embedded store."""
    folder, name = os.path.split(store_home.path)
    monkeypatch.chdir(folder)
    given = form.format(path=store_home.path, name=name)
    if by == "variable":
        monkeypatch.setenv("CLOVRIX_API_URL", given)
    with Client(base_url=given if by == "argument" else None) as client:
        assert client.get_entries("backend", "production") == {}
        assert repr(client) == f"Client({store_home.url!r})"


def test_home_in_a_file_address(store_home, monkeypatch, clean_environment):
    """``~`` is the process's home in the variable, as a shell has it; not in the argument."""
    os.link(store_home.path, clean_environment / "store.db")
    monkeypatch.setenv("CLOVRIX_API_URL", "file:~/store.db")
    with Client() as client:
        assert client.get_entries("backend", "production") == {}
    with pytest.raises(ClovrixConfigError):
        Client(base_url="file:~/store.db")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("file:", "no path"),
        ("file://", "must not contain a host"),
        ("file://host/store.db", "must not contain a host"),
        ("file:a\0b", "no path"),
        ("file:/no/such/store.db", "/no/such/store.db"),
        (7, "base_url="),
        (b"https://clovrix.example", "base_url="),
    ],
)
def test_a_bad_file_address(store_home, given, why):
    """One without path, with a host or of no store is refused at once, as is all but a text."""
    with pytest.raises(ClovrixConfigError, match=why):
        Client(base_url=given)
