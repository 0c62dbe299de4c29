"""One cell: the surroundings of a door, the server that it asks, and the secrets planted there."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from loopback import serve
from secrecy.search import marker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from ssl import SSLContext

    from loopback import Authority, Loopback

KEY = "API_KEY"
PLACE = ("backend", "staging")
# Where the proxies and authorities of this machine would be found.
_FOREIGN = ("CLOVRIX_", "__CLOVRIX_", "SSL_CERT_", "XDG_")


class Cell:
    """A fault sets ``url``, and whatever else it needs; ``stack`` takes it down again.

    ``attempts`` counts what the server saw; it is ``None`` where nobody can see an attempt.
    ``seconds`` is the deadline; ``None`` leaves it out.
    """

    def __init__(self, folder: Path, authority: Authority, seconds: float | None) -> None:
        self.folder, self.home = folder / "work", folder / "home"
        for made in (self.folder, self.home):
            made.mkdir(parents=True)
        self.authority = authority
        self.seconds = seconds
        self.stack = ExitStack()
        self.secrets = {
            "token": f"icr_{marker()}",
            "value": marker(),
            "stored": marker(),
            "file": marker(),
        }
        self.environ: dict[str, str] = {}
        self.url = ""
        self.attempts: Callable[[], int] | None = None
        (self.folder / ".env").write_text(f"FROM_FILE={self.secrets['file']}\n")
        (self.folder / ".git").mkdir()

    def serve(
        self, tls: SSLContext | None = None, name: str = "127.0.0.1", host: str = "127.0.0.1"
    ) -> Loopback:
        """Ask a server of this cell's own, by a name that leads to ``host``."""
        server = self.stack.enter_context(serve(tls=tls, host=host))
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://{name}:{server.port}"
        self.environ["SSL_CERT_FILE"] = self.authority.file
        self.environ["CLOVRIX_ALLOW_HTTP"] = name
        self.attempts = lambda: len(server.requests)
        return server

    def body(self) -> bytes:
        """A right answer to a read and to a write, with the stored value in it."""
        fields = {"entries": {KEY: self.secrets["stored"]}, "key": KEY, "created": True}
        return json.dumps(fields).encode()

    def variables(self) -> dict[str, str]:
        """All that the door finds in its environment."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "CLOVRIX_API_URL": self.url,
            "CLOVRIX_TOKEN": self.secrets["token"],
            **self.environ,
        }

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This process in the cell's folder and environment; as it was, afterwards."""
        folder, environ = os.getcwd(), dict(os.environ)
        for name in environ:
            if name.startswith(_FOREIGN) or name.upper().endswith("_PROXY"):
                del os.environ[name]
        os.environ.update(self.variables())
        os.chdir(self.folder)
        try:
            yield
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environ)
