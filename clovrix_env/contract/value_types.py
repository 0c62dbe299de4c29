"""The types of ``[variables]``: which texts are valid, and how each is read. Pure."""

from __future__ import annotations

import re

from clovrix_env.contract.keys import DURATION
from clovrix_env.model.ages import duration
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from ipaddress import IPv6Address
    from pathlib import Path
    from typing import Any
    from urllib.parse import SplitResult

# Not compiled here: re compiles each pattern on first use, and a run uses few of them.
# No pattern can match a text in two ways; otherwise it would take minutes to refuse a long one.
_INT = r"[+-]?[0-9]+"
_FLOAT = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
_PORT = r"[1-9][0-9]{0,4}"
_LAST_PORT = 65535
_URL = r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#\s\x00-\x1f\x7f]*)(?:[/?#][^\s\x00-\x1f\x7f]*)?"
# One host of an address; MongoDB and Kafka have several, separated by commas.
_HOST = r"(?:\[[0-9A-Fa-f:.]+(?:%[\w.~-]+)?\]|[^\s:\[\]@]*)(?::([0-9]{0,5}))?"
# These schemes need a host; postgres:///db and sqlite:// do not.
_NEED_HOST = ("http", "https", "ws", "wss", "ftp")
# The words that pydantic accepts, in any case.
TRUE = ("1", "on", "t", "true", "y", "yes")
FALSE = ("0", "off", "f", "false", "n", "no")
# Python's int() refuses more digits; older versions read them slowly.
_MOST_DIGITS = 4300


def no_hint(_text: str) -> str:
    return ""


class ValueType(Record):
    """One type: ``form`` describes it in messages; ``read`` accepts only a text that ``fits``.

    ``accepts`` lists the valid texts for the reference; ``python`` is the Python type of the
    result. ``bound`` reads a ``min`` or ``max`` of ``.clovrix`` and returns ``None`` for an invalid
    one; types without an order have no ``bound``. ``hint`` returns advice about a text that almost
    fits, without any part of the text.
    """

    form: str
    accepts: str
    python: str
    fits: Callable[[str], bool]
    read: Callable[[str], Any]
    bound: Callable[[object], Any] | None = None
    hint: Callable[[str], str] = no_hint


def _any(_text: str) -> bool:
    return True


def _is_int(text: str) -> bool:
    return len(text) <= _MOST_DIGITS and re.fullmatch(_INT, text) is not None


def _is_float(text: str) -> bool:
    return re.fullmatch(_FLOAT, text) is not None and abs(float(text)) != float("inf")


def _is_port(text: str) -> bool:
    return re.fullmatch(_PORT, text) is not None and int(text) <= _LAST_PORT


def _is_bool(text: str) -> bool:
    return text.lower() in TRUE or text.lower() in FALSE


def _is_url(text: str) -> bool:
    found = re.fullmatch(_URL, text)
    if found is None:
        return False
    scheme, authority = found.groups()
    hosts = authority.rpartition("@")[2].split(",")
    if hosts == [""]:
        return scheme.lower() not in _NEED_HOST
    ports = [re.fullmatch(_HOST, host) for host in hosts]
    if any(port is None or int(port[1] or 0) > _LAST_PORT for port in ports):
        return False
    if authority.isascii() and "[" not in authority:
        return True
    # urlsplit refuses characters that normalize to delimiters and, from Python 3.11 on, an invalid
    # address in brackets. Importing both modules takes too long for texts that have neither.
    literals = re.findall(r"\[(.*?)\]", authority)
    return _reads(_read_url, text) and all(_reads(_read_ipv6, literal) for literal in literals)


def _password_hint(text: str) -> str:
    """Return advice for a # in a password, which ends the host and leaves an invalid port."""
    end = re.search(r"[/?#]", text.partition("://")[2])
    is_password = (
        end is not None and "@" in end.string[end.end() :] and ":" in end.string[: end.start()]
    )
    return "; percent-encode # ? / @ in its password (# is %23)" if is_password else ""


