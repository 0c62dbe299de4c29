"""The hint that a local store needs no token, for messages about a missing one."""

from __future__ import annotations

import os
import shlex

from clovrix_env.auth.address import STORE_SCHEME
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
        store = shlex.quote(STORE_SCHEME + path)
        return f". To use the local store: export CLOVRIX_API_URL={store}"
    return ". Without an account: clovrix-env local init PROJECT creates a store on this machine"
