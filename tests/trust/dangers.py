"""The names that decide a fetch, and a stranger behind each: what he is found out by.

A danger sets up a ``Scene``: what the process is really given, and the value that a ``.env`` sets.
``leaked`` looks whether the stranger was asked, or decided as whom we ask.
"""

import base64
from typing import NamedTuple

from accounts.person import files_with
from trust.doors import CLIENTS, DOORS

from clovrix_env.store import master_key

STRANGERS = "icr_stranger_0123456789abcdefghijklmnop"
_IN_A_FILE = "keyrings.alt.file.PlaintextKeyring"


class Danger(NamedTuple):
    """A name, in one of the parts that it plays. ``set_up`` gives its value.

    ``asked`` is whether the right one was asked instead. ``counts`` is false where the name never
    decides anything; ``unless`` are entry points that it cannot touch.
    """

    name: str
    set_up: object
    leaked: object
    unless: object
    part: str = ""
    asked: object = lambda scene: _honest_asked(scene)
    counts: bool = True

    def __str__(self):
        return f"{self.name}, {self.part}" if self.part else self.name


def _honest_asked(scene):
    return len(scene.servers.honest.requests) > 0 or scene.whoami_tells(scene.servers.honest.url)


def _strangers_bearer(scene):
    honest = f"Bearer {scene.servers.token}"
    asked = [request.headers["authorization"] for request in scene.servers.honest.requests]
    return any(header != honest for header in asked)


# The way: a proxy, and who is left out of it.


def _exception(scene):
    scene.given["HTTPS_PROXY"] = scene.servers.proxy.url
    return "*"


def _passed_by(scene):
    return len(scene.servers.honest.requests) > 0 and scene.servers.proxy.connections == 0


# Whom it trusts: the address leads to a server with a certificate of the stranger's authority.


def _impostor_file(scene):
    scene.given["CLOVRIX_API_URL"] = scene.servers.impostor.url
    del scene.given["SSL_CERT_FILE"]
    return scene.servers.other_authority.file


def _impostor_folder(scene):
    _impostor_file(scene)
    return scene.servers.other_authority.folder


# Whose configuration it reads: address, stored token, master key.


def _config_folder(scene):
    scene.write_config(scene.home / ".config", url=scene.servers.honest.url)
    scene.write_config(scene.strangers / ".config", url=scene.servers.stranger.url)
    del scene.given["CLOVRIX_API_URL"]
    return str(scene.strangers / ".config")


def _home(scene):
    _config_folder(scene)
    del scene.given["HOME"]
    # The default address is left, and a proxy to see that it is asked.
    scene.given["HTTPS_PROXY"] = scene.servers.proxy.url
    return str(scene.strangers)


def _default_asked(scene):
    return any("app.clovrix.com" in line for line in (*scene.servers.proxy.lines, scene.output))


def _stranger_asked(scene):
    stranger = scene.servers.stranger
    return len(stranger.requests) > 0 or scene.whoami_tells(stranger.url)


def _stored_token(scene):
    scene.keeps(scene.home, scene.servers.token)
    scene.keeps(scene.strangers, STRANGERS)
    return str(scene.strangers / ".config")


def _key_folder(scene):
    scene.given["CLOVRIX_API_URL"] = scene.servers.store.url
    folder = scene.strangers / ".config" / "clovrix-env"
    folder.mkdir(parents=True, mode=0o700)
    master_key.save(scene.servers.store.master_key, str(folder / "master.key"))
    return str(scene.strangers / ".config")


def _key_home(scene):
    _key_folder(scene)
    del scene.given["HOME"]
    return str(scene.strangers)


# As whom it asks: systemd's credentials, .netrc, the keyring.


def _credentials(scene):
    scene.keeps(scene.home, scene.servers.token)
    path = scene.strangers / "clovrix_token"
    path.write_text(STRANGERS)
    path.chmod(0o600)
    return str(scene.strangers)


def _token_taken(scene):
    return _strangers_bearer(scene) or scene.whoami_tells(str(scene.strangers))


def _netrc(scene):
    path = scene.strangers / "netrc"
    path.write_text("machine 127.0.0.1 login stranger password hunter2\n")
    path.chmod(0o600)
    return str(path)


