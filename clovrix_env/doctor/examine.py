"""Examines everything that ``load_env()`` needs, in the order in which it needs it."""

from __future__ import annotations

import os
import time

from clovrix_env.auth import stored_tokens
from clovrix_env.auth.address import DEFAULT
from clovrix_env.auth.token import IGNORED
from clovrix_env.cache.folder import CacheFolder, Unusable
from clovrix_env.client.sender import ignores_token
from clovrix_env.doctor import permissions, reach, versions
from clovrix_env.doctor.report import Observation
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.resolution.inputs import Inputs
from clovrix_env.settings import user_config
from clovrix_env.settings.project_file import NAME as PROJECT_FILE
from clovrix_env.settings.variables import asks_nobody, is_disabled
from clovrix_env.sources import local_files
from clovrix_env.store import master_key
from clovrix_env.system import folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.cache.status import CacheStatus
    from clovrix_env.resolution.marker import Marker
    from clovrix_env.settings.load_options import LoadOptions
    from clovrix_env.system.process import Process

_TOKEN_FILE = "CLOVRIX_TOKEN_FILE"  # noqa: S105 - a name
_CACHED = "cache"


def examine(request: LoadOptions, process: Process) -> Iterator[Observation]:
    """Yield all observations. Raises ``ClovrixConfigError`` if no root can be found."""
    yield from versions.observed()
    examination = _Examination(request, process)
    yield from examination.settings()
    yield from examination.files()
    yield from examination.endpoint()
    yield from examination.clovrix()
    yield from examination.permissions()


