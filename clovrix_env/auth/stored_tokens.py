"""The tokens that ``clovrix-env login`` keeps: each for one address, and sent nowhere else.

``tokens.json`` in our configuration folder says of each address where its token lies: in the file
itself, or in the system's keyring. So a start loads keyring, which takes as long as seven
interpreters, only where a token for the address that it asks lies there.
"""

from __future__ import annotations

import os

from clovrix_env.auth.token import Token, why_no_token
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system import files, folders, private_file
from clovrix_env.system.lock import Lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Index = dict[str, dict[str, str]]

FILE = "tokens.json"
VERSION = 1
_FILE, _KEYRING = "file", "keyring"


def find(address: str, environ: Mapping[str, str], deadline: float) -> Token | None:
    """The token that is kept for an address, or ``None``.

    Raises ``ClovrixConfigError`` where the file must not be trusted, and where it names the keyring
    and that gives none by ``deadline`` (``time.monotonic``).
    """
    path = path_of(environ)
    kept = None if path is None else _read(path).get(address)
    if path is None or kept is None:
        return None
    if kept["kept"] == _FILE:
        return Token(kept["token"], path)
    from clovrix_env.auth import system_keyring

    why = "gives none"
    try:
        found = Token(system_keyring.read(address, environ, deadline) or "", system_keyring.NAME)
        if not why_no_token(found.value):
            return found
    except system_keyring.Unusable as error:
        why = str(error)
    raise ClovrixConfigError(
        f"the token for {address} is kept in {system_keyring.NAME}, which {why}",
        "clovrix-env login keeps it anew; CLOVRIX_TOKEN comes before it",
    )


def keep(address: str, token: Token, environ: Mapping[str, str], deadline: float) -> Token:
    """Keep a token, in the keyring where there is one; what comes back names where it lies.

    It takes the place of an earlier one for the same address. Raises ``ClovrixConfigError``.
    """
    from clovrix_env.auth import system_keyring

    path = _needed_path(environ)
    with _Changing(path, deadline) as index:
        try:
            system_keyring.write(address, [token.value], environ, deadline)
        except system_keyring.Unusable as error:
            # What lay there before is out of reach as well, and is not looked for any more.
            index[address] = {"kept": _FILE, "token": token.value}
            return token.replaced(source=f"{path} (mode 0600; {system_keyring.NAME} {error})")
        index[address] = {"kept": _KEYRING}
        return token.replaced(source=system_keyring.NAME)


def forget(address: str, environ: Mapping[str, str], deadline: float) -> str | None:
    """Forget the token of an address; where it lay, or ``None`` where there was none.

    Raises ``ClovrixConfigError`` where it is still there afterwards.
    """
    path = _needed_path(environ)
    if address not in _read(path):
        return None
    with _Changing(path, deadline) as index:
        kept = index.get(address, {})
        if kept.get("kept") == _KEYRING:
            _forget_in_keyring(address, environ, deadline)
        index.pop(address, None)
    if kept.get("kept") != _KEYRING:
        return path
    from clovrix_env.auth import system_keyring

    return system_keyring.NAME


def addresses(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The addresses that a token is kept for."""
    path = path_of(environ)
    return () if path is None else tuple(sorted(_read(path)))


def path_of(environ: Mapping[str, str]) -> str | None:
    """Where the file lies, or ``None`` where the environment names no home."""
    folder = folders.config_folder(environ)
    return None if folder is None else os.path.join(folder, FILE)


class _Changing:
    """The file's index, to change: written when the block ends, by one process at a time."""

    def __init__(self, path: str, deadline: float) -> None:
        self._path = path
        self._deadline = deadline

    def __enter__(self) -> Index:
        try:
            private_file.make_folders(os.path.dirname(self._path))
        except OSError as error:
            raise self._unwritable(error) from None
        self._lock = Lock(f"{self._path}.lock")
        try:
            if not self._lock.acquire(self._deadline):
                raise ClovrixConfigError(
                    f"{self._path} is being changed by another process, which did not finish in "
                    "time",
                    "try again, or raise --timeout",
                )
            self._index = _read(self._path)
        except BaseException:
            self._lock.__exit__()
            raise
        return self._index

    def __exit__(self, kind: object, *raised: object) -> None:
        import json

        try:
            if kind is None:
                document = {"version": VERSION, "tokens": self._index}
                private_file.replace(self._path, json.dumps(document, indent=2).encode() + b"\n")
        except OSError as error:
            raise self._unwritable(error) from None
        finally:
            self._lock.__exit__()

    def _unwritable(self, error: OSError) -> ClovrixConfigError:
        return ClovrixConfigError(
            f"{self._path} cannot be written: {files.reason(error)}",
            "let this user write there, or name another folder by XDG_CONFIG_HOME",
        )


def _forget_in_keyring(address: str, environ: Mapping[str, str], deadline: float) -> None:
    from clovrix_env.auth import system_keyring

    try:
        system_keyring.delete(address, environ, deadline)
    except system_keyring.Unusable as error:
        why = str(error)
    else:
        return
    raise ClovrixConfigError(
        f"the token for {address} lies in {system_keyring.NAME}, which {why}",
        f"remove it there by hand: service {system_keyring.SERVICE}, user name {address}",
    )


def _needed_path(environ: Mapping[str, str]) -> str:
    path = path_of(environ)
    if path is None:
        raise ClovrixConfigError(
            "there is no place to keep a token: HOME is not set", "set HOME or XDG_CONFIG_HOME"
        )
    return path


def _read(path: str) -> Index:
    try:
        content = private_file.read(path)
    except files.Unreadable as error:
        remedy = f"chmod 600 {path}" if isinstance(error, private_file.OpenToOthers) else ""
        raise ClovrixConfigError(f"{path} {error}", remedy) from None
    if content is None:
        return {}
    import json

    try:
        index = _index_of(json.loads(content))
    except (ValueError, RecursionError):  # its error holds the whole text: it ends here
        index = None
    del content
    if index is None:
        raise ClovrixConfigError(
            f"{path} is no file of kept tokens", "remove it, and clovrix-env login again"
        )
    return index


def _index_of(document: Any) -> Index | None:
    """The index of a document, or ``None`` where it is not what we write."""
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
