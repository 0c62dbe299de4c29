"""``clovrix-env cache``: show and remove the cached values on this machine."""

from __future__ import annotations

import time

import click

from clovrix_env.cache.clearing import cleared, written
from clovrix_env.cache.folder import CacheFolder, Unusable
from clovrix_env.cli.common_options import (
    ScopeOptions,
    checked_age,
    environment_option,
    json_option,
    project_option,
    quiet_option,
    root_option,
)
from clovrix_env.cli.groups import Family
from clovrix_env.cli.output import columns, write, write_json
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.ages import shown_age
from clovrix_env.model.record import Record
from clovrix_env.system.tables import titled

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping
    from typing import Any

    from clovrix_env.cache.status import CacheStatus, ProjectStatus
    from clovrix_env.settings.project_file import Cache

# Version of the documents that --json prints.
VERSION = 1
_SECOND = 1_000_000_000


@click.group(cls=Family, epilog="Example: clovrix-env cache status --json")
def cache() -> None:
    """Cached values, which programs use while they are fresh or Clovrix cannot answer."""


@cache.command(epilog="Example: clovrix-env cache status -e production")
@project_option
@environment_option
@root_option
@json_option
def status(as_json: bool, **given: Any) -> None:
    """Show the cache folder, and whether the values of the current project can be used.

    Sends no request and shows no value.
    """
    found = _Here(ScopeOptions.taken_from(given)).found()
    if as_json:
        write_json(found.document())
    else:
        write(titled(list(found.rows()), columns()))


@cache.command(epilog="Example: clovrix-env cache clear -p backend -e production")
@click.option(
    "--older-than",
    "age",
    metavar="AGE",
    callback=checked_age,
    help="Remove only files older than this, such as 7d, 5m or 1h30m (default: all).",
)
@click.option(
    "--place",
    "only_here",
    is_flag=True,
    help="Remove only the values of the current project and environment (implied by -p and -e).",
)
@project_option
@environment_option
@root_option
@json_option
@quiet_option
def clear(age: int | None, only_here: bool, as_json: bool, quiet: bool, **given: Any) -> None:
    """Remove cached values and remembered refusals.

    Links are not followed, and files that clovrix-env did not write stay. Running programs keep
    their values. Files of a token that is not used any more are removed only by a command without
    --place, -p and -e.
    """
    place = ScopeOptions.taken_from(given)
    here = _Here(place)
    only: tuple[str, ...] | None = None
    if only_here or place.project is not None or place.environment is not None:
        found = here.found()
        if found.kept is None:
            raise ClovrixConfigError(
                f"no values are cached for the current project: {found.why_nothing}",
                "to remove all files, leave out --place, -p and -e",
            )
        only = found.kept.files
    removed, stayed = here.clear(only, age)
    if as_json:
        write_json({"version": VERSION, "folder": here.path, "removed": removed})
    elif not quiet:
        write(f"removed {_counted(removed)} from {here.path}")
    if stayed:
        raise ClovrixConfigError(
            f"{here.path}: {', '.join(stayed)} cannot be removed",
            "let this user write to the folder",
        )


class _Here:
    """The cache folder and the current project. Creating one sends no request."""

    def __init__(self, place: ScopeOptions) -> None:
        from clovrix_env.cli.login_target import LoginTarget

        self._target = LoginTarget(place.request())
        folder = self._target.settings.cache_folder
        if folder is None:
            raise ClovrixConfigError(
                "the cache has no folder: HOME is not set",
                "set HOME or CLOVRIX_CACHE_DIR",
            )
        self.path = folder

    def found(self) -> _Found:
        named_by = self._target.environ.get("CLOVRIX_CACHE") and "CLOVRIX_CACHE"
        ages = self._target.settings.cache
        try:
            with CacheFolder(self.path) as folder:
                files = folder.files()
                kept, why = self._look(folder)
        except Unusable as error:
            raise _unusable(self.path, error) from None
        return _Found(self.path, files, ages, named_by or "[cache] in .clovrix", kept, why)

    def _look(self, folder: CacheFolder) -> tuple[CacheStatus | None, str]:
        from clovrix_env.cache import status

        settings, origin = self._target.settings, self._target.endpoint()
        if not settings.projects or settings.environment is None:
            return None, "no project is named"
        if origin.is_store:
            return None, "an embedded store is never cached"
        if origin.token is None:
            return None, "no token is set, and each token has its own files"
        places = settings.projects, settings.environment
        found = status.look(folder, origin, *places, settings.cache)
        return found, found.why_nothing

    def clear(self, only: tuple[str, ...] | None, age: int | None) -> tuple[int, tuple[str, ...]]:
        before = None if age is None else time.time() - age
        try:
            with CacheFolder(self.path) as folder:
                return cleared(folder, only, before)
        except Unusable as error:
            raise _unusable(self.path, error) from None


