"""Calls that the embedded store answers in this process, without a port or JSON.

The mode of the store's file is the authentication: a user who can open the file is the owner. A
token counts only if it was passed as ``token=`` or issued by this store. A token of the hosted
service that happens to be in the environment is ignored.
"""

from __future__ import annotations

from clovrix_env.api.messages import refusal_of
from clovrix_env.errors import ServerError
from clovrix_env.store import master_key, opening
from clovrix_env.store.answer import Store
from clovrix_env.store.sqlite_failures import REFUSED, UNWRITABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovrix_env.api.messages import Call, Reply
    from clovrix_env.auth.endpoint import Endpoint


class StoreSender:
    """Opens the store in its constructor, keeps it open, and can be called from any thread.

    The master key is looked up in ``environ``. ``has_ignored_token`` is true if the last call had
    a token that was ignored.
    """

    def __init__(self, origin: Endpoint, environ: Mapping[str, str]) -> None:
        self.has_ignored_token: bool = False
        self._token = origin.token
        self._path = origin.store_path
        opening.check_there(self._path)
        self._key = master_key.find(environ, self._path)
        self._stores: dict[str, Store] = {}
        try:
            self._opened(deadline=0)
        except ServerError:  # locked: a call waits until its deadline
            pass

    def __call__(self, call: Call, deadline: float) -> Reply:
        try:
            reply = self._answer(call, deadline)
        except ServerError as error:
            reply = refusal_of(error)
        # Another attempt cannot repair a damaged file. A lock is a 503, which can pass.
        return reply.replaced(final=True) if reply.status in (REFUSED, UNWRITABLE) else reply

    def _answer(self, call: Call, deadline: float) -> Reply:
        self.has_ignored_token = self.ignores_token(deadline)
        if self.has_ignored_token:
            call = call.replaced(token=None)
        return self._opened(deadline).answer(call, deadline)

    def ignores_token(self, deadline: float) -> bool:
        """Whether there is a token that this store ignores."""
        store, token = self._opened(deadline), self._token
        return token is not None and not token.given and not store.is_held_to(token, deadline)

    def _opened(self, deadline: float) -> Store:
        store = self._stores.get(self._path)
        if store is None:
            made = Store.open(self._path, self._key, deadline=deadline)
            # Without a lock, which a fork could inherit: the first of two threads sets it.
            store = self._stores.setdefault(self._path, made)
            if store is not made:
                made.close()
        return store

    def close(self) -> None:
        for store in self._stores.values():
            store.close()


class AsyncStoreSender:
    """The same from an event loop. SQLite blocks, so each call runs in a thread."""

    def __init__(self, origin: Endpoint, environ: Mapping[str, str]) -> None:
        self._sender = StoreSender(origin, environ)

    async def __call__(self, call: Call, deadline: float) -> Reply:
        import anyio.to_thread

        return await anyio.to_thread.run_sync(self._sender, call, deadline)

    async def aclose(self) -> None:
        self._sender.close()
