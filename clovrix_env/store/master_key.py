"""The master key: one line of text, in a variable or a file, under which the data keys are sealed.

    clovrix-master-1:<base64 of 32 bytes>:<first 8 hex digits of the bytes' SHA-256>

Those eight digits are the key's label: a store names it, so that a wrong key is told by name.
Reading the line does not hash it (loading a hash costs a launch 2 to 3 ms): a store proves the key
by opening its check blob, and ``verify`` finds the reason where that fails.
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

VARIABLE = "CLOVRIX_MASTER_KEY"
FILE = "master.key"
PREFIX = "clovrix-master-1:"

_HEX = frozenset("0123456789abcdef")
_LABEL_DIGITS = 8


class MasterKey(Record, hidden=("key",)):
    """The key's bytes, its label, and where it came from. Its ``repr`` shows the last two only."""

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
        """Refuse a key whose bytes do not give the checksum that it ends in."""
        if _label(self.key) != self.label:
            raise ClovrixConfigError(
                f"the master key in {self.source} is damaged: "
                "its bytes do not give the checksum at its end",
                "Restore it from where you keep it.",
            )


def find(environ: Mapping[str, str]) -> MasterKey:
    """The key of ``CLOVRIX_MASTER_KEY``, else of ``master.key`` in our configuration folder.

    ``ClovrixConfigError`` for none, and for one that cannot be a key.
    """
    if VARIABLE in environ:
        return parse(environ[VARIABLE], VARIABLE)
    path = path_of(environ)
    if path is None:
        raise ClovrixConfigError(
            f"there is no master key: {VARIABLE} is not set, "
            "and without a HOME there is no folder for its file",
            f"Set {VARIABLE} to the key's line.",
        )
    return parse(_read(path), path)


def path_of(environ: Mapping[str, str]) -> str | None:
    """Where the key's file lies, or ``None`` where the environment names no home."""
    folder = folders.config_folder(environ)
    return None if folder is None else os.path.join(folder, FILE)


def parse(line: str, source: str) -> MasterKey:
    """The key in ``line``; one trailing newline is no part of it. ``source`` names it in errors."""
    text = line.removesuffix("\n")
    if not text:
        raise _unfit(source, "is empty")
    if not text.startswith(PREFIX):
        raise _unfit(source, f"does not start with {PREFIX!r}")
    encoded, _, label = text[len(PREFIX) :].partition(":")
    if len(encoded) == 2 * KEY_BYTES and _HEX.issuperset(encoded.lower()):
        raise _unfit(source, "holds the key as hex; it has to be base64")
    key = _decoded(encoded)
    if key is None:
        raise _unfit(source, "holds a key that is not base64")
    if len(key) != KEY_BYTES:
        raise _unfit(source, f"holds {len(key)} bytes; a key has {KEY_BYTES}")
    if len(label) != _LABEL_DIGITS or not _HEX.issuperset(label):
        raise _unfit(source, f"does not end in a checksum of {_LABEL_DIGITS} hex digits")
    return MasterKey(key, label, source)


def generate(source: str) -> MasterKey:
    key = new_key()
    return MasterKey(key, _label(key), source)


def save(key: MasterKey, path: str) -> None:
    """Write the key to a new file, mode 0600, on the disk when this returns."""
    private_file.make_folders(os.path.dirname(path))
    private_file.create(path, f"{key.line()}\n".encode())


def _read(path: str) -> str:
    try:
        content = private_file.read(path, follow=True)
    except private_file.OpenToOthers as error:
        raise ClovrixConfigError(
            f"the master key in {path} {error}",
            f"chmod 600 {path}, or set {VARIABLE} to the key's line.",
        ) from None
    except files.Unreadable as error:
        raise _unfit(path, str(error)) from None
    if content is None:
        raise ClovrixConfigError(
            f"there is no master key: {VARIABLE} is not set and {path} does not exist",
            "clovrix-env local init PROJECT makes one for a new store; "
            "an existing store opens only with its own.",
        )
    # Any byte has a character here; what is no key is refused by what it lacks.
    return content.decode("latin-1")


def _unfit(source: str, why: str) -> ClovrixConfigError:
    return ClovrixConfigError(
        f"the master key in {source} {why}",
        f"A key is one line, {PREFIX}<base64 of {KEY_BYTES} bytes>:<{_LABEL_DIGITS} hex digits>.",
    )


def _decoded(text: str) -> bytes | None:
    try:
        raw = binascii.a2b_base64(text)
    except ValueError:
        return None
    # a2b_base64 skips what is no base64; only the one right spelling is taken.
    return raw if _base64(raw) == text else None


def _base64(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).decode()


def _label(key: bytes) -> str:
    # Here, for hashlib loads a second libcrypto and a launch never needs it.
    from hashlib import sha256

    return sha256(key).hexdigest()[:_LABEL_DIGITS]