class _Found(Record):
    """The folder, its files, and the cached values of the current project, if any."""

    path: str
    files: Mapping[str, os.stat_result]
    ages: Cache | None
    named_by: str
    kept: CacheStatus | None
    why_nothing: str

    @property
    def size(self) -> int:
        return sum(state.st_size for state in self.files.values())

    @property
    def oldest(self) -> float | None:
        """When the oldest file was written."""
        return min(written(self.files).values(), default=None)

    def rows(self) -> Iterator[tuple[str, str]]:
        yield "folder", self.path
        oldest = self.oldest
        old = (
            ""
            if oldest is None
            else f", the oldest from {shown_age(max(0.0, time.time() - oldest))} ago"
        )
        yield "files", f"{len(self.files)}, {_bytes(self.size)}{old}"
        if self.ages is None:
            yield "cache", "off: neither [cache] in .clovrix nor CLOVRIX_CACHE turns it on"
        else:
            fresh, stale = shown_age(self.ages.max_age), shown_age(self.ages.stale_if_error)
            yield (
                "cache",
                f"set by {self.named_by}: no request for {fresh}, "
                f"and values up to {stale} old if Clovrix cannot answer",
            )
        if self.why_nothing:
            yield "here", f"nothing is cached: {self.why_nothing}"
        if self.kept is None:
            return
        from clovrix_env.cache.status import refusal_text

        if not self.why_nothing:
            for values in self.kept.values:
                yield values.place, values.sentence(time.time())
        if self.kept.refusal is not None:
            yield "refused", refusal_text(self.kept.refusal)

    def document(self) -> dict[str, object]:
        ages, kept, now = self.ages, self.kept, time.time()
        refusal = None if kept is None else kept.refusal
        return {
            "version": VERSION,
            "folder": self.path,
            "files": len(self.files),
            "bytes": self.size,
            "oldest": self.oldest,
            "asked_for_by": None if ages is None else self.named_by,
            "max_age": None if ages is None else ages.max_age,
            "stale_if_error": None if ages is None else ages.stale_if_error,
            "why_nothing": self.why_nothing or None,
            "places": [_document(values, now) for values in (() if kept is None else kept.values)],
            "refused_until": None if refusal is None else refusal.until / _SECOND,
            "refused_with": None if refusal is None else refusal.status,
        }


def _document(values: ProjectStatus, now: float) -> dict[str, object]:
    there = values.fetched is not None and not values.denied
    return {
        "project": values.project,
        "environment": values.environment,
        "fetched": values.fetched if there else None,
        "denied": values.denied,
        "fresh_until": values.fresh_until if there else None,
        "usable_until": values.usable_until if there else None,
        "usable": values.is_usable(now),
        "why_not": values.why or None,
    }


def _counted(count: int) -> str:
    return f"{count} file{'' if count == 1 else 's'}"


def _bytes(count: int) -> str:
    return f"{count / 1024:.1f} KiB" if count >= 1024 else f"{count} bytes"


def _unusable(path: str, error: Unusable) -> ClovrixConfigError:
    return ClovrixConfigError(f"{path} {error}", "set CLOVRIX_CACHE_DIR to another folder")
