"""Who sends the calls of a door: the store itself, the standard library, or httpx."""

from __future__ import annotations

import os

from clovrix_env.api import USER_AGENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.client.exchange import Send

# Where one of them is set, httpx sends: it knows what NO_PROXY means.
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


def proxied_by(origin: Endpoint) -> str:
    """The variable that has a proxy asked in between."""
    if not origin.address.startswith("https:"):
        return ""
    return next((name for name in _PROXIES if os.environ.get(name)), "")


def sender_of(origin: Endpoint) -> Send:
    """A sender to an origin; one that has ``close`` is closed when all was asked."""
    if origin.is_store:
        from clovrix_env.client.send_store import StoreSender

        return StoreSender(origin)
    if proxied_by(origin):
        from clovrix_env.client.send_httpx import HttpxSender

        return HttpxSender(origin.address, USER_AGENT, None)
    from clovrix_env.client.send_stdlib import StdlibSender

    return StdlibSender(origin.address, USER_AGENT)
