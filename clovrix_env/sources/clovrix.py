"""Projects on Clovrix, each as it is last known or as it is asked for."""

from __future__ import annotations

from clovrix_env.cache.folder import CacheFolder
from clovrix_env.cache.freshness import CachedProject, FetchContext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.cache.freshness import FetchPolicy, FetchResult


def find(
    origin: Endpoint, projects: Sequence[str], policy: FetchPolicy, notes: list[str], log: list[str]
) -> list[FetchResult]:
    """What is found for each project, in order. Raises the first project's error, its place first.

    ``notes`` take what somebody has to know; ``log`` takes the rest.
    """
    if origin.is_store:
        context = FetchContext(origin, policy, None)
        found = _found(context, projects)
        log.extend(context.log)
        return found
    if policy.folder is None:
        log.append("no last known values: there is no HOME, and CLOVRIX_CACHE_DIR is not set")
        return _found(FetchContext(origin, policy, None), projects)
    with CacheFolder(policy.folder) as folder:
        context = FetchContext(origin, policy, folder)
        found = _found(context, projects)
    notes.extend(dict.fromkeys(context.said))
    notes.extend(_staleness(found, policy.environment))
    return found


def _found(context: FetchContext, projects: Sequence[str]) -> list[FetchResult]:
    sources = {project: CachedProject(context, project) for project in projects}
    if context.policy.offline and not context.origin.is_store:
        return [source.offline() for source in sources.values()]
    taken = {project: source.fresh() for project, source in sources.items()}
    missing = [source for project, source in sources.items() if taken[project] is None]
    if missing:
        from clovrix_env.cache import fetch

        taken.update((found.project, found) for found in fetch.ask(context, missing))
    return [found for found in taken.values() if found is not None]


def _staleness(found: Sequence[FetchResult], environment: str) -> Iterator[str]:
    """One line, however many are stale: how old each is, and why."""
    stale = [item for item in found if item.why]
    if stale:
        from clovrix_env.model.ages import shown_age

        told = (
            f"{item.project}/{environment}: values of {shown_age(item.age or 0)} ago"
            for item in stale
        )
        yield f"{', '.join(told)}, {stale[0].why}"
