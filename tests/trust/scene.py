"""The surroundings of one cell: what the process is given, the servers, and what came of it."""

from __future__ import annotations

import base64
import json
import os
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from trust.doors import ENVIRONMENT, KEY, PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from trust.test_matrix import Servers


class Scene:
    """Folders, servers and environment of one cell. ``given`` is what the process is given."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self.servers = servers
        self.inside, self.outside = folder / "inside", folder / "outside"
        self.home, self.strangers = folder / "home", folder / "stranger"
        for made in (self.inside, self.outside, self.home, self.strangers):
            (made / ".git").mkdir(parents=True, mode=0o700)
        for made in (self.inside, self.outside):
            (made / ".clovrix").write_text(
                f'project = "{PROJECT}"\ndefault_environment = "{ENVIRONMENT}"\n'
            )
            (made / "values.env").write_text(f"{KEY}=imported\n")
        self.given = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "SSL_CERT_FILE": servers.authority.file,
            "CLOVRIX_TOKEN": servers.token,
            "CLOVRIX_API_URL": servers.honest.url,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "COLUMNS": "500",  # whoami's table is not wrapped
        }
        servers.forget()
        self.output = ""
        self.status = 0

    def keeps(self, home: Path, token: str, *, in_keyring: bool = False) -> None:
        """A token that ``login`` has stored, in a home's folders; no other is given."""
        self.given.pop("CLOVRIX_TOKEN", None)
        kept = {"kept": "keyring"} if in_keyring else {"kept": "file", "token": token}
        self.write_config(home / ".config", tokens={self.servers.honest.url: kept})
        if in_keyring:
            user = "".join(c if c.isalnum() else f"_{ord(c):02X}" for c in self.servers.honest.url)
            data = home / ".local" / "share" / "python_keyring"
            data.mkdir(parents=True)
            value = base64.b64encode(token.encode()).decode()
            (data / "keyring_pass.cfg").write_text(f"[clovrix_2Denv]\n{user} = {value}\n")

    def whoami_tells(self, text: str) -> bool:
        return "TOKEN FROM" in self.output and text in self.output

    def write_config(self, config: Path, url: str = "", tokens: Any = None) -> None:
        folder = config / "clovrix-env"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if url:
            (folder / "config.toml").write_text(f'api_url = "{url}"\n')
        if tokens is not None:
            path = folder / "tokens.json"
            path.write_text(json.dumps({"version": 1, "tokens": tokens}))
            path.chmod(0o600)


class Bus:
    """A listener in place of the session's bus, which counts who comes."""

    def __init__(self, path: str) -> None:
        self.address = f"unix:path={path}"
        self.connections = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._listener.accept()[0].close()
                self.connections += 1

    def close(self) -> None:
        self._listener.close()
