"""Builds an environment from a launcher's marker, without a file, a token or a request."""

from __future__ import annotations

import os

from clovrix_env.auth.address import DEFAULT, address_of, address_of_user
from clovrix_env.contract.contract import Contract, services_of
from clovrix_env.errors import Problems
from clovrix_env.model.layer import INHERITED
from clovrix_env.resolution.environment import Environment
from clovrix_env.resolution.load_report import LoadReport
from clovrix_env.resolution.precedence import ValueOrigin
from clovrix_env.settings.project_file import NAME as PROJECT_FILE
from clovrix_env.settings.root import Root, declared_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clovrix_env.contract.variable import Variable
    from clovrix_env.resolution.marker import Marker
    from clovrix_env.settings.load_options import LoadOptions
    from clovrix_env.settings.settings import Settings
    from clovrix_env.system.process import Process


def whole_environment(environ: Mapping[str, str]) -> Environment:
    """Return only the process environment, as ``CLOVRIX_DISABLED`` demands."""
    note = "CLOVRIX_DISABLED is set: nothing was read or fetched"
    why = LoadReport(notes=(note,), any_case=os.name == "nt")
    return Environment(environ, dict.fromkeys(environ, ValueOrigin(INHERITED)), Contract(), why)


def environment_of(marker: Marker, process: Process, notes: Sequence[str]) -> Environment:
    """Return the names of a marker with their present values; a changed one is the user's."""
    environ, own = process.environ, marker.own_names(process)
    there = {name: environ[name] for name in marker.names if name in environ}
    places = {name: marker.names[name][0] if name in own else INHERITED for name in there}
    return Environment(
        there,
        {name: ValueOrigin(place) for name, place in places.items()},
        _DeclaredIn(Root(marker.root, "")),
        LoadReport(
            root=marker.root,
            why="as a launcher left it",
            project=marker.project,
            environment=marker.environment,
            address=marker.address,
            unset=tuple(
                name
                for name, (place, *_) in marker.names.items()
                if place == INHERITED and name not in environ
            ),
            notes=tuple(notes),
            services=services_of(environ),
            any_case=os.name == "nt",
        ),
    )


class _DeclaredIn:
    """The contract of a root, read on first use: a load below a launcher may never need it."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._contract: Contract | None = None

    def find(self, name: str) -> Variable | None:
        """Return the declaration of a name. Raises ``ClovrixConfigError`` for a wrong file."""
        return self._read().find(name)

    def __reduce__(self) -> tuple[Callable[..., Contract], tuple[object, ...]]:
        # The folder may not exist where a pickle is loaded.
        contract = self._read()
        return Contract, (contract.variables, contract.source)

    def _read(self) -> Contract:
        if self._contract is None:
            problems = Problems()
            declared, _ = declared_in(self._root, problems, [])
            problems.raise_if_any()
            self._contract = Contract(declared.variables, self._root.shown(PROJECT_FILE))
            if os.name == "nt":
                from clovrix_env.resolution.any_case import contract_in_capitals

                self._contract = contract_in_capitals(self._contract)
        return self._contract


def covers_launch(
    marker: Marker, request: LoadOptions, settings: Settings, environ: Mapping[str, str]
) -> bool:
    """Whether a launcher below a launcher requests the values that are already set."""
    address, source = address_of(environ)
    if settings.api_url is not None and source == DEFAULT:
        address = address_of_user(settings.api_url, environ)
    asks = settings.project is not None and settings.remote
    same_address = marker.address == (address if asks else None) or (
        marker.address_from_file and source == DEFAULT
    )
    return (
        marker.answers
        and request.names_only_a_place
        and marker.root == settings.root.path
        and marker.project == settings.project
        and marker.environment == settings.environment
        and marker.only == settings.only
        and marker.exclude == settings.exclude
        and same_address
    )
