"""A call answered by the embedded store, in this process: no port, no JSON between.

The mode of the store's file is the authentication: who can open it is its owner. A token counts
only where it was given as ``token=`` or is one of this store's own; a token of the hosted service
that happens to stand in the environment does not.
"""

from __future__ import annotations

import os

from clovrix_env.api.messages import Call
from clovrix_env.store import master_key, opening
from clovrix_env.store.answer import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.api.messages import Reply
    from clovrix_env.client.origin import Origin


class StoreSender:
    """Opens the store when it is made, keeps it open, and asks it from any thread."""

    def __init__(self, origin: Origin) -> None:
        self._token = origin.token
        opening.check_there(origin.store_path)
        self._store = Store.open(origin.store_path, master_key.find(os.environ))

    def __call__(self, call: Call, deadline: float) -> Reply:
        token = self._token
        if token is not None and not token.given and not self._store.knows(token.value):
            call = Call(call.operation, call.project, call.environment, call.key, call.items)
        reply = self._store.answer(call)
        # A damaged file is as damaged a moment later. A lock may be gone: that is a 503.
        return reply.replaced(final=True) if reply.status == 500 else reply

    def close(self) -> None:
        self._store.close()


class AsyncStoreSender:
    """The same from an event loop: SQLite blocks, so it works in a thread."""

    def __init__(self, origin: Origin) -> None:
        self._sender = StoreSender(origin)

    async def __call__(self, call: Call, deadline: float) -> Reply:
        import anyio.to_thread

        return await anyio.to_thread.run_sync(self._sender, call, deadline)

    async def aclose(self) -> None:
        self._sender.close()
