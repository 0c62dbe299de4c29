"""The names that decide a fetch, and a stranger behind each: what he is found out by.

A danger sets up a ``Scene``: what the process is really given, and the value that a ``.env`` sets.
``leaked`` looks whether the stranger was asked, or decided as whom we ask.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from accounts.person import files_with
from trust.doors import CLIENTS, DOORS

from clovrix_env.store import master_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from trust.scene import Scene

STRANGERS = "icr_stranger_0123456789abcdefghijklmnop"
_IN_A_FILE = "keyrings.alt.file.PlaintextKeyring"


class Danger:
    """A name, in one of the parts that it plays. ``set_up`` gives its value.

    ``asked`` is whether the right one was asked instead. ``counts`` is false where the name never
    decides anything; ``unless`` are doors that it cannot touch.
    """

    def __init__(
        self,
        name: str,
        set_up: Callable[[Scene], str],
        leaked: Callable[[Scene], bool],
        *,
        part: str = "",
        asked: Callable[[Scene], bool] | None = None,
        counts: bool = True,
        unless: Iterable[str] = (),
    ) -> None:
        self.name = name
        self.set_up = set_up
        self.leaked = leaked
        self.part = part
        self.asked = asked or _honest_asked
        self.counts = counts
        self.unless = frozenset(unless)

    def __repr__(self) -> str:
        return f"{self.name}, {self.part}" if self.part else self.name


def _honest_asked(scene: Scene) -> bool:
    return len(scene.servers.honest.requests) > 0 or scene.whoami_tells(scene.servers.honest.url)


def _strangers_bearer(scene: Scene) -> bool:
    honest = f"Bearer {scene.servers.token}"
    asked = [request.headers["authorization"] for request in scene.servers.honest.requests]
    return any(header != honest for header in asked)


# The way: a proxy, and who is left out of it.


def _proxy_asked(scene: Scene) -> bool:
    return scene.servers.proxy.connections > 0


def _exception(scene: Scene) -> str:
    scene.given["HTTPS_PROXY"] = scene.servers.proxy.url
    return "*"


def _passed_by(scene: Scene) -> bool:
    return len(scene.servers.honest.requests) > 0 and scene.servers.proxy.connections == 0


# Whom it trusts: the address leads to a server with a certificate of the stranger's authority.


def _impostor_file(scene: Scene) -> str:
    scene.given["CLOVRIX_API_URL"] = scene.servers.impostor.url
    del scene.given["SSL_CERT_FILE"]
    return scene.servers.other_authority.file


def _impostor_folder(scene: Scene) -> str:
    _impostor_file(scene)
    return scene.servers.other_authority.folder


def _impostor_met(scene: Scene) -> bool:
    return scene.servers.met_impostor


def _impostor_asked(scene: Scene) -> bool:
    return len(scene.servers.impostor.requests) > 0


# Whose configuration it reads: address, stored token, master key.


def _config_folder(scene: Scene) -> str:
    scene.write_config(scene.home / ".config", url=scene.servers.honest.url)
    scene.write_config(scene.strangers / ".config", url=scene.servers.stranger.url)
    del scene.given["CLOVRIX_API_URL"]
    return str(scene.strangers / ".config")


def _home(scene: Scene) -> str:
    _config_folder(scene)
    del scene.given["HOME"]
    # The default address is left, and a proxy to see that it is asked.
    scene.given["HTTPS_PROXY"] = scene.servers.proxy.url
    return str(scene.strangers)


def _default_asked(scene: Scene) -> bool:
    return any("app.clovrix.com" in line for line in (*scene.servers.proxy.lines, scene.output))


def _stranger_asked(scene: Scene) -> bool:
    return len(scene.servers.stranger.requests) > 0 or scene.whoami_tells(
        scene.servers.stranger.url
    )


def _stored_token(scene: Scene) -> str:
    scene.keeps(scene.home, scene.servers.token)
    scene.keeps(scene.strangers, STRANGERS)
    return str(scene.strangers / ".config")


def _key_folder(scene: Scene) -> str:
    scene.given["CLOVRIX_API_URL"] = scene.servers.store.url
    folder = scene.strangers / ".config" / "clovrix-env"
    folder.mkdir(parents=True, mode=0o700)
    master_key.save(scene.servers.store.master_key, str(folder / "master.key"))
    return str(scene.strangers / ".config")


def _key_home(scene: Scene) -> str:
    _key_folder(scene)
    del scene.given["HOME"]
    return str(scene.strangers)


def _store_opened(scene: Scene) -> bool:
    return scene.status == 0


def _key_missed(scene: Scene) -> bool:
    return "master key" in scene.output


# As whom it asks: systemd's credentials, .netrc, the keyring.


def _credentials(scene: Scene) -> str:
    scene.keeps(scene.home, scene.servers.token)
    path = scene.strangers / "clovrix_token"
    path.write_text(STRANGERS)
    path.chmod(0o600)
    return str(scene.strangers)


def _token_taken(scene: Scene) -> bool:
    return _strangers_bearer(scene) or scene.whoami_tells(str(scene.strangers))


def _no_token(scene: Scene) -> bool:
    return "no token" in scene.output


def _netrc(scene: Scene) -> str:
    path = scene.strangers / "netrc"
    path.write_text("machine 127.0.0.1 login stranger password hunter2\n")
    path.chmod(0o600)
    return str(path)


def _keyring_data(scene: Scene) -> str:
    scene.given["PYTHON_KEYRING_BACKEND"] = _IN_A_FILE
    scene.keeps(scene.home, scene.servers.token, in_keyring=True)
    scene.keeps(scene.strangers, STRANGERS, in_keyring=True)
    return str(scene.strangers / ".local" / "share")


def _back_end(scene: Scene) -> str:
    scene.keeps(scene.home, scene.servers.token, in_keyring=True)
    del scene.given["PYTHON_KEYRING_BACKEND"]
    return "trust.keyring_of_a_stranger.Keyring"


def _bus(scene: Scene) -> str:
    scene.keeps(scene.home, scene.servers.token, in_keyring=True)
    del scene.given["PYTHON_KEYRING_BACKEND"]
    return scene.servers.bus.address


def _keyring_used(scene: Scene) -> bool:
    encoded = base64.b64encode(scene.servers.token.encode()).decode()[:40]  # in lines of 76
    return (
        files_with(encoded, scene.strangers) != []
        or "keyring cannot be used (RuntimeError)" in scene.output
        or _strangers_bearer(scene)
        or scene.servers.bus.connections > 0
    )


def _keyring_asked(scene: Scene) -> bool:
    return _honest_asked(scene) or "chooses it" in scene.output


_CLIENTS_WHOAMI = {*CLIENTS, "whoami"}
_CLIENTS_LOGIN = {*CLIENTS, "login"}
_PROXIES = {"HTTPS_PROXY": True, "https_proxy": True, "ALL_PROXY": True, "all_proxy": True}
_PROXIES |= {"HTTP_PROXY": False, "http_proxy": False}  # nothing goes to http: through a proxy

# whoami sends nothing: only what it says of address and token counts.
DANGERS = [
    *(
        Danger(name, lambda s: s.servers.proxy.url, _proxy_asked, counts=counts, unless=["whoami"])
        for name, counts in _PROXIES.items()
    ),
    Danger("NO_PROXY", _exception, _passed_by, unless=["whoami"]),
    Danger("no_proxy", _exception, _passed_by, unless=["whoami"]),
    Danger(
        "SSL_CERT_FILE", _impostor_file, _impostor_asked, asked=_impostor_met, unless=["whoami"]
    ),
    Danger(
        "SSL_CERT_DIR", _impostor_folder, _impostor_asked, asked=_impostor_met, unless=["whoami"]
    ),
    Danger("XDG_CONFIG_HOME", _config_folder, _stranger_asked, part="address", unless=CLIENTS),
    Danger("HOME", _home, _stranger_asked, part="address", asked=_default_asked, unless=CLIENTS),
    Danger("XDG_CONFIG_HOME", _stored_token, _token_taken, part="token", unless=_CLIENTS_LOGIN),
    Danger(
        "XDG_CONFIG_HOME",
        _key_folder,
        _store_opened,
        part="master key",
        asked=_key_missed,
        unless=["login", "whoami"],
    ),
    Danger(
        "HOME",
        _key_home,
        _store_opened,
        part="master key",
        asked=_key_missed,
        unless=["login", "whoami"],
    ),
    Danger("CREDENTIALS_DIRECTORY", _credentials, _token_taken, unless=_CLIENTS_LOGIN),
    Danger(
        "CREDENTIALS_DIRECTORY",
        _credentials,
        _token_taken,
        part="of a client",
        asked=_no_token,
        unless=set(DOORS) - CLIENTS,
    ),
    Danger("NETRC", _netrc, _strangers_bearer, counts=False, unless=["whoami"]),
    Danger(
        "XDG_DATA_HOME", _keyring_data, _keyring_used, asked=_keyring_asked, unless=_CLIENTS_WHOAMI
    ),
    Danger(
        "PYTHON_KEYRING_BACKEND",
        _back_end,
        _keyring_used,
        asked=_keyring_asked,
        unless=_CLIENTS_WHOAMI,
    ),
    Danger("DBUS_SESSION_BUS_ADDRESS", _bus, _keyring_used, asked=_keyring_asked, unless=CLIENTS),
]
