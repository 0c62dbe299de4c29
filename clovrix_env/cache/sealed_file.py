"""The last known values of one place, in a file that only its token opens.

One file for an address, a token, a project and an environment. Its key and its name come from the
token by HKDF, with the place as context: the name says nothing, and another token or place finds
another file. The time of the fetch is inside the seal, beside the values:

    file  = AES-256-GCM by ``seal``, under the key id "LKV" and the format, for the place
    plain = {"fetched": ns since the epoch, "denied": false, "entries": {"NAME": "value", …}}

A file that cannot be used, whatever the reason, is a miss; ``Unusable`` says which.
"""

from __future__ import annotations

import json

from cryptography.hazmat.primitives.hashes import SHA256

from clovrix_env.api.limits import ANSWER_BYTES
from clovrix_env.cache.folder import Unusable
from clovrix_env.model.record import Record
from clovrix_env.model.type_checks import as_object
from clovrix_env.system import seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.cache.folder import CacheFolder, Version

if not TYPE_CHECKING:
    try:
        # Where the public name gets it from, as in ``seal``.
        from cryptography.hazmat.bindings._rust import openssl

        HKDF = openssl.kdf.HKDF
    except (ImportError, AttributeError):
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_ID = b"LKV\x01"
_PURPOSE = "last known values"
_NAME_BYTES = 16
# How far the clocks of two machines that share a folder may differ, in ns.
MOST_SKEW = 300 * 1_000_000_000
# The seal and the two other fields; JSON as we write it is no longer than JSON as it came.
_MOST_BYTES = ANSWER_BYTES + 1024


class CachedEntries(Record, hidden=("entries",)):
    """What Clovrix answered, and when it was asked: ``fetched`` in ns since the epoch.

    ``denied``: Clovrix has refused since, so there are no entries, until a fetch succeeds.
    """

    fetched: int
    denied: bool
    entries: Mapping[str, str]


class SealedFile:
    """The file of one place. Reading it costs an open; nothing is held open."""

    def __init__(
        self, folder: CacheFolder, origin: Endpoint, project: str, environment: str
    ) -> None:
        self._folder = folder
        self._place = (_PURPOSE, origin.address, project, environment)
        derived = _derived((origin.bearer or "").encode(), self._place)
        self._key = derived[: seal.KEY_BYTES]
        self.name = derived[seal.KEY_BYTES :].hex()

    def version(self) -> Version:
        return self._folder.version(self.name)

    def read(self, now: int) -> CachedEntries | None:
        """What is known; ``None`` for no file. ``now`` is in ns. Raises ``Unusable``."""
        blob = self._folder.read(self.name, _MOST_BYTES)
        if blob is None:
            return None
        try:
            if seal.key_id_of(blob) != _KEY_ID:
                raise Unusable("has a format that this version does not know")
            known = _known(seal.unseal(self._key, self._place, blob))
        except seal.BrokenSeal as error:
            raise Unusable(f"is no file of ours as we wrote it: {error}") from None
        if known.fetched > now + MOST_SKEW:
            raise Unusable("is from the future: one of two clocks is wrong")
        return known

    def write(self, fetched: int, entries: Mapping[str, str]) -> None:
        """Keep what Clovrix answered when it was asked at ``fetched``. Raises ``Unusable``."""
        self._replace(CachedEntries(fetched, False, entries))

    def deny(self, now: int) -> None:
        """Say that Clovrix refused: no values until a fetch succeeds. Raises ``Unusable``."""
        try:
            self._replace(CachedEntries(now, True, {}))
        except Unusable:
            self._folder.remove(self.name)
            if self.version() is not None:
                raise

    def _replace(self, known: CachedEntries) -> None:
        document = {"fetched": known.fetched, "denied": known.denied, "entries": known.entries}
        plain = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        blob = seal.seal(self._key, _KEY_ID, self._place, plain)
        if len(blob) > _MOST_BYTES:
            raise Unusable("would be too large")
        self._folder.replace(self.name, blob)


def _derived(token: bytes, place: tuple[str, ...]) -> bytes:
    """The key and the name's bytes, for a token of high entropy: no stretching."""
    parts = [part.encode() for part in place]
    context = b"clovrix-env/v1" + b"".join(len(p).to_bytes(4, "big") + p for p in parts)
    length = seal.KEY_BYTES + _NAME_BYTES
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=context).derive(token)


def _known(plain: bytes) -> CachedEntries:
    """What the seal has proven to be ours; another version of ours may have written it."""
    try:
        found = as_object(json.loads(plain)) or {}
    except ValueError:
        found = {}
    fetched, denied = found.get("fetched"), found.get("denied")
    entries = as_object(found.get("entries"))
    if type(fetched) is not int or type(denied) is not bool or entries is None:
        raise Unusable("has a content that this version does not know")
    return CachedEntries(fetched, denied, entries)
