"""An answer's body as it comes, piece by piece, up to the limit of an answer."""

from __future__ import annotations

from clovrix_env.api.limits import ANSWER_BYTES


class Body:
    """What has come so far. Its ``repr`` shows nothing: a traceback shows what a sender holds."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def takes(self, piece: bytes) -> bool:
        """Add a piece; whether to go on: not after an empty one, nor after one too many."""
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
