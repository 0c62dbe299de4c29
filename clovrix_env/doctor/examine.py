"""Looks at everything that a start here depends on, in the order in which a start needs it."""

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


def examine(request: LoadOptions, process: Process) -> Iterator[Observation]:
    """What there is to see. Raises ``ClovrixConfigError`` where there is no root to look from."""
    yield from versions.observed()
    here = _Examination(request, process)
    yield from here.settings()
    yield from here.files()
    yield from here.endpoint()
    yield from here.clovrix()
    yield from here.permissions()


class _Examination:
    """A load here, as far as it can be looked at without one."""

    def __init__(self, request: LoadOptions, process: Process) -> None:
        # As if nothing were fetched: address and token are looked at by themselves.
        inputs = Inputs.below_marker(request.replaced(remote=False), process)
        inputs.read()
        self._inputs = inputs
        self._environ = inputs.process.environ
        self._settings = inputs.settings
        self._endpoint: Endpoint | None = None

    def settings(self) -> Iterator[Observation]:
        """Root, project and environment, each with its source; the marker, where one stands."""
        found = self._settings
        declared = "" if found.declared_state.exists else f", without a {PROJECT_FILE}"
        yield Observation("root", True, f"{found.root.path} ({found.root.why}{declared})")
        for kind, name in (("project", found.project), ("environment", found.environment)):
            source = found.sources.get(kind, "")
            told = "none: local files only" if name is None else f"{name}, from {source}"
            if name is not None or kind == "project":
                yield Observation(kind, True, told)
        if self._inputs.is_empty and self._inputs.marker is None:
            yield Observation(
                "settings",
                False,
                "nothing is configured here: there is no .clovrix, no project and no .env file",
                "clovrix-env init writes a .clovrix",
            )
        for problem in self._inputs.problems:
            yield Observation("settings", False, problem.sentence, problem.remedy)
        if self._inputs.marker is not None:
            yield _launcher(self._inputs.marker)

    def files(self) -> Iterator[Observation]:
        """The files that a start reads, and what it passes over."""
        for layer in self._inputs.files.layers:
            count = len(layer.bindings)
            yield Observation("file", True, f"{layer.source}: {count} names")
        for note in self._inputs.notes:
            yield Observation("note", True, note)

    def endpoint(self) -> Iterator[Observation]:
        """Address and token, and where each comes from; never the token."""
        try:
            asked = self._inputs.endpoint_without_token
        except ClovrixConfigError as error:
            yield _refused("address", error)
            return
        source = "the default" if asked.source == DEFAULT else f"from {asked.source}"
        yield Observation("address", True, f"{asked.address}, {source}")
        try:
            found = self._inputs.endpoint_with_token()
            if found.token is None and not found.is_store:
                raise found.missing_token(self._environ, may_be_kept=True)
        except ClovrixConfigError as error:
            asks = self._why_not_asked() == ""
            yield _refused("token", error).replaced(well=not asks)
            return
        self._endpoint = found
        if found.token is None:
            told = "none, and none is needed: the store's owner asks"
        else:
            told = f"from {found.token.source}"
            if ignores_token(found, self._environ, self._inputs.deadline):
                told += f": it {IGNORED}; the store's owner asks"
            elif found.token.from_file:
                told += ", to read with"
        yield Observation("token", True, told)

    def clovrix(self) -> Iterator[Observation]:
        """What is kept of it, and whether it answers."""
        why_not, kept = self._why_not_asked(), None
        if self._endpoint is None:
            return
        if self._settings.environment is not None and not self._endpoint.is_store:
            try:
                kept = self._kept(self._endpoint, self._settings.environment)
            except Unusable as error:
                yield Observation(
                    "last known",
                    self._settings.cache is None,
                    f"{self._settings.cache_folder} {error}",
                    "name another folder by CLOVRIX_CACHE_DIR",
                )
        if kept is not None:
            yield from self._last_known(kept)
            if kept.refusal is not None and not why_not:
                from clovrix_env.cache.status import refusal_text

                yield Observation("answer", False, refusal_text(kept.refusal), "wait until then")
                return
        if why_not:
            yield Observation("answer", True, f"not asked: {why_not}")
            return
        assert self._settings.environment is not None
        place = self._settings.projects[::-1], self._settings.environment
        yield from reach.observed(self._endpoint, self._environ, *place, self._inputs.deadline)

    def permissions(self) -> Iterator[Observation]:
        """What a start reads and keeps, as far as it is there."""
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

    def _why_not_asked(self) -> str:
        """Why a start here would not ask Clovrix; empty where it would."""
        if is_disabled(self._environ):
            return "CLOVRIX_DISABLED is set"
        if asks_nobody(self._environ):
            return "CLOVRIX_REMOTE is off"
        if self._settings.offline:
            return "CLOVRIX_OFFLINE is set"
        if self._settings.project is None:
            return "no project is named (-p and -e name one)"
        if self._settings.environment is None:
            return "no environment is named (-e names one)"
        return ""

    def _kept(self, origin: Endpoint, environment: str) -> CacheStatus | None:
        folder = self._settings.cache_folder
        if folder is None or not self._settings.projects:
            return None
        from clovrix_env.cache import status

        with CacheFolder(folder) as opened:
            return status.look(
                opened, origin, self._settings.projects, environment, self._settings.cache
            )

    def _last_known(self, kept: CacheStatus) -> Iterator[Observation]:
        keeps, now = self._settings.cache is not None, time.time()
        if kept.why_nothing:
            remedy = "a token as Clovrix makes them is long enough"
            yield Observation("last known", not keeps, f"not kept: {kept.why_nothing}", remedy)
            return
        for values in kept.values:
            if not keeps and values.fetched is None:
                continue
            nothing_yet = values.fetched is None and not values.why
            yield Observation(
                "last known",
                nothing_yet or values.is_usable(now),
                f"{values.place}: {values.told(now)}",
                "a start that Clovrix answers keeps new ones",
            )
        if not keeps:
            yield Observation("last known", True, "off: there is neither [cache] nor CLOVRIX_CACHE")


def _launcher(marker: Marker) -> Observation:
    place = f"{marker.project}/{marker.environment}" if marker.project else "local files"
    changed = ", ".join(map(os.path.basename, marker.changed_files()))
    given = sum(bool(digest) for _, digest, _ in marker.names.values())
    told = f"started by one: {place}, {given} names"
    if changed:
        told += f"; {changed} changed since"
    return Observation("launcher", not changed, told, "start the program again to use it")


def _refused(about: str, error: ClovrixConfigError) -> Observation:
    return Observation(about, False, "; ".join(error.problems), error.remedy)
