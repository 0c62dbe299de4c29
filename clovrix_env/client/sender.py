"""Chooses the sender of a call: the embedded store, the standard library, or httpx."""

from __future__ import annotations

from clovrix_env.api import USER_AGENT
from clovrix_env.errors import ClovrixConfigError, ServerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.client.exchange import Send


def proxied_by(origin: Endpoint, environ: Mapping[str, str]) -> str:
    """The variable that names the proxy in use; empty for none."""
    if origin.is_store:
        return ""
    from clovrix_env.client.proxies import variable_of

    return variable_of(origin.address, environ)


def sender_of(origin: Endpoint, environ: Mapping[str, str], user_agent: str = USER_AGENT) -> Send:
    """A sender to an endpoint. The caller closes it if it has ``close``.

    ``environ`` alone names proxy and certificates. It is the process environment without the
    variables of files (see ``auth.clean_environ``). Raises ``ClovrixConfigError``.
    """
    if origin.is_store:
        from clovrix_env.client.send_store import StoreSender

        return StoreSender(origin, environ)
    from clovrix_env.client.route import proxy_for

    proxy = proxy_for(origin.address, environ)
    if proxy is not None and proxy.scheme != "http":
        # TLS to the proxy, or SOCKS: httpx supports both.
        from clovrix_env.client.send_httpx import HttpxSender

        return HttpxSender(origin.address, user_agent, environ)
    from clovrix_env.client.send_stdlib import StdlibSender

    return StdlibSender(origin.address, user_agent, environ)


def ignores_token(origin: Endpoint, environ: Mapping[str, str], deadline: float) -> bool | None:
    """Whether the address is a store that ignores the token; ``None`` if it cannot be opened."""
    if origin.token is None or not origin.is_store:
        return False
    from clovrix_env.client.send_store import StoreSender

    try:
        sender = StoreSender(origin, environ)
        try:
            return sender.ignores_token(deadline)
        finally:
            sender.close()
    except (ClovrixConfigError, ServerError):
        return None
