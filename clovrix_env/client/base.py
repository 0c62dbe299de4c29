"""``BaseClient``: the settings that ``Client`` and ``AsyncClient`` share."""

from __future__ import annotations

import time

from clovrix_env.api import USER_AGENT, operations
from clovrix_env.api.history import project_scope
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system.deadline import checked_timeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.auth.endpoint import Endpoint

TIMEOUT = 30.0


class BaseClient:
    """An endpoint, a timeout and a number of retries."""

    def __init__(
        self, origin: Endpoint, timeout: float, user_agent: str | None, max_retries: int
    ) -> None:
        self._origin = origin
        self._timeout = checked_timeout(timeout, "timeout=")
        self._user_agent = _checked_user_agent(user_agent)
        if isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0:
            raise ClovrixConfigError(
                "max_retries= must be an integer of at least 0", "set it to 0 to turn retries off"
            )
        self._max_retries = max_retries
        self._closed = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._origin.address!r})"

    def _place(self, project: str, environment: str) -> operations.Scope:
        self._check_open()
        return operations.checked_place(project, environment, self._origin.bearer)

    def _place_of_log(self, project: str, environment: str | None) -> operations.Scope:
        """The place of a log, of all environments if ``environment`` is ``None``."""
        if environment is not None:
            return self._place(project, environment)
        self._check_open()
        return project_scope(project, self._origin.bearer)

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError(f"this {type(self).__name__} is closed")

    def _deadline(self) -> float:
        return time.monotonic() + self._timeout


def _checked_user_agent(user_agent: str | None) -> str:
    if user_agent is None:
        return USER_AGENT
    if not isinstance(user_agent, str):
        raise ClovrixConfigError(f"user_agent= must be a string, not {type(user_agent).__name__}")
    if not user_agent.isascii() or not user_agent.isprintable() or not user_agent.strip():
        raise ClovrixConfigError("user_agent= must be printable ASCII and not empty")
    if user_agent != user_agent.strip():
        raise ClovrixConfigError("user_agent= begins or ends with white space")
    return user_agent
