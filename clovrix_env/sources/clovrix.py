"""Projects on Clovrix: the entries of each, from the cache or from a request."""

from __future__ import annotations

from clovrix_env.cache.folder import CacheFolder
from clovrix_env.cache.freshness import CachedProject, FetchContext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.cache.freshness import FetchPolicy, FetchResult


def find(
    endpoint: Endpoint,
    projects: Sequence[str],
    policy: FetchPolicy,
    notes: list[str],
    log: list[str],
) -> list[FetchResult]:
    """Return the entries of each project, in order. Raises the first project's error.

    Warnings are added to ``notes``, and lines for ``-v`` to ``log``.
    """
    if endpoint.is_store:
        context = FetchContext(endpoint, policy, None)
        found = _found(context, projects)
        log.extend(context.log)
        return found
    if policy.folder is None:
        log.append("no cached values: HOME and CLOVRIX_CACHE_DIR are not set")
        return _found(FetchContext(endpoint, policy, None), projects)
    with CacheFolder(policy.folder) as folder:
        context = FetchContext(endpoint, policy, folder)
        found = _found(context, projects)
    notes.extend(dict.fromkeys(context.said))
    notes.extend(_staleness(found, policy.environment))
    return found


def _found(context: FetchContext, projects: Sequence[str]) -> list[FetchResult]:
    sources = {project: CachedProject(context, project) for project in projects}
    if context.policy.offline and not context.origin.is_store:
        return [source.offline() for source in sources.values()]
    results = {project: source.fresh() for project, source in sources.items()}
    missing = [source for project, source in sources.items() if results[project] is None]
    if missing:
        from clovrix_env.cache import fetch

        results.update((found.project, found) for found in fetch.ask(context, missing))
    return [found for found in results.values() if found is not None]


def _staleness(found: Sequence[FetchResult], environment: str) -> Iterator[str]:
    """Yield one line with the age of all stale values and the reason, if there are any."""
    stale = [item for item in found if item.why]
    if stale:
        from clovrix_env.model.ages import shown_age

        used = (
            f"{item.project}/{environment}: using cached values from {shown_age(item.age or 0)} ago"
            for item in stale
        )
        yield f"{', '.join(used)} because {stale[0].why}"
