"""Projects on Clovrix, each as it is last known or as it is asked for."""

from __future__ import annotations

from clovrix_env.cache.folder import CacheFolder
from clovrix_env.cache.freshness import Load, Source
from clovrix_env.model.staleness import shown_age

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clovrix_env.auth.endpoint import Origin
    from clovrix_env.cache.freshness import Found, Wanted


def find(
    origin: Origin, projects: Sequence[str], wanted: Wanted, notes: list[str], log: list[str]
) -> list[Found]:
    """What is found for each project, in order. Raises the first project's error, its place first.

    ``notes`` take what somebody has to know; ``log`` takes the rest.
    """
    if origin.is_store:
        return _found(Load(origin, wanted, None), projects)
    if wanted.folder is None:
        log.append("no last known values: there is no HOME, and CLOVRIX_CACHE_DIR is not set")
        return _found(Load(origin, wanted, None), projects)
    with CacheFolder(wanted.folder) as folder:
        load = Load(origin, wanted, folder)
        found = _found(load, projects)
    notes.extend(dict.fromkeys(load.said))
    notes.extend(_staleness(found, wanted.environment))
    return found


def _found(load: Load, projects: Sequence[str]) -> list[Found]:
    sources = {project: Source(load, project) for project in projects}
    if load.wanted.offline and not load.origin.is_store:
        return [source.offline() for source in sources.values()]
    taken = {project: source.fresh() for project, source in sources.items()}
    missing = [source for project, source in sources.items() if taken[project] is None]
    if missing:
        from clovrix_env.cache import fetch as asking

        taken.update((found.project, found) for found in asking.ask(load, missing))
    return [found for found in taken.values() if found is not None]


def _staleness(found: Sequence[Found], environment: str) -> Iterator[str]:
    """One line, however many are stale: how old each is, and why."""
    stale = [item for item in found if item.why]
    if stale:
        told = (
            f"{item.project}/{environment}: values of {shown_age(item.age or 0)} ago"
            for item in stale
        )
        yield f"{', '.join(told)}, {stale[0].why}"
