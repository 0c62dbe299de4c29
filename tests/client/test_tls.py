"""TLS: who is trusted, and what a certificate that does not hold says."""

from __future__ import annotations

import datetime
import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from loopback import Authority, serve

from clovrix_env import AsyncClient, Client, ClovrixConfigError, ClovrixConnectionError
from clovrix_env.client import tls

WRITE = ("set_entry", "backend", "production", "KEY", "value")
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)


def answers(ask: Any, context: ssl.SSLContext) -> None:
    """A server with this certificate is asked."""
    with serve(tls=context) as server:
        server.fault("answer", body=b'{"entries": {"KEY": "v"}}')
        assert ask(server.url, "get_entries", "backend", "production") == {"KEY": "v"}
        assert len(server.requests) == 1


def refused(ask: Any, context: ssl.SSLContext, host: str = "127.0.0.1") -> str:
    """The sentence of the error; nothing of the request went out."""
    with serve(tls=context) as server:
        with pytest.raises(ClovrixConnectionError) as caught:
            ask(f"https://{host}:{server.port}", *WRITE, max_retries=3)
        assert server.requests == []
        assert server.connections <= 2  # the second is for the bundle, and none is a retry
    assert caught.value.sent is False
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"the certificate of https://{host}:{server.port} is not valid: ")
    return message


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_trusted_certificate(
    ask: Any, monkeypatch: pytest.MonkeyPatch, fresh_tls: None, authority: Authority, name: str
) -> None:
    """A certificate of an authority in the file, or in the hashed folder, is accepted."""
    monkeypatch.setenv(name, authority.file if name == "SSL_CERT_FILE" else authority.folder)
    answers(ask, authority.context())


def test_an_unknown_authority(
    ask: Any, monkeypatch: pytest.MonkeyPatch, fresh_tls: None, tmp_path: Path, authority: Authority
) -> None:
    """Neither the system knows it, nor is it the one of ``SSL_CERT_FILE``, which counts alone."""
    refused(ask, authority.context())
    monkeypatch.setenv("SSL_CERT_FILE", Authority(str(tmp_path)).file)
    refused(ask, authority.context())


def test_a_wrong_name(ask: Any, trusted: Authority) -> None:
    """A certificate for another name is refused."""
    for host in ("127.0.0.1", "localhost"):
        assert "mismatch" in refused(ask, trusted.context("clovrix.example"), host)


def test_an_expired_certificate(ask: Any, trusted: Authority) -> None:
    """A certificate whose time is over is refused."""
    context = trusted.context("127.0.0.1", not_before=LONG_AGO, not_after=LONG_AGO)
    assert "expired" in refused(ask, context)


def test_a_self_signed_certificate(ask: Any, trusted: Authority, tmp_path: Path) -> None:
    """A certificate that nobody but itself vouches for is refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))
    assert "self" in refused(ask, context)


def test_no_tls_at_all(ask: Any, trusted: Authority) -> None:
    """A server that does not speak TLS is a connection error of a request that was never sent."""
    with serve() as server:
        with pytest.raises(ClovrixConnectionError, match="TLS") as caught:
            ask(f"https://127.0.0.1:{server.port}", *WRITE)
        assert server.requests == []
    assert caught.value.sent is False


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_old_protocol(ask: Any, trusted: Authority) -> None:
    """TLS 1.1 is not spoken."""
    context = trusted.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with serve(tls=context) as server, pytest.raises(ClovrixConnectionError) as caught:
        ask(server.url, *WRITE)
    assert caught.value.sent is False


def test_the_context_is_shared(trusted: Authority) -> None:
    """All senders of a process have one context: making one costs a start 16 ms and more."""
    assert tls.context(os.environ) is tls.context(dict(os.environ))


@pytest.mark.parametrize(
    ("name", "why"),
    [("missing.pem", r"missing\.pem.* cannot be read"), ("empty.pem", r"empty\.pem")],
)
def test_a_bundle_that_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, fresh_tls: None, tmp_path: Path, name: str, why: str
) -> None:
    """No file, or a file without a certificate, is told by its name when a client is made."""
    (tmp_path / "empty.pem").write_text("no certificate\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / name))
    for kind in (Client, AsyncClient):
        with pytest.raises(ClovrixConfigError, match=f"SSL_CERT_FILE .*{why}"):
            kind("icr_x", "https://127.0.0.1")


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, fresh_tls: None) -> Any:
    """``system(folder, bundle)``: the system's hashed folder and its bundle."""

    def has(folder: str, bundle: str) -> None:
        paths = ssl.get_default_verify_paths()._replace(
            openssl_capath=folder, openssl_cafile=bundle
        )
        monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)

    return has


def test_a_system_with_a_hashed_folder(
    ask: Any, system: Any, tmp_path: Path, authority: Authority
) -> None:
    """An issuer that the system's folder lacks and its bundle has is found on the second look."""
    other = Authority(str(tmp_path))
    system(other.folder, authority.file)
    for known in (other, authority, other, authority):
        answers(ask, known.context())


@pytest.mark.parametrize("chain", ["with its root", "signed by itself"])
def test_a_root_that_only_the_bundle_has(
    ask: Any, system: Any, tmp_path: Path, authority: Authority, chain: str
) -> None:
    """A server that sends its root along, or is its own root, is found in the bundle as well."""
    context, bundle = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), authority.file
    if chain == "with its root":
        issued = authority._ca.issue_cert("127.0.0.1")
        pems = [issued.private_key_pem, *issued.cert_chain_pems]
        pem = b"".join(each.bytes() for each in pems) + Path(authority.file).read_bytes()
        (tmp_path / "chain.pem").write_bytes(pem)
        context.load_cert_chain(tmp_path / "chain.pem")
    else:
        bundle, key = self_signed(tmp_path)
        context.load_cert_chain(bundle, key)
    (tmp_path / "hashed").mkdir()
    system(Authority(str(tmp_path / "hashed")).folder, bundle)
    answers(ask, context)


def self_signed(folder: Path) -> tuple[str, str]:
    """A certificate that vouches for itself, and its key."""
    certificate, key = str(folder / "cert.pem"), str(folder / "key.pem")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*command.split(), *names, "-out", certificate, "-keyout", key],
        check=True,
        capture_output=True,
    )
    return certificate, key


def test_in_a_process_of_its_own(authority: Authority) -> None:
    """The variables are the process's: a program started with them trusts what they name."""
    program = (
        "import sys, clovrix_env\n"
        "with clovrix_env.Client('icr_x', sys.argv[1]) as client:\n"
        "    print(client.get_entries('backend', 'production'))\n"
    )
    with serve(tls=authority.context()) as server:
        server.fault("answer", body=b'{"entries": {"KEY": "v"}}')
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program, server.url],
            env={
                **os.environ,
                "SSL_CERT_DIR": authority.folder,
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.stdout, done.stderr) == ("{'KEY': 'v'}\n", "")
