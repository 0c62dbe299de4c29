"""HTTP of the operations in ``api.history``, for ``wire``, in both directions."""

from __future__ import annotations

from clovrix_env.api.history import PATH_PREFIX
from clovrix_env.api.messages import Call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# A longer number is beyond every version and event.
_DIGITS = 18
# The operation of a method and of what follows the names: the names and the method are checked.
_OPERATIONS = {
    ("GET", "history"): "get_history",
    ("POST", "restore"): "restore_entry",
    ("DELETE", ""): "delete_entry",
    ("GET", "log"): "get_log",
}
_METHODS = {operation: at for at, operation in _OPERATIONS.items()}


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


def call_of(method: str, parts: Sequence[str], query: str) -> Call | None:
    """The call of a path, whose decoded parts follow the prefix; ``None`` for an unknown one."""
    names = dict(zip(parts[::2], parts[1::2]))
    last = parts[-1] if len(parts) % 2 else ""
    expected = {
        "get_history": ["projects", "environments", "entries"],
        "restore_entry": ["projects", "environments", "entries"],
        "delete_entry": ["projects", "environments", "entries"],
        "get_log": ["projects", "environments"][: len(names)],
    }
    operation = _OPERATIONS.get((method, last), "")
    if not names or list(names) != expected.get(operation) or len(names) != len(parts) // 2:
        return None
    project, environment, key = (*names.values(), "", "")[:3]
    if len(names) > 1 and not environment:
        return None  # it would be the log of the whole project
    number = query.partition("after=")[2] if operation == "get_log" else ""
    after = int(number) if number.isascii() and number.isdigit() and len(number) <= _DIGITS else 0
    return Call(operation, project, environment, key, number=after)
