"""What Clovrix accepts, checked before anything is sent and again where it is stored.

Each check returns nothing and raises ``ValidationError`` with the status that the service answers:
400 for the wrong shape, 422 for a text or number out of bounds. No message shows a value.
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
# Two of them, percent-encoded at three characters a byte, fit the 8 KiB line that servers read.
SEGMENT_BYTES = 1024
SINGLE_BODY_BYTES = 256 * 1024
BULK_BODY_BYTES = 20 * 1024 * 1024
# 500 values of 32 KiB, escaped as JSON at six characters a byte, and their keys.
ANSWER_BYTES = 128 * 1024 * 1024

_KEY_FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_KEY_LATER = _KEY_FIRST | frozenset("0123456789")


def check_segment(kind: str, name: object) -> None:
    """Refuse a project or environment name that cannot be one segment of a path."""
    if not isinstance(name, str):
        raise ValidationError(f"the {kind} is a {type(name).__name__}, not a text", 400)
    if not name:
        raise ValidationError(f"the {kind} is empty", 422)
    if name in (".", ".."):
        raise ValidationError(f"the {kind} is {name!r}: HTTP would take that as a folder", 422)
    if "\0" in name:
        raise ValidationError(f"the {kind} holds a NUL character", 422)
    if not is_utf8(name):
        raise ValidationError(f"the {kind} is not UTF-8: it holds a lone surrogate", 422)
    if len(name.encode()) > SEGMENT_BYTES:
        raise ValidationError(f"the {kind} has more than {SEGMENT_BYTES} bytes", 422)


def is_key(key: str) -> bool:
    """Whether Clovrix takes this as a key: ``[A-Z_][A-Z0-9_]*`` in ASCII, 1 to 128 characters."""
    return 0 < len(key) <= KEY_CHARACTERS and key[0] in _KEY_FIRST and _KEY_LATER.issuperset(key)


def check_key(key: object) -> None:
    """Refuse a key outside ``[A-Z_][A-Z0-9_]*`` (the whole text, ASCII) or over 128 characters."""
    if not isinstance(key, str):
        raise ValidationError(f"a key is a {type(key).__name__}, not a text", 400)
    if is_key(key):
        return
    if not key:
        raise ValidationError("a key is empty", 422)
    if len(key) > KEY_CHARACTERS:
        raise ValidationError(
            f"key {key[:20]!a}… has {len(key)} characters; at most {KEY_CHARACTERS}", 422
        )
    raise ValidationError(f"key {key!a} does not match [A-Z_][A-Z0-9_]*", 422)


def check_value(key: str, value: object) -> None:
    """Refuse a value that is no text, no UTF-8, or over 32 KiB as UTF-8."""
    if not isinstance(value, str):
        raise ValidationError(f"the value of {key} is a {type(value).__name__}, not a text", 400)
    # Four bytes are the longest character, so short texts need no encoding to be counted.
    if len(value) * 4 <= VALUE_BYTES and is_utf8(value):
        return
    # Not raised where encoding failed: that error holds the value, and would hang on to this one.
    if not is_utf8(value):
        raise ValidationError(f"the value of {key} is not UTF-8: it holds a lone surrogate", 422)
    size = len(value.encode())
    if size > VALUE_BYTES:
        raise ValidationError(f"the value of {key} has {size} bytes; at most {VALUE_BYTES}", 422)


def check_secrecy(key: str, is_secret: object) -> None:
    """Refuse an ``is_secret`` that is neither left out nor a boolean."""
    if is_secret is not None and not isinstance(is_secret, bool):
        raise ValidationError(
            f"is_secret of {key} is a {type(is_secret).__name__}, not a boolean", 400
        )


def check_batch(keys: Iterable[str]) -> None:
    """Refuse a bulk write of more than 100 items or with a key in it twice."""
    seen: set[str] = set()
    count = 0
    for key in keys:
        count += 1
        if key in seen:
            raise ValidationError(f"key {key} stands in the batch twice", 422)
        seen.add(key)
    if count > BULK_ITEMS:
        raise ValidationError(f"the batch has {count} items; at most {BULK_ITEMS}", 422)


def is_utf8(text: str) -> bool:
    """Whether a text can be written as UTF-8: not where it holds a lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
