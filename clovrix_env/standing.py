"""What a launcher left, taken as it stands: no file, no token, no request."""

from __future__ import annotations

from clovrix_env.client.address import DEFAULT, address_of
from clovrix_env.layers.layer import PROCESS, Place
from clovrix_env.merge import Environment, ValueOrigin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovrix_env.marker import Marker
    from clovrix_env.process import Process
    from clovrix_env.settings import Request, Settings

_PROCESS = Place(PROCESS, "process environment")


def whole(environ: Mapping[str, str]) -> Environment:
    """The process environment and nothing else: ``CLOVRIX_DISABLED``."""
    return Environment(environ, dict.fromkeys(environ, ValueOrigin(_PROCESS)))


def left_by(marker: Marker, process: Process) -> Environment:
    """The names that a marker knows, with their values of now; a changed one is the user's."""
    environ, ours = process.environ, marker.ours(process)
    there = {name: environ[name] for name in marker.names if name in environ}
    places = {name: marker.names[name][0] if name in ours else _PROCESS for name in there}
    return Environment(there, {name: ValueOrigin(place) for name, place in places.items()})


def is_asked_for(
    marker: Marker, request: Request, settings: Settings, environ: Mapping[str, str]
) -> bool:
    """Whether a launcher below a launcher asks for what already stands."""
    address, source = address_of(environ)
    if settings.api_url is not None and source == DEFAULT:
        address = settings.api_url
    asks = settings.project is not None and settings.remote
    same_address = marker.address == (address if asks else None) or (
        marker.address_from_file and source == DEFAULT
    )
    return (
        request.asks_only_for_a_place
        and marker.root == settings.root.path
        and marker.project == settings.project
        and marker.environment == settings.environment
        and marker.only == settings.only
        and marker.exclude == settings.exclude
        and same_address
    )
