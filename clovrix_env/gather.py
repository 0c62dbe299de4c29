"""Gathers the layers of one load: the files are read first, then Clovrix is asked.

Nothing is asked while anything local is wrong, and a name that the guard refuses stops it too.
"""

from __future__ import annotations

import time

from clovrix_env import guard
from clovrix_env.client import origin as origins
from clovrix_env.client.token import missing_token
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.layers import local_files, value_files
from clovrix_env.layers.layer import DEFAULT, Layer, literal_layer
from clovrix_env.process import SetAside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clovrix_env.client.origin import Origin
    from clovrix_env.errors import Problems
    from clovrix_env.process import Process
    from clovrix_env.settings import Request, Settings


class Sources:
    """Where the values of a load come from. Making one reads the files and asks nobody."""

    def __init__(
        self,
        request: Request,
        settings: Settings,
        process: Process,
        injected: Iterable[str],
        problems: Problems,
        notes: list[str],
    ) -> None:
        self.request = request
        self.settings = settings
        self.log = [f"root {settings.root.path} ({settings.root.why})"]
        self._environ = process.environ
        self._injected = injected
        self._problems = problems
        self._deadline = time.monotonic() + settings.timeout
        self.files = local_files.read(settings, request, self._deadline, problems, notes)
        self.log += [_counted(layer, "value", "values") for layer in self.files.layers]
        self.value_files = value_files.read(
            settings.declared.variables, process.environ, self._deadline, problems
        )
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
        """The same below a launcher, which keeps the embedded store's master key back as well."""
        origin = self.origin
        if self.request.client is None and self.asks and origin is not None and origin.is_store:
            from clovrix_env.store import master_key

            try:
                master_key.find(self._environ)
            except ClovrixConfigError:
                return False
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
                raise missing_token(self._environ)
        self._problems.raise_if_any()
        with SetAside(self._injected):
            return self._ask() if self.asks else []

    def _defaults(self) -> Layer:
        declared = [(v.name, v.default) for v in self.settings.declared.variables]
        stated = [(name, default) for name, default in declared if default is not None]
        return literal_layer(DEFAULT, "default in .clovrix", stated)

    def _find_origin(self) -> Origin | None:
        with self._problems:
            said = origins.said_by(self.files.settings, self.settings.root.path, self._environ)
            # Who asks nobody needs no token, and a wrong one does not matter.
            if self.asks and self.request.client is None:
                return origins.of_door(self._environ, said, self.settings.api_url)
        return None

    def _judge(self, layers: Sequence[Layer]) -> None:
        guard.judge(layers, self.settings, self.request.words.allow, self._problems)

    def _ask(self) -> list[Layer]:
        from clovrix_env.layers import remote

        settings, client = self.settings, self.request.client
        project, environment = settings.project, settings.environment
        assert project is not None
        assert environment is not None
        extends = dict.fromkeys(name for name in settings.declared.extends if name != project)
        projects = (*extends, project)
        began = time.monotonic()
        if client is not None:
            layers = remote.fetch_by(client, projects, environment, self._deadline)
        else:
            assert self.origin is not None
            if settings.offline and not self.origin.is_store:
                raise ClovrixConfigError(
                    f"offline, and there are no last known values of {project}/{environment}",
                    "without offline=True or CLOVRIX_OFFLINE they are fetched",
                )
            layers = remote.fetch(self.origin, projects, environment, self._deadline)
        took = round((time.monotonic() - began) * 1000)
        for layer in layers:
            self.log.append(f"{_counted(layer, 'entry', 'entries')} ({self.address}, {took} ms)")
        return layers


def _counted(layer: Layer, one: str, many: str) -> str:
    count = len(layer.bindings)
    return f"{layer.source}: {count} {one if count == 1 else many}"
