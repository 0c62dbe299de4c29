"""Projects on Clovrix to layers: asked for side by side, within one deadline."""

from __future__ import annotations

from clovrix_env.api import operations
from clovrix_env.client.deadline import within
from clovrix_env.client.exchange import exchange
from clovrix_env.client.failures import late
from clovrix_env.client.retry import MAX_RETRIES
from clovrix_env.client.sender import sender_of
from clovrix_env.errors import ClovrixAPIError, ClovrixConnectionError
from clovrix_env.layers.layer import CLOVRIX, Layer, literal_layer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Union

    from clovrix_env.client.client import Client
    from clovrix_env.client.origin import Origin

    Fetched = Union[Layer, Exception]


def fetch(
    origin: Origin, projects: Sequence[str], environment: str, deadline: float
) -> list[Layer]:
    """The layer of each project, in order. Raises the first project's error, its place in front."""
    send = sender_of(origin)

    def entries(project: str) -> dict[str, str]:
        place = operations.checked_place(project, environment, origin.bearer)
        call = operations.get_entries(place)
        outcome = exchange(call, send, deadline=deadline, max_retries=MAX_RETRIES)
        error = operations.error_of(outcome, f"{project}/{environment}: ")
        if error is not None:
            raise error
        return operations.entries(outcome)

    try:
        return _side_by_side(projects, environment, entries)
    finally:
        close = getattr(send, "close", None)
        if close is not None:
            close()


def fetch_by(
    client: Client, projects: Sequence[str], environment: str, deadline: float
) -> list[Layer]:
    """The same through a client that the caller brought."""

    def entries(project: str) -> dict[str, str]:
        try:
            found = within(deadline, lambda: client.get_entries(project, environment), lambda: None)
        except (ClovrixAPIError, ClovrixConnectionError) as error:
            error.message = f"{project}/{environment}: {error.message}"
            error.args = (error.message, *error.args[1:])
            raise
        if found is None:
            failure = late("Clovrix", sent=True)
            raise ClovrixConnectionError(f"{project}/{environment}: {failure.reason}", True)
        return found

    return _side_by_side(projects, environment, entries)


def _side_by_side(
    projects: Sequence[str], environment: str, entries: Callable[[str], dict[str, str]]
) -> list[Layer]:
    fetched: dict[str, Fetched] = {}

    def ask(project: str) -> None:
        source = f"{project}/{environment} on Clovrix"
        try:
            fetched[project] = literal_layer(CLOVRIX, source, entries(project).items())
        except Exception as error:  # raised below, in the order of the projects
            fetched[project] = error

    if len(projects) == 1:
        ask(projects[0])
    else:
        import threading

        threads = [threading.Thread(target=ask, args=(project,)) for project in projects]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    layers: list[Layer] = []
    for project in projects:
        found = fetched[project]
        if isinstance(found, Exception):
            raise found
        layers.append(found)
    return layers
