"""Decides whether cached values are used or a request is sent.

The terms are those of HTTP's Cache-Control. Within ``max_age`` no request is sent, and the modules
that send one are not loaded. Offline, values up to ``stale_if_error`` old are used. A file that
cannot be used is a miss and a note, never a failure.
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

# Anyone who has the file could guess a shorter token.
SHORTEST_TOKEN = 20
_SECOND = 1_000_000_000


class FetchPolicy(Record, hidden=("environ",)):
    """The limits of one load.

    ``environ`` is the process environment as it was before any file was read: it selects proxy and
    certificates. ``deadline`` is a time of ``time.monotonic``. Without ``cache`` no value is stored
    or used, unless ``offline`` is set, which then has the default limits. ``began`` returns when
    this process started, in ns since the epoch: values fetched after that are as good as new ones.
    ``backoff`` is false if a remembered refusal is ignored; ``asks_now`` is the part of a message
    that names the option for this.
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
    """The entries of one project; ``age`` is that of cached ones in seconds, otherwise ``None``.

    ``why`` is why values older than ``max_age`` are used; otherwise empty.
    """

    project: str
    entries: Mapping[str, str]
    age: float | None = None
    why: str = ""


class FetchContext:
    """The state that the projects of one load share: endpoint, policy and cache folder.

    ``keeps`` is how old cached values may be. It is ``None`` if values cannot be cached;
    ``why_nothing_kept`` is the reason. ``said`` collects warnings, ``log`` details for ``-v``.
    """

    def __init__(self, origin: Endpoint, policy: FetchPolicy, folder: CacheFolder | None) -> None:
        self.origin = origin
        self.policy = policy
        self.folder = folder
        self.said: list[str] = []
        self.log: list[str] = []
        self.why_nothing_kept: str = ""
        self.keeps: Cache | None = self._keeps()

    @property
    def protects(self) -> bool:
        """Whether the token is long enough to protect the files sealed with it."""
        return len(self.origin.bearer or "") >= SHORTEST_TOKEN

    def _keeps(self) -> Cache | None:
        policy = self.policy
        if self.origin.is_store or (policy.cache is None and not policy.offline):
            return None
        if self.folder is None:
            self.why_nothing_kept = "the cache has no folder: set HOME or CLOVRIX_CACHE_DIR"
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
        """Record that no values can be cached, and warn of it."""
        self.why_nothing_kept = why
        self.said.append(f"values are not cached: {why}")


class CachedProject:
    """The cached entries of one project, and whether they can be used."""

    def __init__(self, context: FetchContext, project: str) -> None:
        self.context = context
        self.project = project
        self.place: str = f"{project}/{context.policy.environment}"
        self.file: SealedFile | None = None
        self.known: CachedEntries | None = None
        self._version: Version = None
        self.unusable: str = ""
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
        """The age of the cached values in seconds; if they are from the future, by how much."""
        assert self.known is not None
        return abs(time.time_ns() - self.known.fetched) / _SECOND

    @property
    def is_usable(self) -> bool:
        """Whether the cached values can be used if Clovrix cannot answer."""
        keeps = self.context.keeps
        if self.known is None or self.known.denied or keeps is None:
            return False
        return 0 < keeps.stale_if_error >= self.age

    def fresh(self) -> FetchResult | None:
        """Return the cached values if no request is needed, otherwise ``None``."""
        known, keeps = self.known, self.context.keeps
        if known is None or known.denied or keeps is None:
            return None
        age = self.age
        is_new = self.context.policy.began() <= known.fetched <= time.time_ns()
        if age < keeps.max_age or is_new:
            return FetchResult(self.project, known.entries, age)
        return None

    def fetched_meanwhile(self) -> FetchResult | None:
        """Return what another process has fetched since the last look, if no request is needed."""
        if self.file is None or self.file.version() == self._version:
            return None
        self._read(self.file)
        return self.fresh()

    def offline(self) -> FetchResult:
        """Return the cached values.

        Raises ``ClovrixConfigError`` if there are none, or with the setting that would accept them.
        """
        known, keeps = self.known, self.context.keeps
        if known is None or keeps is None or known.denied:
            why = self._why_none()
            raise ClovrixConfigError(
                f"offline, and no values of {self.place} are cached" + (f": {why}" if why else ""),
                "start once without offline, with [cache] in .clovrix or CLOVRIX_CACHE set",
            )
        age = self.age
        if not self.is_usable:
            accepts = f"{int(age) // 3600 + 1}h"
            raise ClovrixConfigError(
                f"offline, and {self.why_not_taken()}",
                f'set stale_if_error = "{accepts}" in [cache], '
                f"or CLOVRIX_CACHE=stale_if_error={accepts}, to accept them",
            )
        why = "" if age < keeps.max_age else "offline was requested"
        return FetchResult(self.project, known.entries, age, why)

    def why_not_taken(self) -> str:
        """Return a clause with the reason why no cached values were used; empty if none exist."""
        known, keeps, why_none = self.known, self.context.keeps, self._why_none()
        if why_none:
            return f"no values of {self.place} are cached: {why_none}"
        if known is None or keeps is None:
            return ""
        from clovrix_env.model.ages import shown_age

        age, most = shown_age(self.age), shown_age(keeps.stale_if_error)
        return f"the cached values of {self.place} are {age} old; stale_if_error allows {most}"

    def _why_none(self) -> str:
        if self.known is not None:
            return "Clovrix has refused since they were fetched" if self.known.denied else ""
        return self.context.why_nothing_kept or self.unusable

    def say(self, error: Unusable) -> None:
        self.context.said.append(f"{self.place}: the file of its cached values {error}")

    def _read(self, file: SealedFile) -> None:
        self._version = file.version()
        try:
            self.known, self.unusable = file.read(time.time_ns()), ""
        except Unusable as error:
            self.known, self.unusable = None, f"the file {error}"
            self.say(error)
