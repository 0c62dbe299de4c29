"""One line on stderr for each request, without values, queries or tokens."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from string import ascii_letters, digits

from clovrix_env.api import limits
from clovrix_env.system.terminal import complain, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.api.messages import Call
    from clovrix_env.server.exchange import Response

FORMATS = ("text", "json", "off")
# A token typed in the place of a name.
_MARK = "icr_"
_NAME_CHARACTERS = 80
_PLAIN = frozenset(f"{ascii_letters}{digits}-_.:/%…")
_ID = slice(4, 12)


def write(
    form: str, client: str, call: Call | None, answer: Response | int, seconds: float
) -> None:
    """Write the line of a request. ``answer`` is a status if no response was sent."""
    if form == "off":
        return
    status = answer if isinstance(answer, int) else answer.status
    fields: dict[str, object] = {
        "time": _now(),
        "client": client,
        "operation": call.operation if call is not None else None,
        "project": _name(call.project) if call is not None else None,
        "environment": _name(call.environment) if call is not None else None,
        "key": call.key if call is not None and limits.is_key(call.key) else None,
        "token": call.token[_ID] if call is not None and call.token and _is_valid(status) else None,
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    if not isinstance(answer, int) and answer.cause:
        fields["cause"] = answer.cause
    complain(f"{json.dumps(fields) if form == 'json' else _text(fields)}\n")


def note(form: str, event: str, **fields: object) -> None:
    """Write a line about the server itself."""
    line = {"time": _now(), "event": event, **fields}
    complain(f"{json.dumps(line) if form == 'json' else _text(line)}\n")


def _text(fields: dict[str, object]) -> str:
    shown = [f"{name}={_word(field)}" for name, field in fields.items() if field is not None]
    return one_line(" ".join(shown).removeprefix("time="))


def _word(field: object) -> str:
    text = str(field)
    return text if _PLAIN.issuperset(text) else json.dumps(text)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_valid(status: int) -> bool:
    """Whether the store has accepted the token of an answer with this status."""
    return status not in (401, 429, 499, 500, 503, 507)


def _name(name: str) -> str | None:
    if name.startswith(_MARK):
        return f"{_MARK}…"
    return ascii(name[:_NAME_CHARACTERS])[1:-1] or None
