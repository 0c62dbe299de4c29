"""The master key, which seals the data keys: one line of text in a variable, a file or a KMS.

    clovrix-master-1:<base64 of 32 bytes>:<first 8 hex digits of the bytes' SHA-256>

These eight digits are the label of the key. A store contains the label of its key, so that an error
can name it. Reading the line does not compute the hash, because importing hashlib costs a launch 2
to 3 ms: the store proves the key with a check blob, and ``verify`` finds the reason if that fails.
"""

from __future__ import annotations

import binascii
import os

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.record import Record
from clovrix_env.system import files, folders, private_file
from clovrix_env.system.seal import KEY_BYTES, new_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Union

    from clovrix_env.store.location import InDatabase

    Needed = Union[str, InDatabase]

VARIABLE = "CLOVRIX_MASTER_KEY"
FILE = "master.key"
PREFIX = "clovrix-master-1:"
FILE_SOURCE, COMMAND_SOURCE, VARIABLE_SOURCE = SOURCES = ("file:", "cmd:", "env:")

_UNSET = f"{VARIABLE} is not set and"
_HEX = frozenset("0123456789abcdef")
_LABEL_DIGITS = 8


class MasterKey(Record, hidden=("key",)):
    """The bytes of the key, its label and its source. Its ``repr`` hides the bytes."""

    key: bytes
    label: str
    source: str

    @property
    def key_id(self) -> bytes:
        return bytes.fromhex(self.label)

    def line(self) -> str:
        """The key as text. It is a secret."""
        return f"{PREFIX}{_base64(self.key)}:{self.label}"

    def verify(self) -> None:
        """Refuse a key whose bytes do not match its checksum."""
        if _label(self.key) != self.label:
            raise ClovrixConfigError(
                f"the master key in {self.source} is damaged: "
                "its bytes do not match the checksum at its end",
                "restore it from your copy",
            )


def find(environ: Mapping[str, str], store: Needed = "") -> MasterKey:
    """The key of ``CLOVRIX_MASTER_KEY``, otherwise of ``master.key`` in the configuration folder.

    The variable has the key's line, or names a file or a command (``key_sources``). Raises
    ``ClovrixConfigError`` if it is not a valid key, or if there is none. The error then names the
    key that ``store``, a path or a database, needs.
    """
    if VARIABLE in environ:
        text = environ[VARIABLE]
        if text.startswith(SOURCES):
            from clovrix_env.store import key_sources  # a launch with a key's line does not need it

            return key_sources.find(text, VARIABLE, environ, store)
        return parse(text, VARIABLE)
    path = path_of(environ)
    if path is None:
        raise _missing(f"{_UNSET} without HOME its file has no folder", store)
    return of_file(path, store)


def of_file(path: str, store: Needed = "", named_by: str = "") -> MasterKey:
    """The key in a file that only this user can read.

    ``store`` and what names the file, if it is not the default file, are for the error.
    """
    return parse(_read(path, store, named_by), path)


def reread(source: str) -> MasterKey | None:
    """The key that a file has now, if ``source`` is that of a key in a file."""
    if not os.path.isabs(source):
        return None
    try:
        return of_file(source)
    except ClovrixConfigError:
        return None


def path_of(environ: Mapping[str, str]) -> str | None:
    """The path of the key's file, or ``None`` if the environment has no home folder."""
    folder = folders.config_folder(environ)
    return None if folder is None else os.path.join(folder, FILE)


def parse(line: str, source: str) -> MasterKey:
    """Parse a key, without its trailing newline. ``source`` is its name in errors."""
    text = line.removesuffix("\n")
    if not text:
        raise _unfit(source, "is empty")
    if not text.startswith(PREFIX):
        raise _unfit(source, f"does not start with {PREFIX!r}")
    encoded, _, label = text[len(PREFIX) :].partition(":")
    if len(encoded) == 2 * KEY_BYTES and _HEX.issuperset(encoded.lower()):
        raise _unfit(source, "contains the key as hex; it must be base64")
    key = _decoded(encoded)
    if key is None:
        raise _unfit(source, "contains a key that is not valid base64")
    if len(key) != KEY_BYTES:
        raise _unfit(source, f"contains {len(key)} bytes; a key has {KEY_BYTES}")
    if len(label) != _LABEL_DIGITS or not _HEX.issuperset(label):
        raise _unfit(source, f"does not end in a checksum of {_LABEL_DIGITS} hex digits")
    return MasterKey(key, label, source)


def generate(source: str) -> MasterKey:
    key = new_key()
    return MasterKey(key, _label(key), source)


def save(key: MasterKey, path: str) -> None:
    """Write the key durably to a new file with mode 0600."""
    private_file.make_folders(os.path.dirname(path))
    private_file.create(path, f"{key.line()}\n".encode())


def _read(path: str, store: Needed, named_by: str) -> str:
    try:
        content = private_file.read(path, follow=True)
    except private_file.OpenToOthers as error:
        raise ClovrixConfigError(
            f"the master key in {path} {error}",
            f"chmod 600 {path}, or set {VARIABLE} to the key's line",
        ) from None
    except files.Refused as error:
        from clovrix_env.system.permissions import denial

        closed, remedy = denial(path)
        raise ClovrixConfigError(
            f"the master key in {path} {error}{closed and f': {closed}'}",
            f"{remedy or 'let this user read it'}, or set {VARIABLE} to the key's line",
        ) from None
    except files.Unreadable as error:
        raise _unfit(path, str(error)) from None
    if content is None:
        why = f"{named_by} names {path}, which" if named_by else f"{_UNSET} {path}"
        raise _missing(f"{why} does not exist", store, path)
    # Every byte has a character in Latin-1, so that ``parse`` can report any other content.
    return content.decode("latin-1")


def _missing(why: str, store: Needed, path: str = "") -> ClovrixConfigError:
    problem = f"no master key: {why}"
    name, label = _needed(store)
    if label is not None:
        restore = f"restore to {path} the key" if path else "find the key"
        return ClovrixConfigError(
            f"{problem}; the store {name} needs the key {label}",
            f"{restore} whose line ends in :{label}, or set {VARIABLE} to that line",
        )
    new = "run clovrix-env local init PROJECT for a new store and its key"
    remedy = f"{new}; for an existing store restore its own key"
    return ClovrixConfigError(problem, remedy if path else f"set {VARIABLE} to the key's line")


def _needed(store: Needed) -> tuple[str, str | None]:
    """The name of a store, and the label of the key that it needs, if the store opens."""
    if not isinstance(store, str):
        return store.name, store.key_label()
    if not store:
        return "", None
    from clovrix_env.store.opening import label_of

    return store, label_of(store)


def _unfit(source: str, why: str) -> ClovrixConfigError:
    return ClovrixConfigError(
        f"the master key in {source} {why}",
        f"use the one line {PREFIX}<base64 of {KEY_BYTES} bytes>:<{_LABEL_DIGITS} hex digits>",
    )


def _decoded(text: str) -> bytes | None:
    try:
        raw = binascii.a2b_base64(text)
    except ValueError:
        return None
    # a2b_base64 skips invalid characters; only the canonical spelling is accepted.
    return raw if _base64(raw) == text else None


def _base64(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).decode()


def _label(key: bytes) -> str:
    # Here, because hashlib loads a second libcrypto and a launch does not need it.
    from hashlib import sha256

    return sha256(key).hexdigest()[:_LABEL_DIGITS]
