"""One request and its response, without a socket: the order in which a request is refused.

    404 path · 405 · 401 · 402 · 404 scope · 403 · 413 · 415 · 400 · 422 · 404 key

The body of a write is read after the call was admitted, and no other body ever. Nobody is the owner
over HTTP, so a request without a token is refused before the store sees it.
"""

from __future__ import annotations

from clovrix_env.api import PATH_PREFIX, routes, wire
from clovrix_env.api.messages import Call, Reply
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Optional, Protocol

    Answer = Callable[[Call], Reply]
    Admit = Callable[[Call], Optional[Reply]]

    class Answers(Protocol):
        """The methods of a store that answer calls."""

        def admit(self, call: Call) -> Reply | None: ...

        def answer(self, call: Call, deadline: float | None = None) -> Reply: ...

    class Served(Answers, Protocol):
        """The methods of a store that a server calls."""

        @property
        def is_file(self) -> bool: ...

        def answer_together(
            self, calls: Sequence[Call], deadline: float | None = None
        ) -> list[Reply | Exception]: ...

        def why_not_ready(self) -> str: ...


# The answers of a store that failed name its file. A client gets these sentences.
_FAILURES = {
    503: "the store is busy",
    507: "the store cannot be written: its disk is full or read-only",
}
NO_SUCH_PATH = f"no such path; the API is at {PATH_PREFIX}/"
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


def call_of(request: Request) -> tuple[Call | None, Response | None]:
    """The call of a request, without its body, or a refusal that needs no store."""
    calls = routes.calls_at(request.path, request.query)
    if not calls:
        return None, refusal(404, NO_SUCH_PATH)
    call = calls.get(request.method)
    if call is None:
        allowed = ", ".join(calls)
        why = f"{ascii(request.method)[1:-1]} is not supported here; use {allowed}"
        return None, refusal(405, why, ("Allow", allowed))
    token = request.token
    if token is None:
        return call, refusal(401, "the request has no token: send Authorization: Bearer TOKEN")
    if call.operation == "get_entries":
        known = request.values("if-none-match")
        tag = wire.tag_of(known[0] if len(known) == 1 else None) or ""
        return call.replaced(token=token, known_tag=tag), None
    return call.replaced(token=token), None


def unfit(request: Request, call: Call) -> Reply | None:
    """The refusal of a body that its headers rule out. The call is admitted first."""
    most = wire.body_limit(call)
    if (request.length or 0) > most:
        return wire.refusal(413, f"the body has more than {most} bytes")
    if any(coding.lower() != "identity" for coding in request.values("content-encoding")):
        return wire.refusal(415, "the body is compressed; send it without Content-Encoding")
    for kind in request.values("content-type"):
        if kind.partition(";")[0].strip().lower() != "application/json":
            return wire.refusal(415, "the body must be JSON: send Content-Type: application/json")
    return None


def finish(
    call: Call, content: bytes | bytearray, store: Answers, deadline: float | None = None
) -> Response:
    """The response to an admitted call, whose body is now known."""
    read = wire.read_body(call, content)
    return response_of(read if isinstance(read, Reply) else store.answer(read, deadline))


def respond(request: Request, store: Answers, read: Callable[[], bytes]) -> Response:
    """The response to a request; ``read`` returns its body."""
    call, response = call_of(request)
    if call is None or response is not None:
        assert response is not None
        return response
    if not wire.body_limit(call):
        return response_of(store.answer(call))
    refused = store.admit(call) or unfit(request, call)
    return finish(call, read(), store) if refused is None else response_of(refused)


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
