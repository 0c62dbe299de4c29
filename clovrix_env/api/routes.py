"""The paths of the API with their methods, and the calls that a request line asks for."""

from __future__ import annotations

from functools import lru_cache

from clovrix_env.api.messages import Call
from clovrix_env.api.wire import OF_ENVIRONMENT, TARGETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Each path, and its operation for each method.
ROUTES: dict[str, dict[str, str]] = {}
for _operation, (_method, _path) in TARGETS.items():
    ROUTES.setdefault(_path, {})[_method] = _operation
    if _operation == "get_log":
        ROUTES[_path.replace(OF_ENVIRONMENT, "")] = {_method: _operation}
_SPLIT = [(path.split("/"), operations) for path, operations in ROUTES.items()]
# A longer number exceeds the largest integer of SQLite.
_DIGITS = 19


@lru_cache(64)  # 18 µs of each request of a server
def calls_at(path: str, query: str = "") -> Mapping[str, Call]:
    """The call for each method that a path supports, without token and body.

    ``path`` is percent-encoded: ``stg%2Feu`` is one segment. An unknown path has no methods.
    """
    from urllib.parse import unquote_to_bytes

    parts = path.split("/")
    for pattern, operations in _SPLIT:
        if len(parts) != len(pattern):
            continue
        pairs = list(zip(pattern, parts))
        if any(part != word for word, part in pairs if not word.startswith("{")):
            continue
        encoded = {word[1:-1]: part for word, part in pairs if word.startswith("{")}
        try:
            names = {word: unquote_to_bytes(part).decode() for word, part in encoded.items()}
        except UnicodeDecodeError:
            return {}
        if "get_log" in operations.values():
            if not names.get("environment", "-"):
                return {}  # it would be the log of the whole project
            return {"GET": _call("get_log", names, _after(query))}
        return {method: _call(name, names) for method, name in operations.items()}
    return {}


def _call(operation: str, names: Mapping[str, str], number: int = 0) -> Call:
    project, environment, key = (names.get(at, "") for at in ("project", "environment", "key"))
    return Call(operation, project, environment, key, number=number)


def _after(query: str) -> int:
    """The event after which a log begins; -1, which the store refuses, if it is not a number."""
    from urllib.parse import parse_qsl

    given = [text for name, text in parse_qsl(query, keep_blank_values=True) if name == "after"]
    if not given:
        return 0
    (number, *more) = given
    is_number = number.isascii() and number.isdigit() and len(number) <= _DIGITS
    return int(number) if is_number and not more else -1
