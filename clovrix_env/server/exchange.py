"""One request and its response, without a socket: the order in which a request is refused.

    404 path · 405 · 401 · 402 · 404 scope · 403 · 413 · 415 · 400 · 422 · 404 key

A server calls ``begin``. For a write that is admitted it then reads the body and calls ``finish``:
the body of any other request is never read. A short body, which is in memory anyway, can be passed
to ``begin``: the write then needs one call of the store. Nobody is the owner over HTTP, so a
request without a token is refused before the store sees it.
"""

from __future__ import annotations

from clovrix_env.api import routes, wire
from clovrix_env.api.messages import Call, Reply
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Optional, Protocol

    Answer = Callable[[Call], Reply]
    Admit = Callable[[Call], Optional[Reply]]

    class Answers(Protocol):
        """The methods of a store that a server calls."""

        def admit(self, call: Call) -> Reply | None: ...

        def answer(self, call: Call, deadline: float | None = None) -> Reply: ...

        def why_not_ready(self) -> str: ...


# The answers of a store that failed name its file. A client gets these sentences.
_FAILURES = {
    503: "the store is busy",
    507: "the store cannot be written: its disk is full or read-only",
}
NOT_MODIFIED = 304
OK = Reply(200, {"status": "ok"})
_FAILED = "the store failed; the log of the server has the reason"


class Request(Record, hidden=("headers",)):
    """The head of a request. ``path`` is percent-encoded, and names of headers are lower case."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    version: str = "1.1"

    @classmethod
    def of(cls, method: str, target: str, headers: Iterable[tuple[str, str]]) -> Request:
        """A request from its line and its headers, as ``http.server`` reads them."""
        path, _, query = target.partition("?")
        return cls(method, path, query, tuple((name.lower(), text) for name, text in headers))

    def values(self, name: str) -> list[str]:
        """The values of a header."""
        return [value for at, value in self.headers if at == name]

    @property
    def token(self) -> str | None:
        """The token of the request; ``None`` if it has none or several."""
        values = self.values("authorization")
        if len(values) != 1:
            return None
        scheme, _, token = values[0].partition(" ")
        return token.strip() or None if scheme.lower() == "bearer" else None

    @property
    def has_body(self) -> bool:
        return bool(self.values("transfer-encoding")) or self.length != 0

    def is_short(self, most: int) -> bool:
        """Whether it has a body of at most ``most`` bytes that the client sends without asking."""
        length = self.length
        return length is not None and 0 < length <= most and not self.values("expect")

    @property
    def length(self) -> int | None:
        """The declared size of the body; ``None`` if it is not declared."""
        if self.values("transfer-encoding"):
            return None
        text = next(iter(self.values("content-length")), "0")
        return int(text[:18]) if text.isascii() and text.isdigit() else None


class Response(Record, hidden=("content",)):
    """An answer as HTTP. ``cause`` is for the log: the reason of a failure of the store."""

    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes
    cause: str = ""


def begin(
    request: Request,
    store: Answers,
    deadline: float | None = None,
    content: bytes | bytearray | None = None,
) -> tuple[Call | None, Response | None]:
    """The call of a request, if it has one, and its response unless its body has to be read."""
    calls = routes.calls_at(request.path, request.query)
    if not calls:
        return None, refusal(404, "there is nothing at this path")
    call = calls.get(request.method)
    if call is None:
        allowed = ", ".join(calls)
        why = f"{ascii(request.method)[1:-1]} is not supported here; use {allowed}"
        return None, refusal(405, why, ("Allow", allowed))
    token = request.token
    if token is None:
        return call, refusal(401, "the request has no token: send Authorization: Bearer TOKEN")
    call = call.replaced(token=token)
    if call.operation == "get_entries":
        known = request.values("if-none-match")
        call = call.replaced(known_tag=wire.tag_of(known[0] if len(known) == 1 else None) or "")
    most = wire.body_limit(call)
    if not most:
        return call, response_of(store.answer(call, deadline))
    unfit = _why_unread(request, most)
    if unfit is None and content is not None:
        read = wire.read_body(call, content)
        if isinstance(read, Call):
            return call, response_of(store.answer(read, deadline))
        unfit = read
    refused = store.admit(call) or unfit
    return call, None if refused is None else response_of(refused)


def finish(
    call: Call, content: bytes | bytearray, store: Answers, deadline: float | None = None
) -> Response:
    """The response to an admitted call, whose body is now known."""
    read = wire.read_body(call, content)
    return response_of(read if isinstance(read, Reply) else store.answer(read, deadline))


def respond(request: Request, store: Answers, read: Callable[[], bytes]) -> Response:
    """The response to a request; ``read`` returns its body."""
    call, response = begin(request, store)
    if response is None and call is not None:
        response = finish(call, read(), store)
    assert response is not None
    return response


def refusal(status: int, why: str, *headers: tuple[str, str]) -> Response:
    """A response with an error."""
    return response_of(wire.refusal(status, why), headers)


def response_of(reply: Reply, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """An answer of the store as HTTP, without the paths that its failures name."""
    cause = ""
    if reply.status >= 500:
        data = dict(reply.data or {})
        cause = str(data.get("error", ""))
        data["error"] = _FAILURES.get(reply.status, _FAILED)
        reply = reply.replaced(data=data)
    content, lines = b"", [("Cache-Control", "no-store")]
    if reply.status != NOT_MODIFIED:
        content = wire.content_of(reply)
        lines = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(content))),
            *lines,
        ]
    if reply.tag is not None:
        lines.append(("ETag", f'"{reply.tag}"'))
    if reply.status == 401:
        lines.append(("WWW-Authenticate", "Bearer"))
    if reply.retry_after is not None:
        lines.append(("Retry-After", reply.retry_after))
    return Response(reply.status, (*lines, *headers), content, cause)


def _why_unread(request: Request, most: int) -> Reply | None:
    """The refusal of a body that its headers rule out."""
    if (request.length or 0) > most:
        return wire.refusal(413, f"the body has more than {most} bytes")
    if any(coding.lower() != "identity" for coding in request.values("content-encoding")):
        return wire.refusal(415, "the body is compressed; send it without Content-Encoding")
    for kind in request.values("content-type"):
        if kind.partition(";")[0].strip().lower() != "application/json":
            return wire.refusal(415, "the body must be JSON: send Content-Type: application/json")
    return None