class _Examination:
    """The inputs of a load, examined without loading."""

    def __init__(self, request: LoadOptions, process: Process) -> None:
        # Without Clovrix, because address and token are examined separately.
        inputs = Inputs.below_marker(request.replaced(remote=False), process)
        inputs.read()
        self._inputs = inputs
        self._environ = inputs.process.environ
        self._settings = inputs.settings
        self._endpoint: Endpoint | None = None

    def settings(self) -> Iterator[Observation]:
        """Yield root, project and environment, each with its source, and a marker."""
        found = self._settings
        declared = "" if found.declared_state.exists else f", without a {PROJECT_FILE}"
        yield Observation("root", True, f"{found.root.path} ({found.root.why}{declared})")
        for kind, name in (("project", found.project), ("environment", found.environment)):
            source = found.sources.get(kind, "")
            message = "none: local files only" if name is None else f"{name}, from {source}"
            if name is not None or kind == "project":
                yield Observation(kind, True, message)
        if self._inputs.is_empty and self._inputs.marker is None:
            yield Observation(
                "settings",
                False,
                "nothing is configured here: there is no .clovrix, no project and no .env file",
                "run clovrix-env init to write a .clovrix",
            )
        for problem in self._inputs.problems:
            yield Observation("settings", False, problem.sentence, problem.remedy)
        if self._inputs.marker is not None:
            yield _launcher(self._inputs.marker)

    def files(self) -> Iterator[Observation]:
        """Yield the files that are read, and notes about ignored ones."""
        for layer in self._inputs.files.layers:
            count = len(layer.bindings)
            yield Observation("file", True, f"{layer.source}: {count} names")
        for shown, path in local_files.default_files(self._settings):
            if os.path.isdir(path):
                yield Observation("note", True, f"{shown} is a folder, which is not read")
        for note in self._inputs.notes:
            yield Observation("note", True, note)

    def endpoint(self) -> Iterator[Observation]:
        """Yield the sources of address and token, never the token itself."""
        try:
            endpoint = self._inputs.endpoint_without_token
        except ClovrixConfigError as error:
            yield _refused("address", error)
            return
        is_default = endpoint.source == DEFAULT
        source = "the default" if is_default else f"from {endpoint.source}"
        yield Observation("address", True, f"{endpoint.address}, {source}")
        why_not = self._why_no_request()
        try:
            found = self._inputs.endpoint_with_token()
        except ClovrixConfigError as error:
            yield _refused("token", error).replaced(ok=bool(why_not))
            return
        if found.token is None and not found.is_store:
            if why_not:
                yield Observation("token", True, f"not needed: {why_not}")
            else:
                yield _refused("token", found.missing_token(self._environ, may_be_kept=True))
            return
        self._endpoint = found
        if found.token is None:
            message = "none: the owner of the store needs none"
        else:
            message = f"from {found.token.source}"
            if ignores_token(found, self._environ, self._inputs.deadline):
                message += f": it {IGNORED}, and its owner needs none"
            elif found.token.from_file:
                message += " (to read only)"
        yield Observation("token", True, message)

    def clovrix(self) -> Iterator[Observation]:
        """Yield the state of the cache, and whether Clovrix answers."""
        why_not, cached = self._why_no_request(), None
        if self._endpoint is None:
            return
        if self._settings.environment is not None and not self._endpoint.is_store:
            try:
                cached = self._cache_status(self._endpoint, self._settings.environment)
            except Unusable as error:
                yield Observation(
                    _CACHED,
                    self._settings.cache is None,
                    f"{self._settings.cache_folder} {error}",
                    "set CLOVRIX_CACHE_DIR to another folder",
                )
        if cached is not None:
            yield from self._cached_values(cached)
            if cached.refusal is not None and not why_not:
                from clovrix_env.cache.status import refusal_text

                yield Observation("answer", False, refusal_text(cached.refusal), "wait until then")
                return
        if why_not:
            yield Observation("answer", True, f"no request: {why_not}")
            return
        assert self._settings.environment is not None
        place = self._settings.projects[::-1], self._settings.environment
        yield from reach.observed(self._endpoint, self._environ, *place, self._inputs.deadline)

    def permissions(self) -> Iterator[Observation]:
        """Yield the permissions of the files that exist and that a load reads or writes."""
        environ, found = self._environ, self._settings
        read = (state.path for state in self._inputs.files.states if state.exists)
        config = folders.config_folder(environ)
        private = [*read, environ.get(_TOKEN_FILE), stored_tokens.path_of(environ)]
        if self._endpoint is not None and self._endpoint.is_store:
            private += [self._endpoint.store_path, master_key.path_of(environ)]
        shared = [found.root.project_file, config, found.cache_folder]
        if config is not None:
            shared.append(os.path.join(config, user_config.NAME))
        yield from permissions.observed(filter(None, private), filter(None, shared))

    def _why_no_request(self) -> str:
        """Return why a load here would not send a request; empty if it would."""
        if is_disabled(self._environ):
            return "CLOVRIX_DISABLED is set"
        if asks_nobody(self._environ):
            return "CLOVRIX_REMOTE is off"
        if self._settings.offline:
            return "CLOVRIX_OFFLINE is set"
        if self._settings.project is None:
            return "no project is set (name one with -p and -e)"
        if self._settings.environment is None:
            return "no environment is set (name one with -e)"
        return ""

    def _cache_status(self, origin: Endpoint, environment: str) -> CacheStatus | None:
        folder = self._settings.cache_folder
        if folder is None or not self._settings.projects:
            return None
        from clovrix_env.cache import status

        with CacheFolder(folder) as opened:
            return status.look(
                opened, origin, self._settings.projects, environment, self._settings.cache
            )

    def _cached_values(self, cached: CacheStatus) -> Iterator[Observation]:
        is_on, now = self._settings.cache is not None, time.time()
        if cached.why_nothing:
            remedy = "use a token that Clovrix has created: it is long enough"
            yield Observation(_CACHED, not is_on, f"none: {cached.why_nothing}", remedy)
            return
        for values in cached.values:
            if not is_on and values.fetched is None:
                continue
            nothing_yet = values.fetched is None and not values.why
            yield Observation(
                _CACHED,
                nothing_yet or values.is_usable(now),
                f"{values.place}: {values.sentence(now)}",
                "start a program while Clovrix can answer: its values are cached",
            )
        if not is_on:
            yield Observation(_CACHED, True, "off: neither [cache] nor CLOVRIX_CACHE is set")


def _launcher(marker: Marker) -> Observation:
    place = f"{marker.project}/{marker.environment}" if marker.project else "local files"
    changed = ", ".join(map(os.path.basename, marker.changed_files()))
    given = sum(bool(digest) for _, digest, _ in marker.names.values())
    message = f"has set {given} names, from {place}"
    if changed:
        message += f"; {changed} changed since"
    return Observation("launcher", not changed, message, "restart the program to read it again")


def _refused(name: str, error: ClovrixConfigError) -> Observation:
    return Observation(name, False, "; ".join(error.problems), error.remedy)
