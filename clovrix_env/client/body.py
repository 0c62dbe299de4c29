"""The body of an answer, read piece by piece up to the limit."""

from __future__ import annotations

from clovrix_env.api.limits import ANSWER_BYTES


class Body:
    """The pieces received so far. Its ``repr`` shows none, because a traceback may show it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def takes(self, piece: bytes) -> bool:
        """Add a piece. Returns false after the last piece or past the limit."""
        self._size += len(piece)
        if self.is_too_long:
            self._pieces.clear()
            return False
        self._pieces.append(piece)
        return bool(piece)

    @property
    def is_too_long(self) -> bool:
        return self._size > ANSWER_BYTES

    @property
    def content(self) -> bytes:
        return b"".join(self._pieces)