def _keyring_data(scene):
    scene.given["PYTHON_KEYRING_BACKEND"] = _IN_A_FILE
    scene.keeps(scene.home, scene.servers.token, in_keyring=True)
    scene.keeps(scene.strangers, STRANGERS, in_keyring=True)
    return str(scene.strangers / ".local" / "share")


def _back_end(scene):
    scene.keeps(scene.home, scene.servers.token, in_keyring=True)
    del scene.given["PYTHON_KEYRING_BACKEND"]
    return "trust.keyring_of_a_stranger.Keyring"


def _bus(scene):
    scene.keeps(scene.home, scene.servers.token, in_keyring=True)
    del scene.given["PYTHON_KEYRING_BACKEND"]
    return scene.servers.bus.address


def _keyring_used(scene):
    encoded = base64.b64encode(scene.servers.token.encode()).decode()[:40]  # in lines of 76
    return (
        files_with(encoded, scene.strangers) != []
        or "keyring cannot be used (RuntimeError)" in scene.output
        or _strangers_bearer(scene)
        or scene.servers.bus.connections > 0
    )


def _keyring_asked(scene):
    return _honest_asked(scene) or "selects its back end" in scene.output


_CLIENTS_WHOAMI = {*CLIENTS, "whoami"}
_CLIENTS_LOGIN = {*CLIENTS, "login"}
_PROXIES = {"HTTPS_PROXY": True, "https_proxy": True, "ALL_PROXY": True, "all_proxy": True}
_PROXIES |= {"HTTP_PROXY": False, "http_proxy": False}  # nothing goes to http: through a proxy

# whoami sends nothing: only what it says of address and token counts.
_NOT_WHOAMI = ["whoami"]
_NOT_LOGIN = ["login", "whoami"]
_IMPOSTORS = {"SSL_CERT_FILE": _impostor_file, "SSL_CERT_DIR": _impostor_folder}
_KEYS = {"XDG_CONFIG_HOME": _key_folder, "HOME": _key_home}
_KEYRINGS = {"XDG_DATA_HOME": _keyring_data, "PYTHON_KEYRING_BACKEND": _back_end}
DANGERS = [
    *(
        Danger(name, lambda s: s.servers.proxy.url, lambda s: s.servers.proxy.connections > 0,
               _NOT_WHOAMI, counts=counts)
        for name, counts in _PROXIES.items()
    ),
    *(Danger(name, _exception, _passed_by, _NOT_WHOAMI) for name in ("NO_PROXY", "no_proxy")),
    *(
        Danger(name, set_up, lambda s: len(s.servers.impostor.requests) > 0, _NOT_WHOAMI,
               asked=lambda s: s.servers.met_impostor)
        for name, set_up in _IMPOSTORS.items()
    ),
    Danger("XDG_CONFIG_HOME", _config_folder, _stranger_asked, CLIENTS, "address"),
    Danger("HOME", _home, _stranger_asked, CLIENTS, "address", _default_asked),
    Danger("XDG_CONFIG_HOME", _stored_token, _token_taken, _CLIENTS_LOGIN, "token"),
    *(
        Danger(name, set_up, lambda s: s.status == 0, _NOT_LOGIN, "master key",
               lambda s: "master key" in s.output)
        for name, set_up in _KEYS.items()
    ),
    Danger("CREDENTIALS_DIRECTORY", _credentials, _token_taken, _CLIENTS_LOGIN),
    Danger("CREDENTIALS_DIRECTORY", _credentials, _token_taken, set(DOORS) - CLIENTS,
           "of a client", lambda s: "no token" in s.output),
    Danger("NETRC", _netrc, _strangers_bearer, _NOT_WHOAMI, counts=False),
    *(
        Danger(name, set_up, _keyring_used, _CLIENTS_WHOAMI, asked=_keyring_asked)
        for name, set_up in _KEYRINGS.items()
    ),
    Danger("DBUS_SESSION_BUS_ADDRESS", _bus, _keyring_used, CLIENTS, asked=_keyring_asked),
]  # fmt: skip
