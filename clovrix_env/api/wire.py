"""HTTP: a ``Call`` as a request and a ``Reply`` as an answer, in both directions.

Clients use ``request_of`` and ``reply_of``; servers use ``routes``, ``read_body`` and
``content_of``. This module does not depend on an HTTP library.
"""

from __future__ import annotations

import json

from clovrix_env.api import PATH_PREFIX, limits
from clovrix_env.api.messages import Call, Reply, WriteItem
from clovrix_env.model.record import Record
from clovrix_env.model.type_checks import as_list, as_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The paths of clovrix-env's own operations start with this.
HISTORY_PREFIX = f"{PATH_PREFIX}/x-clovrix-env"
OF_ENVIRONMENT = "/environments/{environment}"
_ENVIRONMENT = f"/projects/{{project}}{OF_ENVIRONMENT}"
_ENTRY = f"{_ENVIRONMENT}/entries/{{key}}"
# The method and the path of each operation. A log of all environments has no ``OF_ENVIRONMENT``.
TARGETS = {
    "get_entries": ("GET", f"{PATH_PREFIX}{_ENVIRONMENT}/entries"),
    "set_entries": ("POST", f"{PATH_PREFIX}{_ENVIRONMENT}/entries"),
    "get_entry": ("GET", f"{PATH_PREFIX}{_ENTRY}"),
    "set_entry": ("POST", f"{PATH_PREFIX}{_ENTRY}"),
    "get_history": ("GET", f"{HISTORY_PREFIX}{_ENTRY}/history"),
    "restore_entry": ("POST", f"{HISTORY_PREFIX}{_ENTRY}/restore"),
    "delete_entry": ("DELETE", f"{HISTORY_PREFIX}{_ENTRY}"),
    "get_log": ("GET", f"{HISTORY_PREFIX}{_ENVIRONMENT}/log"),
}
ERROR_CHARACTERS = 500
_TAG_CHARACTERS = 200
# A shorter secret could be part of any message.
SHORTEST_CUT_OUT = 8
# The characters that a path segment may contain unencoded (RFC 3986 §2.3).
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class HttpRequest(Record, hidden=("headers", "body")):
    """An HTTP request. Its ``repr`` shows method and path only."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None


def request_of(call: Call, user_agent: str) -> HttpRequest:
    """The request for ``call``. Each segment of the path is encoded separately."""
    # No compression: a few kilobytes could expand to gigabytes.
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": user_agent,
    }
    if call.token is not None:
        headers["Authorization"] = f"Bearer {call.token}"
    if call.known_tag:
        headers["If-None-Match"] = f'"{call.known_tag}"'
    method, path = TARGETS[call.operation]
    if call.operation == "get_log":
        path = path if call.environment else path.replace(OF_ENVIRONMENT, "")
        path += f"?after={call.number}" if call.number > 0 else ""
    project, environment, key = map(_segment, (call.project, call.environment, call.key))
    path = path.format(project=project, environment=environment, key=key)
    if method != "POST":
        return HttpRequest(method, path, headers, None)
    headers["Content-Type"] = "application/json"
    return HttpRequest(method, path, headers, json.dumps(_document(call)).encode())


def _document(call: Call) -> dict[str, object]:
    if call.operation == "restore_entry":
        return {"version": call.number}
    bodies = [_fields(item, with_key=call.operation == "set_entries") for item in call.items]
    return bodies[0] if call.operation == "set_entry" else {"entries": bodies}


def _segment(name: str) -> str:
    if _UNRESERVED.issuperset(name):
        return name
    from urllib.parse import quote  # costs a launch 0.2 ×, and most names need no encoding

    return quote(name, safe="")


def _fields(item: WriteItem, *, with_key: bool) -> dict[str, object]:
    fields: dict[str, object] = {"key": item.key} if with_key else {}
    fields["value"] = item.value
    if item.is_secret is not None:
        fields["is_secret"] = item.is_secret
    return fields


def reply_of(
    call: Call,
    status: int,
    content: bytes,
    retry_after: str | None,
    date: str | None,
    tag: str | None = None,
) -> Reply:
    """The answer to ``call``, with its JSON object if the body is one. ``tag`` is its ``ETag``.

    The text of a refusal becomes the message of an exception, so the secrets of the call are
    removed from it.
    """
    data = _json_object(content)
    if 200 <= status < 300:
        return Reply(status, data, "", retry_after, date, tag=tag_of(tag))
    spellings = _spellings(call)
    text = _cut(content.decode(errors="replace"), spellings)[:ERROR_CHARACTERS]
    if data is not None:
        data = {
            name: _cut(item, spellings) if isinstance(item, str) else item
            for name, item in data.items()
        }
    return Reply(status, data, text, retry_after, date)


def tag_of(header: str | None) -> str | None:
    """The tag in an ``ETag`` or ``If-None-Match`` with one strong tag, otherwise ``None``."""
    if header is None or len(header) > _TAG_CHARACTERS or not header.isascii():
        return None
    tag = header.strip()
    inner = tag[1:-1]
    is_strong = len(tag) > 2 and tag[0] == tag[-1] == '"' and inner.isprintable()
    return inner if is_strong and '"' not in inner else None


def _spellings(call: Call) -> list[str]:
    """The forms in which an answer may repeat a secret of the call, longest first."""
    import html
    from urllib.parse import quote

    found: set[str] = set()
    for secret in (call.token or "", *(item.value for item in call.items)):
        for line in secret.splitlines():
            if len(line) >= SHORTEST_CUT_OUT:
                texts = (json.dumps(line), json.dumps(line, ensure_ascii=False), repr(line))
                escaped = {line, *(text[1:-1] for text in texts)}
                found.update(escaped, map(html.escape, escaped))
                found.update((quote(line), quote(line, safe="")))
    return sorted(found, key=len, reverse=True)


def _cut(text: str, spellings: list[str]) -> str:
    for spelling in spellings:
        text = text.replace(spelling, "***")
    return text


def _json_object(content: bytes | bytearray) -> dict[str, Any] | None:
    # A body can fail by its encoding, its grammar, a number of 5,000 digits or 200,000 brackets.
    # The errors contain the whole body, so they are not chained.
    try:
        return as_object(json.loads(content.decode()))
    except (ValueError, RecursionError):
        return None


def body_limit(call: Call) -> int:
    """The size of the largest body that a call may have, in bytes."""
    if not call.writes or call.operation == "delete_entry":
        return 0
    bulk = call.operation == "set_entries"
    return limits.BULK_BODY_BYTES if bulk else limits.SINGLE_BODY_BYTES


def read_body(call: Call, content: bytes | bytearray) -> Call | Reply:
    """``call`` with the items of its body, or a refusal with 413 (too large) or 400 (invalid)."""
    if call.operation == "delete_entry":
        return call
    bulk = call.operation == "set_entries"
    if len(content) > body_limit(call):
        return refusal(413, f"the body has more than {body_limit(call)} bytes")
    document = _json_object(content)
    if document is None:
        return refusal(400, "the body is not a JSON object")
    if call.operation == "restore_entry":
        number = document.get("version")
        if isinstance(number, float) and number.is_integer():
            number = int(number)  # JSON has no integers, and some programs write 2.0
        if isinstance(number, bool) or not isinstance(number, int):
            return refusal(400, "the body has no number 'version'")
        return call.replaced(number=number)
    found = as_list(document.get("entries")) if bulk else [{**document, "key": call.key}]
    if found is None:
        return refusal(400, "the body has no list 'entries'")
    items: list[WriteItem] = []
    for number, item in enumerate(found, 1):
        fields = as_object(item)
        if fields is None:
            return refusal(400, f"item {number} is not an object")
        key, value, is_secret = (fields.get(name) for name in ("key", "value", "is_secret"))
        if not isinstance(key, str) or not isinstance(value, str):
            return refusal(400, f"item {number} lacks a string 'key' or 'value'")
        if is_secret is not None and not isinstance(is_secret, bool):
            return refusal(400, f"'is_secret' of item {number} is not a boolean")
        items.append(WriteItem(key, value, is_secret))
    return call.replaced(items=tuple(items))


def refusal(status: int, sentence: str, **more: str) -> Reply:
    """An answer with a status other than 2xx, in the form that Clovrix uses."""
    return Reply(status, {"error": sentence, **more})


def content_of(reply: Reply) -> bytes:
    """The body of an answer as bytes."""
    return json.dumps(reply.data).encode()
