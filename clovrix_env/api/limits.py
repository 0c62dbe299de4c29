"""The limits of Clovrix, checked before a request is sent and again by the store.

Each check raises ``ValidationError`` with the status that the service returns: 400 for a wrong
type, 422 for a string or number out of bounds. No message contains a value.
"""

from __future__ import annotations

from clovrix_env.errors import ValidationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

KEY_CHARACTERS = 128
VALUE_BYTES = 32 * 1024
BULK_ITEMS = 100
PROJECT_ENTRIES = 500
# The longest answers of the operations in ``api.history``.
HISTORY_VERSIONS = 1000
LOG_EVENTS = 1000
# Two segments, percent-encoded at three characters for each byte, fit a request line of 8 KiB.
SEGMENT_BYTES = 1024
SINGLE_BODY_BYTES = 256 * 1024
BULK_BODY_BYTES = 20 * 1024 * 1024
# 500 values of 32 KiB, escaped as JSON at six characters a byte, and their keys.
ANSWER_BYTES = 128 * 1024 * 1024

_KEY_FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_KEY_LATER = _KEY_FIRST | frozenset("0123456789")


def check_segment(kind: str, name: object) -> None:
    """Refuse a project or environment name that cannot be a segment of a URL path."""
    if not isinstance(name, str):
        raise ValidationError(f"the {kind} must be a string, not {type(name).__name__}", 400)
    if not name:
        raise ValidationError(f"the {kind} is empty", 422)
    if name in (".", ".."):
        raise ValidationError(f"the {kind} cannot be {name!r}: HTTP treats it as a folder", 422)
    if "\0" in name:
        raise ValidationError(f"the {kind} contains a NUL character", 422)
    if not is_utf8(name):
        raise ValidationError(f"the {kind} is not valid UTF-8: it contains a lone surrogate", 422)
    if len(name.encode()) > SEGMENT_BYTES:
        raise ValidationError(f"the {kind} has more than {SEGMENT_BYTES} bytes", 422)


def is_key(key: str) -> bool:
    """Whether Clovrix accepts this key: ``[A-Z_][A-Z0-9_]*`` in ASCII, 1 to 128 characters."""
    return 0 < len(key) <= KEY_CHARACTERS and key[0] in _KEY_FIRST and _KEY_LATER.issuperset(key)


def check_key(key: object) -> None:
    """Refuse a key that is not ``[A-Z_][A-Z0-9_]*`` in ASCII or has more than 128 characters."""
    if not isinstance(key, str):
        raise ValidationError(f"a key must be a string, not {type(key).__name__}", 400)
    if is_key(key):
        return
    if not key:
        raise ValidationError("a key is empty", 422)
    if len(key) > KEY_CHARACTERS:
        raise ValidationError(
            f"key {key[:20]!a}… has {len(key)} characters; at most {KEY_CHARACTERS}", 422
        )
    raise ValidationError(
        f"{key!a} is not a valid key: use A-Z, 0-9 and _, starting with a letter or _", 422
    )


def check_value(key: str, value: object) -> None:
    """Refuse a value that is not a string, not UTF-8, or over 32 KiB as UTF-8."""
    if not isinstance(value, str):
        raise ValidationError(
            f"the value of {key} must be a string, not {type(value).__name__}", 400
        )
    # A character has at most four bytes, so a short string is within the limit.
    if len(value) * 4 <= VALUE_BYTES and is_utf8(value):
        return
    # Not raised inside an except block: the error of the encoder contains the value.
    if not is_utf8(value):
        raise ValidationError(
            f"the value of {key} is not valid UTF-8: it contains a lone surrogate", 422
        )
    size = len(value.encode())
    if size > VALUE_BYTES:
        raise ValidationError(
            f"the value of {key} is {size} bytes long; the limit is {VALUE_BYTES}", 422
        )


def check_secrecy(key: str, is_secret: object) -> None:
    """Refuse an ``is_secret`` that is neither ``None`` nor a boolean."""
    if is_secret is not None and not isinstance(is_secret, bool):
        raise ValidationError(
            f"is_secret of {key} must be a boolean, not {type(is_secret).__name__}", 400
        )


def check_batch(keys: Iterable[str]) -> None:
    """Refuse a bulk write with more than 100 items or a duplicate key."""
    seen: set[str] = set()
    count = 0
    for key in keys:
        count += 1
        if key in seen:
            raise ValidationError(f"duplicate key {key} in the batch", 422)
        seen.add(key)
    if count > BULK_ITEMS:
        raise ValidationError(f"the batch has {count} items; at most {BULK_ITEMS}", 422)


def is_utf8(text: str) -> bool:
    """Whether a string can be encoded as UTF-8, which fails for a lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
