"""Asks Clovrix for the entries of projects: side by side, within one deadline."""

from __future__ import annotations

import _thread

from clovrix_env.api import operations
from clovrix_env.client.exchange import exchange
from clovrix_env.client.failures import late
from clovrix_env.client.sender import sender_of
from clovrix_env.errors import ClovrixAPIError, ClovrixConnectionError
from clovrix_env.system.deadline import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar, Union

    from clovrix_env.auth.endpoint import Origin
    from clovrix_env.client.client import Client
    from clovrix_env.client.exchange import Outcome, Send

    T = TypeVar("T")


class Asker:
    """Asks one origin. What sends is made, and its libraries loaded, when it is first needed."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._send: Send | None = None
        self._making = _thread.allocate_lock()

    def __enter__(self) -> Asker:
        return self

    def __exit__(self, *raised: object) -> None:
        close = getattr(self._send, "close", None)
        if close is not None:
            close()

    def outcome(self, project: str, environment: str, deadline: float, max_retries: int) -> Outcome:
        """What comes of asking for the entries of one project."""
        with self._making:
            if self._send is None:
                self._send = sender_of(self._origin)
        place = operations.checked_place(project, environment, self._origin.bearer)
        call = operations.get_entries(place)
        return exchange(call, self._send, deadline=deadline, max_retries=max_retries)


def entries_by(client: Client, project: str, environment: str, deadline: float) -> dict[str, str]:
    """The entries of one project through a client that the caller brought."""
    try:
        found = within(deadline, lambda: client.get_entries(project, environment), lambda: None)
    except (ClovrixAPIError, ClovrixConnectionError) as error:
        say_more(error, before=f"{project}/{environment}: ")
        raise
    if found is None:
        failure = late("Clovrix", sent=True)
        raise ClovrixConnectionError(f"{project}/{environment}: {failure.reason}", True)
    return found


def say_more(
    error: ClovrixAPIError | ClovrixConnectionError, *, before: str = "", behind: str = ""
) -> None:
    """Put something before or behind the sentence of an error; it still pickles with its words."""
    error.message = f"{before}{error.message}{behind}"
    error.args = (error.message, *error.args[1:])


def side_by_side(projects: Sequence[str], ask: Callable[[str], T]) -> list[T]:
    """What ``ask`` gives for each project, in order. Raises the first project's error."""
    given: dict[str, Union[tuple[T], Exception]] = {}

    def run(project: str) -> None:
        try:
            given[project] = (ask(project),)
        except Exception as error:  # raised below, in the order of the projects
            given[project] = error

    if len(projects) == 1:
        run(projects[0])
    else:
        import threading

        threads = [threading.Thread(target=run, args=(project,)) for project in projects]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    results: list[T] = []
    for project in projects:
        found = given[project]
        if isinstance(found, Exception):
            raise found
        results.append(found[0])
    return results
