"""Whether last known values will do, or Clovrix has to be asked.

The words are those of HTTP's Cache-Control. Within ``max_age`` nothing is asked, and nothing that
could ask is loaded. Offline, values up to ``stale_if_error`` old are taken. A file that cannot be
used is a miss and a note, never a failure.
"""

from __future__ import annotations

import time

from clovrix_env.cache.folder import Unusable
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.cache.folder import CacheFolder, Version
    from clovrix_env.cache.sealed_file import CachedEntries, SealedFile
    from clovrix_env.settings.project_file import Cache

# A shorter token could be guessed by who has its file.
SHORTEST_TOKEN = 20
_SECOND = 1_000_000_000


class FetchPolicy(Record, hidden=("environ",)):
    """What one load accepts.

    ``environ`` is the process environment as it was before any file was read: it decides the way.
    ``deadline`` is a time of ``time.monotonic``. Without ``cache`` nothing is kept or taken, unless
    ``offline``, which then goes by the defaults. ``began`` tells when this start began, in ns since
    the epoch: what was fetched after that is as good as asking. ``backoff`` is false where a
    remembered refusal is not to count, and ``asks_now`` is how the door spells that.
    """

    environ: Mapping[str, str]
    environment: str
    deadline: float
    cache: Cache | None
    offline: bool
    folder: str | None
    began: Callable[[], int]
    backoff: bool
    asks_now: str


class FetchResult(Record, hidden=("entries",)):
    """The entries of one project; ``age`` in seconds where they are last known ones, else ``None``.

    ``why`` says why older ones than ``max_age`` were taken; it is empty where they were not.
    """

    project: str
    entries: Mapping[str, str]
    age: float | None = None
    why: str = ""


class FetchContext:
    """What the projects of one load share: whom to ask, what to accept, and where it is kept.

    ``keeps`` says how old last known values may be; ``None`` where there are none to be had, and
    ``why_nothing_kept`` says why. ``said`` takes what somebody has to know, ``log`` the rest.
    """

    def __init__(self, origin: Endpoint, policy: FetchPolicy, folder: CacheFolder | None) -> None:
        self.origin = origin
        self.policy = policy
        self.folder = folder
        self.said: list[str] = []
        self.log: list[str] = []
        self.why_nothing_kept = ""
        self.keeps = self._keeps()

    @property
    def protects(self) -> bool:
        """Whether the token is long enough for what is kept under it."""
        return len(self.origin.bearer or "") >= SHORTEST_TOKEN

    def _keeps(self) -> Cache | None:
        policy = self.policy
        if self.origin.is_store or (policy.cache is None and not policy.offline):
            return None
        if self.folder is None:
            self.why_nothing_kept = "there is no folder for them: set HOME or CLOVRIX_CACHE_DIR"
            return None
        if not self.protects:
            self.keeps_nothing(
                f"a token of fewer than {SHORTEST_TOKEN} characters would not protect them"
            )
            return None
        try:
            if policy.cache is not None and not policy.offline:
                self.folder.make()
        except Unusable as error:
            self.keeps_nothing(f"{self.folder.path} {error}")
            return None
        if policy.cache is not None:
            return policy.cache
        from clovrix_env.settings.project_file import Cache

        return Cache()

    def keeps_nothing(self, why: str) -> None:
        """Note that nothing can be kept, and why."""
        self.why_nothing_kept = why
        self.said.append(f"last known values are not kept: {why}")


class CachedProject:
    """One project: what is known of it, and whether that will do."""

    def __init__(self, context: FetchContext, project: str) -> None:
        self.context = context
        self.project = project
        self.place = f"{project}/{context.policy.environment}"
        self.file: SealedFile | None = None
        self.known: CachedEntries | None = None
        self._version: Version = None
        self.unusable = ""
        if context.keeps is not None and context.folder is not None:
            try:
                from clovrix_env.cache.sealed_file import SealedFile
            except ImportError as error:  # cryptography, in a subinterpreter
                context.keeps_nothing(str(error))
                return
            self.file = SealedFile(
                context.folder, context.origin, project, context.policy.environment
            )
            self._read(self.file)

    @property
    def age(self) -> float:
        """How old the known values are, in seconds; by a clock that is ahead, by how much it is."""
        assert self.known is not None
        return abs(time.time_ns() - self.known.fetched) / _SECOND

    @property
    def is_usable(self) -> bool:
        """Whether the known values may stand in where Clovrix cannot answer."""
        keeps = self.context.keeps
        if self.known is None or self.known.denied or keeps is None:
            return False
        return 0 < keeps.stale_if_error >= self.age

    def fresh(self) -> FetchResult | None:
        """The known values where they are as good as asking."""
        known, keeps = self.known, self.context.keeps
        if known is None or known.denied or keeps is None:
            return None
        age = self.age
        is_new = self.context.policy.began() <= known.fetched <= time.time_ns()
        if age < keeps.max_age or is_new:
            return FetchResult(self.project, known.entries, age)
        return None

    def fetched_meanwhile(self) -> FetchResult | None:
        """What another start has fetched since we looked, where that is as good as asking."""
        if self.file is None or self.file.version() == self._version:
            return None
        self._read(self.file)
        return self.fresh()

    def offline(self) -> FetchResult:
        """The known values, or ``ClovrixConfigError`` that says what would accept them."""
        known, keeps = self.known, self.context.keeps
        if known is None or keeps is None or known.denied:
            why = self._why_none()
            raise ClovrixConfigError(
                f"offline, and there are no last known values of {self.place}"
                + (f": {why}" if why else ""),
                "start once without offline, with [cache] in .clovrix or CLOVRIX_CACHE: "
                "then they are kept",
            )
        age = self.age
        if not self.is_usable:
            accepts = f"{int(age) // 3600 + 1}h"
            raise ClovrixConfigError(
                f"offline, and {self.why_not_taken()}",
                f'stale_if_error = "{accepts}" in [cache] accepts them, '
                f"or CLOVRIX_CACHE=stale_if_error={accepts}",
            )
        why = "" if age < keeps.max_age else "offline was requested"
        return FetchResult(self.project, known.entries, age, why)

    def why_not_taken(self) -> str:
        """A clause that says why no known values were taken; empty where nothing was ever kept."""
        known, keeps, why_none = self.known, self.context.keeps, self._why_none()
        if why_none:
            return f"there are no last known values of {self.place}: {why_none}"
        if known is None or keeps is None:
            return ""
        from clovrix_env.model.ages import shown_age

        age, most = shown_age(self.age), shown_age(keeps.stale_if_error)
        return (
            f"the last known values of {self.place} are of {age} ago; stale_if_error allows {most}"
        )

    def _why_none(self) -> str:
        if self.known is not None:
            return "Clovrix has refused since they were fetched" if self.known.denied else ""
        return self.context.why_nothing_kept or self.unusable

    def say(self, error: Unusable) -> None:
        self.context.said.append(f"{self.place}: the file of its last known values {error}")

    def _read(self, file: SealedFile) -> None:
        self._version = file.version()
        try:
            self.known, self.unusable = file.read(time.time_ns()), ""
        except Unusable as error:
            self.known, self.unusable = None, f"their file {error}"
            self.say(error)
