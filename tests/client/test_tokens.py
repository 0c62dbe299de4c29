"""Where the token comes from, and that none is shown that cannot be used."""

import os
import threading
import time

import pytest

from clovrix_env import AsyncClient, Client, ClovrixConfigError

ENTRIES = b'{"entries": {}}'
# No header takes these.
BAD_TEXTS = [
    "icr_s3cr3t\n", "\nicr_s3cr3t", "icr_s3cr3t ", "icr_s3cr3t\t", "icr_s3 cr3t", "icr_s3\r\nX: 1",
    "icr_s3cr3t\x7f", "icr_s3cr3t\u00fc", "icr_s3cr3t\u200b", "\u201cicr_s3cr3t\u201d",
]  # fmt: skip


def used(faulty, **options):
    """The token that a client of these options sends."""
    faulty.fault("answer", body=ENTRIES)
    with Client(base_url=faulty.url, **options) as client:
        client.get_entries("backend", "production")
    scheme, _, token = faulty.requests[-1].headers["authorization"].partition(" ")
    assert scheme == "Bearer"
    return token


def test_any_printable_ascii(faulty):
    """Any printable ASCII text is sent as it is."""
    for token in ("x", "a" * 4_096, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"):
        assert used(faulty, token=token) == token


def test_the_order(faulty, monkeypatch, tmp_path):
    """``token=``, then ``CLOVRIX_TOKEN``, then ``CLOVRIX_TOKEN_FILE``, then systemd's folder."""
    (tmp_path / "clovrix_token").write_text("icr_systemd\n")
    (tmp_path / "file").write_bytes(b"icr_file\r\n")  # a newline at its end is not part of it
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert used(faulty) == "icr_systemd"
    monkeypatch.setenv("CLOVRIX_TOKEN_FILE", str(tmp_path / "file"))
    assert used(faulty) == "icr_file"
    monkeypatch.setenv("CLOVRIX_TOKEN_FILE", "")
    monkeypatch.setenv("CLOVRIX_TOKEN", "icr_variable")
    assert used(faulty) == "icr_variable"
    assert used(faulty, token="icr_argument") == "icr_argument"


@pytest.mark.parametrize("name", ["CLOVRIX_TOKEN", "CLOVRIX_TOKEN_FILE", "CREDENTIALS_DIRECTORY"])
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_an_empty_variable_is_unset(monkeypatch, tmp_path, kind, name):
    """So is a folder of credentials without ours; without any token a client is not made."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv(name, "")
    with pytest.raises(ClovrixConfigError, match="no token for ") as caught:
        kind()
    assert "CLOVRIX_TOKEN" in caught.value.remedy


def test_under_the_launcher(monkeypatch):
    """Where a launcher took the token away, the error says so, and how to get it."""
    monkeypatch.setenv("__CLOVRIX_ENV", "1")
    with pytest.raises(ClovrixConfigError, match="--pass-token"):
        Client()


@pytest.mark.parametrize("token", [*BAD_TEXTS, "icr_s3cr3t\0", "icr_s3cr3t\ud800"], ids=ascii)
def test_a_bad_token(monkeypatch, token):
    """A token that no header takes is refused by its place, and not shown."""
    for kind in (Client, AsyncClient):
        with pytest.raises(ClovrixConfigError, match=r"^token= ") as caught:
            kind(token)
        assert "s3" not in str(caught.value) + repr(caught.value)
    if token in BAD_TEXTS:  # which a variable can hold
        monkeypatch.setenv("CLOVRIX_TOKEN", token)
        with pytest.raises(ClovrixConfigError, match=r"^CLOVRIX_TOKEN ") as caught:
            Client()
        assert "s3" not in str(caught.value) + repr(caught.value)


def test_both_variables(monkeypatch, tmp_path):
    """``CLOVRIX_TOKEN`` and ``CLOVRIX_TOKEN_FILE`` together are an error, not a guess."""
    (tmp_path / "token").write_text("icr_s3cr3t")
    monkeypatch.setenv("CLOVRIX_TOKEN", "icr_s3cr3t")
    monkeypatch.setenv("CLOVRIX_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(ClovrixConfigError, match="are both set") as caught:
        Client()
    assert "s3cr3t" not in str(caught.value)
    assert Client("icr_argument") is not None


@pytest.mark.parametrize("variable", ["CLOVRIX_TOKEN_FILE", "CREDENTIALS_DIRECTORY"])
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"icr_s3cr3t\n\n", "white space"),
        (b"icr_s3cr3t\nicr_s3cr3t\n", "not printable ASCII"),
        (b"\xef\xbb\xbficr_s3cr3t\n", "not printable ASCII"),
        ("icr_s3cr3t".encode("utf-16"), "not printable ASCII"),
        (b"icr_s3cr3t" * 2_000, "larger than 16 KiB"),
    ],
    ids=lambda case: ascii(case)[:30],
)
def test_a_bad_token_file(monkeypatch, tmp_path, variable, content, why):
    """A file that does not hold one token is refused by its path, and its content is not shown."""
    path = tmp_path / "clovrix_token"
    path.write_bytes(content)
    monkeypatch.setenv(variable, str(path if variable == "CLOVRIX_TOKEN_FILE" else tmp_path))
    with pytest.raises(ClovrixConfigError, match=why) as caught:
        Client()
    assert str(path) in str(caught.value)
    assert "s3cr3t" not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize(("name", "why"), [("missing", "does not exist"), ("", "is a folder")])
def test_a_token_file_that_is_none(monkeypatch, tmp_path, name, why):
    """Where no file can be read it is an error."""
    monkeypatch.setenv("CLOVRIX_TOKEN_FILE", str(tmp_path / name))
    with pytest.raises(ClovrixConfigError, match=why):
        Client()


def test_a_token_from_a_pipe(faulty, monkeypatch):
    """``<(pass show token)`` is a file whose writer needs a moment, and writes in pieces."""
    reading, writing = os.pipe()

    def write():
        for piece in (b"icr_", b"piped\n"):
            time.sleep(0.1)
            os.write(writing, piece)
        os.close(writing)

    monkeypatch.setenv("CLOVRIX_TOKEN_FILE", f"/dev/fd/{reading}")
    writer = threading.Thread(target=write)
    writer.start()
    assert used(faulty) == "icr_piped"
    writer.join()
    os.close(reading)


BAD_OPTIONS = {
    "token": ["", 7, b"icr_x", True],
    "user_agent": ["", "a\r\nX-Evil: 1", "a\0", "\u00fc", " a", "a\t", 7, b"a"],
    "max_retries": [-1, 1.0, "1", None, True],
    "timeout": [0, -1, 86_400, float("nan"), float("inf"), True, "1", None],
}


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_a_bad_option(name):
    """A text, a header, a whole number, seconds below a day: refused when the client is made."""
    for value in BAD_OPTIONS[name]:
        with pytest.raises(ClovrixConfigError, match=f"^{name}= "):
            Client(**{"token": "icr_x", name: value})


def test_a_netrc_file_is_not_read(ask, clean_environment, faulty):
    """Its password for the host does not take the place of the token."""
    netrc = clean_environment / ".netrc"
    netrc.write_text("machine 127.0.0.1 login x password y\n")
    netrc.chmod(0o600)
    faulty.fault("answer", body=ENTRIES)
    ask(faulty.url, "get_entries", "backend", "production", token="icr_x")
    assert faulty.requests[0].headers["authorization"] == "Bearer icr_x"
