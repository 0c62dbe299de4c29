"""``Inputs``: the inputs of one load before any request: settings, files, endpoint.

All entry points and commands use this class, so that their results do not differ.
"""

from __future__ import annotations

import os
import time

from clovrix_env.auth import endpoint as endpoints
from clovrix_env.contract.contract import Contract
from clovrix_env.errors import ClovrixConfigError, Problems
from clovrix_env.model.layer import DEFAULT, INHERITED, Layer, literal_layer
from clovrix_env.resolution import marker as markers
from clovrix_env.settings.project_file import NAME as PROJECT_FILE
from clovrix_env.settings.settings import settings_of
from clovrix_env.sources import local_files
from clovrix_env.sources.local_files import ValueFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovrix_env.auth.endpoint import Endpoint, FileEndpoint
    from clovrix_env.resolution.ignored_files import IgnoredFiles
    from clovrix_env.resolution.kept import Kept
    from clovrix_env.resolution.marker import Marker
    from clovrix_env.settings.load_options import LoadOptions
    from clovrix_env.settings.settings import Settings
    from clovrix_env.sources.local_files import LocalFiles
    from clovrix_env.system.process import Process


def one_case(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Return the layers, on Windows with names in capitals, which ignores case in names."""
    if os.name != "nt":
        return tuple(layers)
    from clovrix_env.resolution.any_case import layer_in_capitals

    return tuple(map(layer_in_capitals, layers))


class Inputs:
    """The inputs of one load. The constructor finds root and settings, and reads no other file.

    ``given`` is the process environment, and ``process`` the same without the names that an earlier
    load has set, which ``marker`` records and ``injected`` lists. Errors are added to ``problems``,
    and warnings to ``notes``. ``deadline`` is a time of ``time.monotonic``; ``called`` is the time
    of the call in ns since the epoch. Raises ``ClovrixConfigError`` if a root is missing.
    """

    def __init__(
        self,
        options: LoadOptions,
        process: Process,
        marker: Marker | None = None,
        *,
        opens_fifos: bool = True,
    ) -> None:
        self.options = options
        self.marker = marker
        self.problems: Problems = Problems()
        self.notes: list[str] = []
        self.injected: set[str] = marker.own_names(process) if marker is not None else set[str]()
        self.given = process
        self.process: Process = process.without(self.injected)
        self.settings: Settings = settings_of(
            options, self.process.environ, self.problems, self.notes
        )
        self.problems_of_settings: int = len(list(self.problems))
        self.contract: Contract = Contract(
            self.settings.declared.variables, self.settings.root.shown(PROJECT_FILE)
        )
        if os.name == "nt":
            from clovrix_env.resolution import any_case

            self.settings = any_case.settings_in_capitals(self.settings)
            self.contract = any_case.contract_in_capitals(self.contract)
        self.called: int = time.time_ns()
        self.deadline: float = time.monotonic() + self.settings.timeout
        self._fifo_deadline = self.deadline if opens_fifos else None
        self._files: LocalFiles | None = None
        self._ignored_files: IgnoredFiles | None = None
        self._value_files: ValueFiles | None = None
        self._kept: Kept | None = None
        self._file_endpoint: FileEndpoint | None = None
        self._file_endpoint_is_wrong = False
        self._endpoint: Endpoint | None = None
        self._endpoint_is_known = False

    @classmethod
    def below_marker(cls, options: LoadOptions, process: Process) -> Inputs:
        """Return the inputs of a command that only shows something, and so opens no FIFO.

        The marker of a launcher above it shows which names that launcher has set.
        """
        return cls(options, process, markers.read(process.environ), opens_fifos=False)

    @property
    def candidates(self) -> list[tuple[str, str]]:
        """The files that a load looks for, lowest first: the name in messages, and the path."""
        return local_files.candidates(self.settings, self.options)

    @property
    def is_complete(self) -> bool:
        """Whether the settings are valid, and every file that counts could be read."""
        return not self.problems_of_settings and self.files.is_complete

    def read(self) -> None:
        """Read all local inputs: files, values in files, address and token."""
        _ = self.files, self.value_files, self.endpoint

    @property
    def files(self) -> LocalFiles:
        """The ``.env`` files that count, read on first use."""
        if self._files is None:
            self._files = local_files.read(
                self.settings, self.options, self._fifo_deadline, self.problems, self.notes
            )
            if os.name == "nt":
                self._files = self._files.replaced(layers=one_case(self._files.layers))
        return self._files

    @property
    def ignored_files(self) -> IgnoredFiles | None:
        """The default files that exist but do not count; ``None`` if there are none."""
        if self._ignored_files is None and self.files.ignored:
            from clovrix_env.resolution.ignored_files import IgnoredFiles

            self._ignored_files = IgnoredFiles(self)
        return self._ignored_files

    @property
    def value_files(self) -> ValueFiles:
        """The values in files that the process environment names."""
        if self._value_files is None:
            self._value_files = ValueFiles()
            declared = [v for v in self.contract.variables.values() if v.from_file]
            if declared:
                from clovrix_env.sources import value_files

                self._value_files = value_files.read(
                    declared, self.process.environ, self._fifo_deadline, self.problems
                )
        return self._value_files

    @property
    def file_endpoint(self) -> FileEndpoint:
        """The token and the address of an embedded store that the ``.env`` files contain."""
        if self._file_endpoint is None:
            wrong, root = Problems(), self.settings.root.path
            self._file_endpoint = endpoints.in_files(
                self.files.settings, root, self.process.environ, wrong
            )
            self._file_endpoint_is_wrong = bool(wrong)
            self.problems.take(wrong)
        return self._file_endpoint

    @property
    def endpoint(self) -> Endpoint | None:
        """The address and the token of this load; ``None`` if nothing is fetched from there."""
        if not self._endpoint_is_known:
            self._endpoint_is_known = True
            self._endpoint = self._find_endpoint()
        return self._endpoint

    def _find_endpoint(self) -> Endpoint | None:
        _ = self.file_endpoint
        # A load that fetches nothing needs no token, and ignores an invalid one.
        fetches = self.fetches and self.options.client is None
        if fetches and not self._file_endpoint_is_wrong:
            with self.problems:
                return self.endpoint_with_token()
        return None

    @property
    def endpoint_is_of_project(self) -> bool:
        """Whether a file of the project chose the address or the token."""
        endpoint = self.endpoint
        if endpoint is None:
            return False
        return endpoint.source_is_file or (endpoint.token is not None and endpoint.token.from_file)

    def endpoint_with_token(self) -> Endpoint:
        """Return address and token even if nothing is fetched. Raises ``ClovrixConfigError``."""
        return endpoints.for_load(
            self.process.environ, self.file_endpoint, self.settings.api_url, self.deadline
        )

    @property
    def endpoint_without_token(self) -> Endpoint:
        """The address, without its token. Raises ``ClovrixConfigError``."""
        return endpoints.without_token(
            self.process.environ, self.file_endpoint, self.settings.api_url
        )

    @property
    def fetches(self) -> bool:
        """Whether Clovrix is a source of this load."""
        return self.settings.project is not None and self.settings.remote

    @property
    def address(self) -> str | None:
        """The address of this load for messages; ``None`` if nothing is fetched."""
        if not self.fetches:
            return None
        if self.options.client is not None:
            return repr(self.options.client)
        return None if self.endpoint is None else self.endpoint.address

    @property
    def can_fetch(self) -> bool:
        """Whether this load fetches nothing, or has a token or a store to fetch with."""
        if not self.fetches or self.options.client is not None:
            return True
        endpoint = self.endpoint
        return endpoint is not None and (endpoint.is_store or endpoint.token is not None)

    @property
    def can_fetch_again(self) -> bool:
        """The same below a launcher, which also withholds the embedded store's master key.

        A program in another folder does not find a store with a relative address.
        """
        endpoint = self.endpoint
        if self.options.client is None and self.fetches and endpoint and endpoint.is_store:
            from clovrix_env.store import master_key

            try:
                master_key.find(self.process.environ)
            except ClovrixConfigError:
                return False
            return os.path.exists(endpoint.store_path)
        return self.can_fetch

    @property
    def is_empty(self) -> bool:
        """Whether nothing is configured."""
        return (
            self.settings.project is None
            and not self.settings.declared_state.exists
            and not self.files.layers
            and self.options.overrides is None
        )

    @property
    def kept(self) -> Kept | None:
        """The names of an earlier load that stay; ``None`` if there was no earlier load."""
        if self._kept is None and self.marker is not None and self.injected:
            from clovrix_env.resolution.kept import Kept

            self._kept = Kept(self, self.marker)
        return self._kept

    def defaults(self) -> Layer:
        """Return the layer of the defaults in ``[variables]``."""
        declared = self.contract.variables.values()
        defaults = [(v.name, v.default) for v in declared if v.default is not None]
        return literal_layer(DEFAULT, "default in .clovrix", defaults)

    def process_layer(self) -> Layer:
        """Return the layer of the process environment, with the values in files that it names."""
        kind, source = INHERITED.kind, INHERITED.source
        inherited = literal_layer(kind, source, self.process.environ.items())
        return Layer(kind, source, (*inherited.bindings, *self.value_files.bindings))
