"""The cached values of one project and environment, in a file that only its token opens.

There is one file for each address, token, project and environment. HKDF derives its key and name
from the token, with the other three as context: the name reveals nothing, and another token,
project or environment has another file. The time of the fetch is sealed with the values:

    file  = AES-256-GCM by ``seal``, with the key id "LKV" and the format, bound to the place
    plain = ns since the epoch, "1" or "0" for denied, tag or nothing, name, value, name, value, …

The fields of ``plain`` are UTF-8, separated by a byte 0xFF, which UTF-8 never contains: loading
json would cost a run 0.8 times as much as ``python -c pass``. The name is also derived from the
format, so versions with different formats have different files. A file that cannot be used for any
reason is a miss; ``Unusable`` has the reason.
"""

from __future__ import annotations

from clovrix_env.api.limits import ANSWER_BYTES
from clovrix_env.cache.folder import Unusable
from clovrix_env.model.record import Record
from clovrix_env.system import hkdf, seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.cache.folder import CacheFolder, Version

_KEY_ID = b"LKV\x03"
# Part of the key: another text would make all cached files unreadable.
_PURPOSE = b"last known values".decode()
_SEPARATOR = b"\xff"
_NAME_BYTES = 16
# How far the clocks of two machines that share a folder may differ, in ns.
MOST_SKEW = 300 * 1_000_000_000
# The seal and the first three fields; the others are not longer than the JSON of the answer.
_MOST_BYTES = ANSWER_BYTES + 1024


class CachedEntries(Record, hidden=("entries",)):
    """The entries that Clovrix sent; ``fetched`` is when the request began, in ns since the epoch.

    ``denied``: Clovrix has refused since, so there are no entries until a fetch succeeds. ``tag``
    is the tag of the entries, or empty.
    """

    fetched: int
    denied: bool
    entries: Mapping[str, str]
    tag: str = ""


class SealedFile:
    """The file of one project and environment. It is open only while it is read or written."""

    def __init__(
        self, folder: CacheFolder, origin: Endpoint, project: str, environment: str
    ) -> None:
        self._folder = folder
        self._place = (_PURPOSE, origin.address, project, environment)
        derived = _derived((origin.bearer or "").encode(), self._place)
        self._key = derived[: seal.KEY_BYTES]
        self.name: str = derived[seal.KEY_BYTES :].hex()

    def version(self) -> Version:
        return self._folder.version(self.name)

    def read(self, now: int) -> CachedEntries | None:
        """Return the cached entries, or ``None`` without a file.

        ``now`` is in ns since the epoch. Raises ``Unusable``.
        """
        blob = self._folder.read(self.name, _MOST_BYTES)
        if blob is None:
            return None
        try:
            if seal.key_id_of(blob) != _KEY_ID:
                raise Unusable("has a format that this version does not know")
            known = _known(seal.unseal(self._key, self._place, blob))
        except seal.BrokenSeal as error:
            raise Unusable(f"was not written by clovrix-env, or was changed: {error}") from None
        if known.fetched > now + MOST_SKEW:
            raise Unusable("is from the future: one of two clocks is wrong")
        return known

    def write(self, fetched: int, entries: Mapping[str, str], tag: str = "") -> None:
        """Store the entries of a request that began at ``fetched``. Raises ``Unusable``."""
        self._replace(CachedEntries(fetched, False, entries, tag))

    def deny(self, now: int) -> None:
        """Record that Clovrix refused: no values until a fetch succeeds. Raises ``Unusable``."""
        try:
            self._replace(CachedEntries(now, True, {}))
        except Unusable:
            self._folder.remove(self.name)
            if self.version() is not None:
                raise

    def _replace(self, known: CachedEntries) -> None:
        fields = [str(known.fetched), str(int(known.denied)), known.tag]
        for name, value in known.entries.items():
            fields += (name, value)
        plain = _SEPARATOR.join(field.encode() for field in fields)
        blob = seal.seal(self._key, _KEY_ID, self._place, plain)
        if len(blob) > _MOST_BYTES:
            raise Unusable("would be too large")
        self._folder.replace(self.name, blob)


def _derived(token: bytes, place: tuple[str, ...]) -> bytes:
    """Derive key and name from a token, whose entropy is high enough without stretching."""
    return hkdf.derived(token, seal.bound_to(_KEY_ID, place), seal.KEY_BYTES + _NAME_BYTES)


def _known(plain: bytes) -> CachedEntries:
    """Parse the content of a file whose seal was intact."""
    try:
        fetched, denied, tag, *fields = (field.decode() for field in plain.split(_SEPARATOR))
        if len(fields) % 2:
            raise ValueError
        entries = dict(zip(fields[::2], fields[1::2]))
        return CachedEntries(int(fetched), denied == "1", entries, tag)
    except ValueError:
        raise Unusable("has a content that this version does not know") from None
