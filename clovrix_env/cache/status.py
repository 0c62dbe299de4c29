"""What is kept of one place, looked at and not used: last known values, a remembered refusal."""

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
    """How the last known values of one project stand; times are in seconds since the epoch.

    ``fetched`` is ``None`` where there are none that could be used, and ``why`` may say why.
    ``fresh_until``: no request before; ``usable_until``: they stand in for Clovrix before.
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

    def told(self, now: float) -> str:
        """All of it in a sentence; ``now`` is a time as the others are."""
        if self.denied:
            return "denied: Clovrix has refused since they were fetched"
        if self.fetched is None:
            return f"none: their file {self.why}" if self.why else "none"
        age = shown_age(max(0.0, now - self.fetched))
        if not self.is_usable(now):
            return f"fetched {age} ago: too old to be used"
        fresh = f"fresh until {local_time(self.fresh_until)}, " if now < self.fresh_until else ""
        return f"fetched {age} ago, {fresh}usable until {local_time(self.usable_until)}"


class CacheStatus(Record):
    """``values`` of each project, lowest first; ``files`` is the names of what holds them.

    ``why_nothing`` says why nothing can be kept of this origin.
    """

    values: tuple[ProjectStatus, ...]
    files: tuple[str, ...]
    refusal: Refusal | None
    why_nothing: str = ""


def refusal_text(refusal: Refusal) -> str:
    """What keeps starts from asking, and until when."""
    said = f"HTTP {refusal.status}" if refusal.status else "no answer just now"
    return f"{said}; no start asks before {refusal.clock()} (--no-backoff asks now)"


def look(
    folder: CacheFolder,
    origin: Endpoint,
    projects: Sequence[str],
    environment: str,
    cache: Cache | None,
) -> CacheStatus:
    """What is kept of these projects for an origin. Nothing is asked, made or changed.

    Without ``cache`` nothing new is kept, and what there is counts offline, by the defaults.
    """
    policy = freshness.FetchPolicy(
        environ={},  # nothing is sent
        environment=environment,
        deadline=0.0,
        cache=cache,
        offline=True,  # who asks nobody makes no folder
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
