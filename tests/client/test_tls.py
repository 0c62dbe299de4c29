"""TLS: who is trusted, and what a certificate that does not hold says."""

import os
import ssl
import subprocess
from pathlib import Path

import pytest
from loopback import Authority, serve

from clovrix_env import AsyncClient, Client, ClovrixConfigError, ClovrixConnectionError
from clovrix_env.client import tls

WRITE = ("set_entry", "backend", "production", "KEY", "value")


def answers(ask, context):
    """A server with this certificate is asked."""
    with serve(tls=context) as server:
        server.fault("answer", body=b'{"entries": {"KEY": "v"}}')
        assert ask(server.url, "get_entries", "backend", "production") == {"KEY": "v"}
        assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_trusted_certificate(ask, monkeypatch, fresh_tls, authority, name):
    """A certificate of an authority in the file, or in the hashed folder, is accepted."""
    monkeypatch.setenv(name, authority.file if name == "SSL_CERT_FILE" else authority.folder)
    answers(ask, authority.context())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_old_protocol(ask, trusted):
    """TLS 1.1 is not spoken."""
    context = trusted.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with serve(tls=context) as server, pytest.raises(ClovrixConnectionError) as caught:
        ask(server.url, *WRITE)
    assert caught.value.sent is False


def test_the_context_is_shared(trusted):
    """All senders of a process have one context: making one costs a start 16 ms and more."""
    assert tls.context(os.environ) is tls.context(dict(os.environ))


@pytest.mark.parametrize(
    ("name", "why"),
    [("missing.pem", r"missing\.pem.* cannot be read"), ("empty.pem", r"empty\.pem")],
)
def test_a_bundle_that_cannot_be_used(monkeypatch, fresh_tls, tmp_path, name, why):
    """No file, or a file without a certificate, is told by its name when a client is made."""
    (tmp_path / "empty.pem").write_text("no certificate\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / name))
    for kind in (Client, AsyncClient):
        with pytest.raises(ClovrixConfigError, match=f"SSL_CERT_FILE .*{why}"):
            kind("icr_x", "https://127.0.0.1")


@pytest.fixture
def system(monkeypatch, fresh_tls):
    """``system(folder, bundle)``: the system's hashed folder and its bundle."""

    def has(folder, bundle):
        own = {"openssl_capath": folder, "openssl_cafile": bundle}
        paths = ssl.get_default_verify_paths()._replace(**own)
        monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)

    return has


def test_a_system_with_a_hashed_folder(ask, system, tmp_path, authority):
    """An issuer that the system's folder lacks and its bundle has is found on the second look."""
    other = Authority(str(tmp_path))
    system(other.folder, authority.file)
    for known in (other, authority, other, authority):
        answers(ask, known.context())


@pytest.mark.parametrize("chain", ["with its root", "signed by itself"])
def test_a_root_that_only_the_bundle_has(ask, system, tmp_path, authority, chain):
    """A server that sends its root along, or is its own root, is found in the bundle as well."""
    context, bundle = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), authority.file
    if chain == "with its root":
        issued = authority._ca.issue_cert("127.0.0.1")
        pems = [issued.private_key_pem, *issued.cert_chain_pems]
        pem = b"".join(each.bytes() for each in pems) + Path(authority.file).read_bytes()
        (tmp_path / "chain.pem").write_bytes(pem)
        context.load_cert_chain(tmp_path / "chain.pem")
    else:
        bundle, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        command = [*command.split(), *names, "-out", bundle, "-keyout", key]
        subprocess.run(command, check=True, capture_output=True)
        context.load_cert_chain(bundle, key)
    (tmp_path / "hashed").mkdir()
    system(Authority(str(tmp_path / "hashed")).folder, bundle)
    answers(ask, context)
