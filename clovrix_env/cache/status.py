"""The state of the cache for ``cache status`` and ``doctor``: cached values, remembered refusal."""

from __future__ import annotations

import time

from clovrix_env.cache import freshness
from clovrix_env.cache.refusal import RefusalFile
from clovrix_env.model.ages import shown_age
from clovrix_env.model.record import Record
from clovrix_env.settings.project_file import Cache
from clovrix_env.system.terminal import local_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.cache.folder import CacheFolder
    from clovrix_env.cache.refusal import Refusal

_SECOND = 1_000_000_000


class ProjectStatus(Record):
    """The state of the cached values of one project; times are in seconds since the epoch.

    ``fetched`` is ``None`` if no file can be read; ``why`` may have the reason. No request is sent
    before ``fresh_until``. Until ``usable_until`` they are used if Clovrix cannot answer.
    """

    project: str
    environment: str
    fetched: float | None = None
    denied: bool = False
    fresh_until: float = 0.0
    usable_until: float = 0.0
    why: str = ""

    @property
    def place(self) -> str:
        return f"{self.project}/{self.environment}"

    def is_usable(self, now: float) -> bool:
        return self.fetched is not None and not self.denied and now < self.usable_until

    def sentence(self, now: float) -> str:
        """Return all of it as text; ``now`` is in seconds since the epoch."""
        if self.denied:
            return "denied: Clovrix has refused since they were fetched"
        if self.fetched is None:
            return f"none: {self.why}" if self.why else "none"
        age = shown_age(max(0.0, now - self.fetched))
        if not self.is_usable(now):
            return f"fetched {age} ago: too old to be used"
        fresh = f"fresh until {local_time(self.fresh_until)}, " if now < self.fresh_until else ""
        return f"fetched {age} ago, {fresh}usable until {local_time(self.usable_until)}"


class CacheStatus(Record):
    """``values`` of each project, in order of precedence; ``files`` are the names of their files.

    ``why_nothing`` is why no values of this endpoint can be cached.
    """

    values: tuple[ProjectStatus, ...]
    files: tuple[str, ...]
    refusal: Refusal | None
    why_nothing: str = ""


def refusal_text(refusal: Refusal) -> str:
    """Return why no request is sent, and until when."""
    return f"{refusal.cause}; no request before {refusal.clock()} (--no-backoff sends one now)"


def look(
    folder: CacheFolder,
    origin: Endpoint,
    projects: Sequence[str],
    environment: str,
    cache: Cache | None,
) -> CacheStatus:
    """Return the state of the cache for these projects, without a request or a change.

    Without ``cache`` the default limits apply: existing values can still be used offline.
    """
    policy = freshness.FetchPolicy(
        environ={},  # nothing is sent
        environment=environment,
        deadline=0.0,
        cache=cache,
        offline=True,  # so that no folder is created
        folder=folder.path,
        began=time.time_ns,
        backoff=True,
        asks_now="",
    )
    context = freshness.FetchContext(origin, policy, folder)
    sources = [freshness.CachedProject(context, project) for project in projects]
    refusals = RefusalFile(folder, origin, after_failures=cache is not None)
    return CacheStatus(
        values=tuple(_values(source, cache or Cache()) for source in sources),
        files=tuple(source.file.name for source in sources if source.file is not None),
        refusal=refusals.binding() if context.protects else None,
        why_nothing=context.why_nothing_kept,
    )


def _values(source: freshness.CachedProject, cache: Cache) -> ProjectStatus:
    known, environment = source.known, source.context.policy.environment
    if known is None:
        return ProjectStatus(source.project, environment, why=source.unusable)
    fetched = known.fetched / _SECOND
    return ProjectStatus(
        source.project,
        environment,
        fetched,
        known.denied,
        fetched + cache.max_age,
        fetched + cache.stale_if_error,
    )
