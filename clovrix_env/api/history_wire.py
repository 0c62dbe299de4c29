"""The requests of the operations in ``api.history``, for ``wire``."""

from __future__ import annotations

from clovrix_env.api.history import PATH_PREFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clovrix_env.api.messages import Call

# The method of an operation, and the last segment of its path.
_METHODS = {
    "get_history": ("GET", "history"),
    "restore_entry": ("POST", "restore"),
    "delete_entry": ("DELETE", ""),
    "get_log": ("GET", "log"),
}


def target_of(call: Call, segment: Callable[[str], str]) -> tuple[str, str]:
    """The method and the path of a call; ``segment`` encodes one name."""
    method, last = _METHODS[call.operation]
    names = ["projects", call.project]
    if call.environment:
        names += ["environments", call.environment]
    if call.key:
        names += ["entries", call.key]
    path = "/".join((PATH_PREFIX, *map(segment, names), *filter(None, [last])))
    return method, f"{path}?after={call.number}" if _is_continued(call) else path


def _is_continued(call: Call) -> bool:
    return call.operation == "get_log" and call.number > 0
