"""TLS for a server: a certificate chain and its key."""

from __future__ import annotations

import ssl

from clovrix_env.errors import ClovrixConfigError


def context_of(certificate: str, key: str | None) -> ssl.SSLContext:
    """TLS 1.2 or later with a certificate chain and its key, both PEM files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])

    def no_password() -> str:
        raise ClovrixConfigError(
            "the key of --tls-key has a password", "store the key without one, with mode 0600"
        )

    try:
        context.load_cert_chain(certificate, key, no_password)
    except OSError as error:  # ssl.SSLError is one
        named = f"{certificate} and {key}" if key else certificate
        why = "not a PEM certificate with its key" if isinstance(error, ssl.SSLError) else ""
        raise ClovrixConfigError(
            f"{named}: {why or error.strerror}",
            "use a certificate chain for --tls-cert and its private key for --tls-key",
        ) from None
    return context
