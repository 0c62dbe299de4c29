"""The error for a project or an environment that the store does not have, as its owner sees it.

It names what the store has. A token gets the sentence of ``access``: what is absent and what is
out of its scope look the same to it.
"""

from __future__ import annotations

from clovrix_env.errors import NotFoundError
from clovrix_env.system.similar import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.api.messages import Call
    from clovrix_env.store.database import Connection

_MOST_SEARCHED, _MOST_SHOWN, _CHARACTERS = 1000, 10, 80


def error_of(connection: Connection, call: Call, project_id: int | None) -> NotFoundError:
    """The error, with a similar name or the names that exist."""
    if project_id is None:
        name, why = call.project, f"the store has no project {_shown(call.project)}"
        rows = connection.execute(
            "SELECT name FROM project ORDER BY name LIMIT ?", (_MOST_SEARCHED,)
        )
    else:
        name = call.environment
        why = f"project {_shown(call.project)} has no environment {_shown(name)} in the store"
        rows = connection.execute(
            "SELECT name FROM environment WHERE project_id = ? ORDER BY name LIMIT ?",
            (project_id, _MOST_SEARCHED),
        )
    # SQLite stores any type in any column.
    names = [cell for (cell,) in rows.fetchall() if isinstance(cell, str)]
    shown = [_shown(each) for each in names[:_MOST_SHOWN]]
    if len(names) > _MOST_SHOWN:
        shown.append("…")
    there = f"; it has {', '.join(shown)}" if shown else ""
    meant = did_you_mean(name[:_CHARACTERS], names)
    return NotFoundError(f"{why}{there}{meant and '.'}{meant}", 404)


def _shown(name: str) -> str:
    return ascii(name[:_CHARACTERS])
