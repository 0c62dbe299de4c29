"""Hints about addresses and local stores. Only errors import this module."""

from __future__ import annotations

import os
import shlex

from clovrix_env.system import folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def store_hint(environ: Mapping[str, str]) -> str:
    """Return the end of a remedy: how to use the user's store, or how to create one."""
    path = folders.store_path(environ)
    if path is None:
        return ""
    if os.path.exists(path):
        store = shlex.quote(f"file:{path}")
        return f". To use the local store: export CLOVRIX_API_URL={store}"
    return ". Without an account: clovrix-env local init PROJECT creates a store on this machine"


def why_no_scheme(scheme: str) -> tuple[str, str]:
    """Return what is wrong with the scheme of an address, and a remedy or an empty string."""
    if scheme in ("postgresql", "postgres"):
        remedy = "run clovrix-env serve with CLOVRIX_STORE, and use the address of that server"
        return "cannot be the address of a PostgreSQL database", remedy
    return "must start with https:, http: or file:", ""