def _is_json(text: str) -> bool:
    return _reads(_read_json, text)


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_duration(text: str) -> bool:
    return duration(text) is not None


def _is_path(text: str) -> bool:
    return bool(text) and text == text.strip() and text.isprintable() and "://" not in text


def _read_bool(text: str) -> bool:
    return text.lower() in TRUE


def _read_url(text: str) -> SplitResult:
    from urllib.parse import urlsplit

    return urlsplit(text)


def _read_ipv6(text: str) -> IPv6Address:
    from ipaddress import IPv6Address

    return IPv6Address(text)


def _read_json(text: str) -> Any:
    import json

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not valid JSON")

    return json.loads(text, parse_constant=refuse)


def _read_duration(text: str) -> timedelta:
    from datetime import timedelta

    return timedelta(seconds=duration(text) or 0)


def _read_path(text: str) -> Path:
    from pathlib import Path

    return Path(text)


def _number(bound: object) -> object:
    if isinstance(bound, bool) or not isinstance(bound, (int, float)):
        return None
    return bound if abs(bound) < float("inf") else None  # also for nan


def _duration_bound(bound: object) -> object:
    return _read_duration(bound) if isinstance(bound, str) and duration(bound) is not None else None


def items_of(text: str) -> list[str]:
    """Return the trimmed items of a list; none for an empty text or one of spaces."""
    return [item.strip() for item in text.split(",")] if text.strip() else []


def _listed(texts: tuple[str, ...]) -> str:
    return " ".join(f"`{text}`" for text in texts)


TYPES: dict[str, ValueType] = {
    "str": ValueType("text", "any text, including an empty one", "str", _any, str),
    "int": ValueType(
        "a whole number",
        f"`42`, `-1`, `+7`, `007`: ASCII digits, optionally with a sign; at most {_MOST_DIGITS}",
        "int",
        _is_int,
        int,
        _number,
    ),
    "float": ValueType(
        "a number",
        "`1`, `-1.5`, `.5`, `1e3`; not `inf` or `nan`",
        "float",
        _is_float,
        float,
        _number,
    ),
    "bool": ValueType(
        "true or false",
        f"{_listed(TRUE)} and {_listed(FALSE)}, in any case",
        "bool",
        _is_bool,
        _read_bool,
    ),
    "url": ValueType(
        "a URL with scheme://",
        "`https://example.com`, `postgres:///app`, `redis://:pass@host:6379/0`, "
        "`mongodb://a:1,b:2/db`; http, https, ws, wss and ftp need a host",
        "urllib.parse.SplitResult",
        _is_url,
        _read_url,
        hint=_password_hint,
    ),
    "port": ValueType(
        "a port, 1 to 65535",
        "`8000`: no sign, no leading zero",
        "int",
        _is_port,
        int,
        _number,
    ),
    "enum": ValueType("one of its choices", "exactly one of its `choices`", "str", _any, str),
    "json": ValueType(
        "JSON",
        '`{"a": [1, 2]}`, `true`, `null`: one complete document; not `NaN`',
        "the JSON value",
        _is_json,
        _read_json,
    ),
    "duration": ValueType(
        f"a {DURATION.words}",
        "`90s`, `5m`, `1h30m`, `0s`: whole hours, minutes, seconds, in this order",
        "datetime.timedelta",
        _is_duration,
        _read_duration,
        _duration_bound,
    ),
    "path": ValueType(
        "a path",
        "`/var/lib/app`, `~/x`, `a b`: printable, no space at either end, no `://`; the path "
        "need not exist, and `~` is not expanded",
        "pathlib.Path",
        _is_path,
        _read_path,
    ),
    "list": ValueType(
        "a list separated by commas",
        "`a, b`: spaces around an item do not count; an empty text is an empty list; no item "
        "is empty",
        "list",
        _any,
        items_of,
    ),
}
# The types that an item of a list can have; JSON has commas of its own.
ITEM_TYPES = tuple(name for name in TYPES if name not in ("list", "json"))
