"""Gathers the layers of one load: the files are read first, then Clovrix is asked.

Nothing is asked while anything local is wrong, and a name that the guard refuses stops it too.
"""

from __future__ import annotations

import os
import time

from clovrix_env.auth import endpoint
from clovrix_env.auth.token import missing_token
from clovrix_env.errors import ClovrixConfigError, Problems
from clovrix_env.model.layer import CLOVRIX, DEFAULT, Layer, literal_layer
from clovrix_env.resolution import guard
from clovrix_env.sources import local_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.cache.freshness import FetchResult
    from clovrix_env.client.client import Client
    from clovrix_env.model.ages import Staleness
    from clovrix_env.model.layer import Binding
    from clovrix_env.settings.settings import LoadOptions, Settings
    from clovrix_env.system.files import State
    from clovrix_env.system.process import Process


class Sources:
    """Where the values of a load come from. Making one reads the files and asks nobody."""

    def __init__(
        self,
        request: LoadOptions,
        settings: Settings,
        process: Process,
        problems: Problems,
        notes: list[str],
    ) -> None:
        self.request = request
        self.settings = settings
        self.log = [f"root {settings.root.path} ({settings.root.why})"]
        self._environ = process.environ
        self._problems = problems
        self._notes = notes
        # Of each remote layer, by its source: how old its values are, None where just fetched.
        self.ages: dict[str, float | None] = {}
        self.staleness: Staleness | None = None
        self._called = time.time_ns()
        self._deadline = time.monotonic() + settings.timeout
        self.files = local_files.read(settings, request, self._deadline, problems, notes)
        self.log += [_counted(layer, "value", "values") for layer in self.files.layers]
        self.value_files = self._read_value_files()
        self.origin = self._find_origin()

    @property
    def asks(self) -> bool:
        """Whether Clovrix is a source of this load at all."""
        return self.settings.project is not None and self.settings.remote

    @property
    def address(self) -> str | None:
        """Who is asked, as messages name it; ``None`` where nobody is."""
        if not self.asks:
            return None
        if self.request.client is not None:
            return repr(self.request.client)
        return None if self.origin is None else self.origin.address

    @property
    def can_ask(self) -> bool:
        """Whether nothing has to be asked, or there is a token, or a store, to ask."""
        if not self.asks or self.request.client is not None:
            return True
        origin = self.origin
        return origin is not None and (origin.is_store or origin.token is not None)

    @property
    def can_ask_again(self) -> bool:
        """The same below a launcher, which keeps the embedded store's master key back as well.

        Where the store's address is relative, a program in another folder does not reach it.
        """
        origin = self.origin
        if self.request.client is None and self.asks and origin is not None and origin.is_store:
            from clovrix_env.store import master_key

            try:
                master_key.find(self._environ)
            except ClovrixConfigError:
                return False
            return os.path.exists(origin.store_path)
        return self.can_ask

    @property
    def are_none(self) -> bool:
        """Whether nothing at all is configured."""
        return (
            self.settings.project is None
            and not self.settings.declared_state.exists
            and not self.files.layers
            and self.request.overrides is None
        )

    def layers(self) -> list[Layer]:
        """Every layer but the process, lowest first. Raises what is wrong, or Clovrix's error."""
        defaults = self._defaults()
        self._judge([defaults, *self.files.layers])
        remote = self.remote()
        self._judge(remote)
        overrides = self.request.overrides
        return [defaults, *remote, *self.files.layers, *([overrides] if overrides else [])]

    def remote(self) -> list[Layer]:
        """The layers of Clovrix. Raises what is wrong so far, and then asks."""
        if not self.can_ask and self.origin is not None:
            with self._problems:
                raise missing_token(self._environ, may_be_kept=True)
        self._problems.raise_if_any()
        return self._ask() if self.asks else []

    def _read_value_files(self) -> Sequence[tuple[Binding, State]]:
        """The values in files that the process environment names, and how these were."""
        declared = [v for v in self.settings.declared.variables.values() if v.from_file]
        if not declared:
            return ()
        from clovrix_env.sources import value_files

        found = value_files.read(declared, self._environ, self._deadline, self._problems)
        return tuple(found)

    def _defaults(self) -> Layer:
        declared = self.settings.declared.variables.values()
        stated = [(v.name, v.default) for v in declared if v.default is not None]
        return literal_layer(DEFAULT, "default in .clovrix", stated)

    def _find_origin(self) -> Endpoint | None:
        wrong = Problems()
        root = self.settings.root.path
        said = endpoint.said_by(self.files.settings, root, self._environ, wrong)
        if wrong:
            self._problems.take(wrong)
            return None
        with self._problems:
            # Who asks nobody needs no token, and a wrong one does not matter.
            if self.asks and self.request.client is None:
                return endpoint.for_load(self._environ, said, self.settings.api_url, self._deadline)
        return None

    def _judge(self, layers: Sequence[Layer]) -> None:
        guard.judge(layers, self.settings, self.request.wording.allow, self._problems)

    def _ask(self) -> list[Layer]:
        projects, environment = self.settings.projects, self.settings.environment
        assert environment is not None
        began = time.monotonic()
        if self.request.client is not None:
            found = self._ask_client(self.request.client, projects, environment)
        else:
            assert self.origin is not None
            found = self._ask_origin(self.origin, projects, environment)
        took = round((time.monotonic() - began) * 1000)
        layers: list[Layer] = []
        for item in found:
            source = f"{item.project}/{environment} on Clovrix"
            layer = literal_layer(CLOVRIX, source, item.entries.items())
            self.ages[source] = item.age
            said = (
                f"{self.address}, {took} ms"
                if item.age is None
                else f"last known, {item.age:.0f} s old"
            )
            self.log.append(f"{_counted(layer, 'entry', 'entries')} ({said})")
            layers.append(layer)
        self.staleness = _staleness(found, environment)
        return layers

    def _ask_client(
        self, client: Client, projects: Sequence[str], environment: str
    ) -> list[FetchResult]:
        if self.settings.offline:
            raise ClovrixConfigError(
                "offline, and nothing is kept of what client= answers", "leave one of the two out"
            )
        from clovrix_env.cache import fetch
        from clovrix_env.cache.freshness import FetchResult

        def ask(project: str) -> FetchResult:
            return FetchResult(
                project, fetch.entries_by(client, project, environment, self._deadline)
            )

        return fetch.side_by_side(projects, ask)

    def _ask_origin(
        self, origin: Endpoint, projects: Sequence[str], environment: str
    ) -> list[FetchResult]:
        from clovrix_env.cache import freshness
        from clovrix_env.sources import clovrix

        settings, words = self.settings, self.request.wording
        wanted = freshness.FetchPolicy(
            environ=self._environ,
            environment=environment,
            deadline=self._deadline,
            cache=settings.cache,
            offline=settings.offline,
            folder=settings.cache_folder,
            began=self._began,
            backoff=self.request.backoff,
            asks_now=words.asks_now,
        )
        return clovrix.find(origin, projects, wanted, self._notes, self.log)

    def _began(self) -> int:
        """When this start began, in ns since the epoch: a program's load, when it was called.

        A launcher's process began earlier than our first line; not earlier than its deadline
        allows, for who had exec wait an hour wants no values of an hour ago.
        """
        if not self.request.wording.starts:
            return self._called
        from clovrix_env.cache.single_flight import start_of_process

        return max(start_of_process(), self._called - int(self.settings.timeout * 1e9))


def _staleness(found: Sequence[FetchResult], environment: str) -> Staleness | None:
    stale = {f"{item.project}/{environment}": item for item in found if item.why}
    if not stale:
        return None
    from clovrix_env.model.ages import Staleness

    ages = {place: item.age or 0.0 for place, item in stale.items()}
    oldest = max(ages, key=lambda place: ages[place])
    return Staleness(ages[oldest], stale[oldest].why, ages)


def _counted(layer: Layer, one: str, many: str) -> str:
    count = len(layer.bindings)
    return f"{layer.source}: {count} {one if count == 1 else many}"
