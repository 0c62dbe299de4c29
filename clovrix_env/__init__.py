"""Configuration and secrets of Clovrix, merged with local ``.env`` files, handed to a program.

``load_env()`` fills ``os.environ``; ``resolve_env()`` only tells; ``Client`` and ``AsyncClient``
are the SDK. Names are imported when they are first used: this module itself imports nothing.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.api.messages import Entry, WriteItem, WriteResult
    from clovrix_env.client.client import AsyncClient, AsyncScope, Client, Scope
    from clovrix_env.errors import (
        AuthenticationError,
        BillingError,
        ClovrixAPIError,
        ClovrixConfigError,
        ClovrixConnectionError,
        ClovrixError,
        ForbiddenError,
        NotFoundError,
        ServerError,
        ValidationError,
    )
    from clovrix_env.load import load_env, resolve_env
    from clovrix_env.resolution.environment import Environment

_HOMES = {
    "api.messages": ("Entry", "WriteItem", "WriteResult"),
    "client.client": ("AsyncClient", "AsyncScope", "Client", "Scope"),
    "errors": (
        "AuthenticationError",
        "BillingError",
        "ClovrixAPIError",
        "ClovrixConfigError",
        "ClovrixConnectionError",
        "ClovrixError",
        "ForbiddenError",
        "NotFoundError",
        "ServerError",
        "ValidationError",
    ),
    "load": ("load_env", "resolve_env"),
    "resolution.environment": ("Environment",),
}

__all__ = [
    "AsyncClient",
    "AsyncScope",
    "AuthenticationError",
    "BillingError",
    "Client",
    "ClovrixAPIError",
    "ClovrixConfigError",
    "ClovrixConnectionError",
    "ClovrixError",
    "Entry",
    "Environment",
    "ForbiddenError",
    "NotFoundError",
    "Scope",
    "ServerError",
    "ValidationError",
    "WriteItem",
    "WriteResult",
    "__version__",
    "load_env",
    "resolve_env",
]


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            # Not importlib's import_module: its package costs a start what three of ours do.
            found = getattr(__import__(f"{__name__}.{module}", fromlist=[name]), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
