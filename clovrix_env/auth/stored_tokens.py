"""The tokens that ``clovrix-env login`` stores. Each is sent to its own address only.

``tokens.json`` in the configuration folder contains an item for each address: the token itself, or
a reference to the system's keyring. Importing keyring takes as long as seven interpreters, so a
run imports it only if its token is stored there.
"""

from __future__ import annotations

import os

from clovrix_env.auth.token import Token, why_no_token
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.type_checks import as_object
from clovrix_env.system import files, folders, private_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    T = TypeVar("T")
    Index = dict[str, dict[str, str]]

FILE = "tokens.json"
VERSION = 1
_FILE, _KEYRING = "file", "keyring"


def find(address: str, environ: Mapping[str, str], deadline: float) -> Token | None:
    """The stored token of an address, or ``None``.

    Raises ``ClovrixConfigError`` if the file is not trustworthy, or if the keyring does not return
    the token by ``deadline`` (``time.monotonic``).
    """
    path = path_of(environ)
    kept = None if path is None else _read(path).get(address)
    if path is None or kept is None:
        return None
    if kept["kept"] == _FILE:
        return Token(kept["token"], path)
    from clovrix_env.auth import system_keyring

    why = "does not contain it"
    try:
        found = Token(system_keyring.read(address, environ, deadline) or "", system_keyring.NAME)
        if not why_no_token(found.value):
            return found
    except system_keyring.Unusable as error:
        why = str(error)
    raise ClovrixConfigError(
        f"the token for {address} is stored in {system_keyring.NAME}, which {why}",
        "run clovrix-env login to store it again, or set CLOVRIX_TOKEN",
    )


def keep(address: str, token: Token, environ: Mapping[str, str], deadline: float) -> Token:
    """Store a token, in the keyring if one is usable. The result names the place.

    It replaces an earlier token of the same address. Raises ``ClovrixConfigError``.
    """
    from clovrix_env.auth import system_keyring

    path = _needed_path(environ)

    def change(index: Index) -> Token:
        try:
            system_keyring.write(address, [token.value], environ, deadline)
        except system_keyring.Unusable as error:
            # An earlier token in the keyring is unreachable too, and is no longer used.
            index[address] = {"kept": _FILE, "token": token.value}
            return token.replaced(source=f"{path} (mode 0600; {system_keyring.NAME} {error})")
        index[address] = {"kept": _KEYRING}
        return token.replaced(source=system_keyring.NAME)

    return _change(path, deadline, change)


def forget(address: str, environ: Mapping[str, str], deadline: float) -> str | None:
    """Remove the token of an address. Returns its place, or ``None`` if none was stored.

    Raises ``ClovrixConfigError`` if the token could not be removed.
    """
    path = _needed_path(environ)
    if address not in _read(path):
        return None

    def change(index: Index) -> str:
        if index.pop(address, {}).get("kept") != _KEYRING:
            return path
        _forget_in_keyring(address, environ, deadline)
        from clovrix_env.auth import system_keyring

        return system_keyring.NAME

    return _change(path, deadline, change)


def addresses(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The addresses with a stored token."""
    path = path_of(environ)
    return () if path is None else tuple(sorted(_read(path)))


def path_of(environ: Mapping[str, str]) -> str | None:
    """The path of the file, or ``None`` if the environment names no home folder."""
    folder = folders.config_folder(environ)
    return None if folder is None else os.path.join(folder, FILE)


def _change(path: str, deadline: float, change: Callable[[Index], T]) -> T:
    """Change the index and write it to the file, under a lock."""
    import json

    from clovrix_env.system import locked_file

    results: list[T] = []

    def content() -> bytes:
        index = _read(path)
        results.append(change(index))
        return json.dumps({"version": VERSION, "tokens": index}, indent=2).encode() + b"\n"

    locked_file.rewrite(path, content, deadline)
    return results[0]


def _forget_in_keyring(address: str, environ: Mapping[str, str], deadline: float) -> None:
    from clovrix_env.auth import system_keyring

    try:
        system_keyring.delete(address, environ, deadline)
    except system_keyring.Unusable as error:
        raise ClovrixConfigError(
            f"the token for {address} is in {system_keyring.NAME}, which {error}",
            f"remove it from the keyring: service {system_keyring.SERVICE}, user name {address}",
        ) from None


def _needed_path(environ: Mapping[str, str]) -> str:
    path = path_of(environ)
    if path is None:
        raise ClovrixConfigError(
            "the token cannot be stored: HOME is not set", "set HOME or XDG_CONFIG_HOME"
        )
    return path


def _read(path: str) -> Index:
    try:
        content = private_file.read(path)
    except files.Unreachable:  # config.toml in the same folder has reported it
        return {}
    except files.Unreadable as error:
        is_open = isinstance(error, private_file.OpenToOthers)
        remedy = f"chmod 600 {path}" if is_open else folders.config_remedy(error)
        raise ClovrixConfigError(f"{path} {error}", remedy) from None
    if content is None:
        return {}
    import json

    newer = False
    try:
        document = json.loads(content)
        newer = _is_newer(document)
        index = None if newer else _index_of(document)
        del document
    except (ValueError, RecursionError):  # the error contains the whole text, so it is not chained
        index = None
    del content
    if newer:
        raise ClovrixConfigError(
            f"{path} was written by a newer version of clovrix-env", "update clovrix-env"
        )
    if index is None:
        raise ClovrixConfigError(
            f"{path} is not a valid token file", "remove it, and run clovrix-env login again"
        )
    return index


def _is_newer(document: Any) -> bool:
    version = (as_object(document) or {}).get("version")
    return isinstance(version, int) and version > VERSION


def _index_of(document: Any) -> Index | None:
    """The index of a document, or ``None`` if clovrix-env did not write it."""
    try:
        index: Index = {
            address: dict(kept) for address, kept in document["tokens"].items() if _is_kept(kept)
        }
        whole = document["version"] == VERSION and len(index) == len(document["tokens"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return index if whole else None


def _is_kept(kept: Any) -> bool:
    where = kept["kept"]
    return where == _KEYRING or (where == _FILE and not why_no_token(kept["token"]))
