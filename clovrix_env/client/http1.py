"""HTTP/1.1 for a client (RFC 9112): writes requests as bytes and reads answers from bytes. Pure.

The reader is strict wherever client and server could disagree about the end of an answer: it
refuses a bare CR or LF, NUL, both length and chunks, and any transfer coding but ``chunked``.
Head, fields and lines are bounded. The body comes in pieces, and the caller limits its size.
"""

from __future__ import annotations

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PIECE = 64 * 1024
HEAD_BYTES = 64 * 1024
MOST_FIELDS = 100
# Interim answers, such as 103.
MOST_INTERIM = 10
# A line between two chunks, with its extensions.
_LINE_BYTES = 4096
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS = b"0123456789"
_TOKEN = b"!#$%&'*+-.^_`|~" + _DIGITS + _LETTERS
_MOST_DIGITS = 16


class Malformed(Exception):
    """The bytes are not an HTTP/1.1 answer, or they ended before it was complete."""


class Stream:
    """The bytes of a connection. ``receive(most)`` returns the next ones, or ``b""`` at the end."""

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._held = bytearray()

    @property
    def is_drained(self) -> bool:
        """Whether all received bytes were consumed."""
        return not self._held

    def take(self, most: int) -> bytes:
        """The next bytes, at most ``most``; ``b""`` at the end."""
        if not self._held:
            return self._receive(min(most, PIECE))
        piece = bytes(self._held[:most])
        del self._held[:most]
        return piece

    def line(self, most: int) -> bytes:
        """The next line, without its CRLF. Raises ``Malformed`` if it has more than ``most``."""
        searched = 0
        while True:
            end = self._held.find(b"\n", searched)
            if end >= 0:
                break
            searched = len(self._held)
            piece = self._receive(PIECE) if searched < most + 2 else b""
            if not piece:
                raise Malformed
            self._held += piece
        line = self.take(end + 1)
        content = line[:-2]
        if len(content) > most or line[-2:] != b"\r\n" or b"\r" in content or b"\0" in content:
            raise Malformed
        return content


class Head(Record, hidden=("fields",)):
    """The head of an answer: its status, and its fields by lower-case name.

    The body ends with its last chunk if ``is_chunked``, otherwise after ``length`` bytes, or with
    the connection if ``length`` is ``None``. If ``persists``, the connection can be used again.
    """

    status: int
    fields: Mapping[str, str]
    length: int | None
    is_chunked: bool
    persists: bool


def request(
    method: str, target: str, host: str, fields: Mapping[str, str], body: bytes | None
) -> bytes:
    """The bytes of a request. Raises ``ValueError`` for a field that contains a line break."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    if not "".join(lines).isprintable():
        raise ValueError("a field of a request contains a forbidden character")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + (body or b"")


def read_head(stream: Stream, *, tunnel: bool = False) -> Head:
    """The head of the answer. For a ``tunnel``, a 2xx has no body."""
    for _ in range(MOST_INTERIM + 1):
        status, is_1_1 = _status(stream.line(HEAD_BYTES))
        fields = _fields(stream)
        if status == 101:  # another protocol, which was not requested
            break
        if status >= 200:
            without_body = status in (204, 304) or (tunnel and status < 300)
            return _framed(status, fields, is_1_1=is_1_1, without_body=without_body)
    raise Malformed


def pieces(stream: Stream, head: Head) -> Iterator[bytes]:
    """The body of the answer in non-empty pieces. Raises ``Malformed``."""
    if head.is_chunked:
        while True:
            size = _chunk_size(stream.line(_LINE_BYTES))
            if not size:
                break
            yield from _exactly(stream, size)
            stream.line(0)
        _fields(stream)  # the trailer
    elif head.length is not None:
        yield from _exactly(stream, head.length)
    else:
        yield from iter(lambda: stream.take(PIECE), b"")


def _exactly(stream: Stream, length: int) -> Iterator[bytes]:
    while length:
        piece = stream.take(length)
        if not piece:
            raise Malformed
        length -= len(piece)
        yield piece


def _status(line: bytes) -> tuple[int, bool]:
    """The status, and whether the version is HTTP/1.1 rather than HTTP/1.0."""
    version, _, rest = line.partition(b" ")
    code, behind = rest[:3], rest[3:4]
    if version not in (b"HTTP/1.1", b"HTTP/1.0") or behind not in (b"", b" "):
        raise Malformed
    if len(code) != 3 or not code.isdigit() or code < b"100":
        raise Malformed
    return int(code), version == b"HTTP/1.1"


def _fields(stream: Stream) -> dict[str, str]:
    """The fields up to the empty line. Fields with the same name are joined by commas."""
    names: list[str] = []
    values: list[str] = []
    left = HEAD_BYTES
    for _ in range(MOST_FIELDS + 1):
        line = stream.line(left)
        if not line:
            break
        left = max(0, left - len(line))
        written, colon, value = line.partition(b":")
        if line[:1] in (b" ", b"\t") and values:  # obs-fold, RFC 9112 §5.2
            values[-1] = f"{values[-1]} {_text(line)}".strip()
        elif not colon or not written or written.translate(None, _TOKEN):
            raise Malformed
        else:
            names.append(written.decode("ascii").lower())
            values.append(_text(value))
    else:
        raise Malformed
    fields: dict[str, str] = {}
    for name, text in zip(names, values):
        fields[name] = f"{fields[name]}, {text}" if name in fields else text
    return fields


def _text(value: bytes) -> str:
    return value.strip(b" \t").decode("latin-1")


def _framed(status: int, fields: dict[str, str], *, is_1_1: bool, without_body: bool) -> Head:
    """The head with the end of its body determined. Raises ``Malformed``."""
    lengths = {part.strip(" \t") for part in fields.get("content-length", "").split(",")}
    coding = fields.get("transfer-encoding")
    length = None
    if "content-length" in fields:
        (text, *others) = lengths
        if others or coding is not None or not _is_number(text.encode("latin-1"), _DIGITS):
            raise Malformed
        length = int(text)
    if coding is not None and (coding.lower() != "chunked" or not is_1_1):
        raise Malformed
    if without_body:
        length, coding = 0, None
    options = {part.strip(" \t").lower() for part in fields.get("connection", "").split(",")}
    ends_itself = length is not None or coding is not None
    persists = is_1_1 and ends_itself and "close" not in options
    return Head(status, fields, length, coding is not None, persists)


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip(b" \t")
    if not _is_number(digits, _DIGITS + b"abcdefABCDEF"):
        raise Malformed
    return int(digits, 16)


def _is_number(text: bytes, digits: bytes) -> bool:
    return 0 < len(text) <= _MOST_DIGITS and not text.translate(None, digits)
