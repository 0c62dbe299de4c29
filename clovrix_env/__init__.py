"""Configuration and secrets from Clovrix and local ``.env`` files, merged for a program.

``load_env()`` fills ``os.environ``. ``resolve_env()`` returns the same values and changes nothing.
``Client`` and ``AsyncClient`` are the SDK. This module imports each name on its first use.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.api.messages import Entry, EntryVersion, LogEvent, WriteItem, WriteResult
    from clovrix_env.client.async_client import AsyncClient, AsyncScope
    from clovrix_env.client.client import Client
    from clovrix_env.client.scope import Scope
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
    "api.messages": ("Entry", "EntryVersion", "LogEvent", "WriteItem", "WriteResult"),
    "cli.notebook": ("load_ipython_extension",),  # IPython calls it
    "client.async_client": ("AsyncClient", "AsyncScope"),
    "client.client": ("Client",),
    "client.scope": ("Scope",),
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
    "EntryVersion",
    "Environment",
    "ForbiddenError",
    "LogEvent",
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
            # Not importlib.import_module: that package costs as much as three modules of this one.
            found = getattr(__import__(f"{__name__}.{module}", fromlist=[name]), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
