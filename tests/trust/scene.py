"""The surroundings of one cell: what the process is given, the servers, and what came of it."""

import base64
import json
import os
import socket
import threading
from contextlib import ExitStack, contextmanager, suppress

from client.conftest import RecordingProxy
from loopback import serve
from trust.doors import ENVIRONMENT, KEY, OTHER, PROJECT

from clovrix_env.api.messages import Call, WriteItem

ITEM = WriteItem(KEY, "v")


class Scene:
    """Folders, servers and environment of one cell. ``given`` is what the process is given."""

    def __init__(self, folder, servers):
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

    def keeps(self, home, token, *, in_keyring=False):
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

    def whoami_tells(self, text):
        return "TOKEN FROM" in self.output and text in self.output

    def write_config(self, config, url="", tokens=None):
        folder = config / "clovrix-env"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if url:
            (folder / "config.toml").write_text(f'api_url = "{url}"\n')
        if tokens is not None:
            path = folder / "tokens.json"
            path.write_text(json.dumps({"version": 1, "tokens": tokens}))
            path.chmod(0o600)


class Servers:
    """Clovrix, and the strangers: another server, an impostor by TLS, a proxy, a session's bus."""

    def __init__(self, store, authority, other, folder):
        self.store, self.token = store, store.token
        self.authority, self.other_authority = authority, other
        store.store.create_environment(PROJECT, OTHER)
        for environment in (ENVIRONMENT, OTHER):
            store.store.answer(Call("set_entries", PROJECT, environment, items=(ITEM,)))
        self.proxy, self.bus = RecordingProxy(), Bus(str(folder / "bus"))

    @contextmanager
    def running(self):
        contexts = (self.authority.context(), None, self.other_authority.context())
        with ExitStack() as stack:
            running = [stack.enter_context(serve(self.store.store, tls)) for tls in contexts]
            self.honest, self.stranger, self.impostor = running
            for each in (self.proxy, self.bus, self.store.store):
                stack.callback(each.close)
            yield

    def forget(self):
        for server in (self.honest, self.stranger, self.impostor):
            server.forget()
        self._met = self.impostor.connections
        self.proxy.connections = self.bus.connections = 0
        self.proxy.lines.clear()

    @property
    def met_impostor(self):
        """Whether a handshake with it was begun."""
        return self.impostor.connections > self._met


class Bus:
    """A listener in place of the session's bus, which counts who comes."""

    def __init__(self, path):
        self.address = f"unix:path={path}"
        self.connections = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                self._listener.accept()[0].close()
                self.connections += 1

    def close(self):
        self._listener.close()
