"""The keys of ``.clovrix``: what each has to be, in words, as a check and as JSON Schema. Pure.

The reader checks by these tables, and the schema for editors and the reference are made from them.
Those of ``[variables.NAME]`` are in ``variable``.
"""

from __future__ import annotations

from clovrix_env.contract.keys import DURATION, NAME, NAMES, Key
from clovrix_env.model.record import Record
from clovrix_env.settings.project_file import ProjectFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Table(Record):
    """A table of ``.clovrix``: what it says, and its keys."""

    about: str
    keys: Mapping[str, Key]


# Of a file in the folder of .clovrix; the reader says of each what is wrong with it.
_FILE_NAME = r"^(?!\.\.?$)([^/\\{}\u0000]|\{environment\})+$"
_FILE_NAMES = NAMES.replaced(
    schema={"type": "array", "items": {"type": "string", "pattern": _FILE_NAME}}
)

_USUAL = ProjectFile()

TOP_LEVEL: dict[str, Key] = {
    "project": Key(NAME, "the project on Clovrix; below an argument and `CLOVRIX_PROJECT`"),
    "default_environment": Key(
        NAME, "the environment; below an argument and `CLOVRIX_ENVIRONMENT`"
    ),
    "extends": Key(
        NAMES, "other projects, in the same environment, below this one; the last one wins", []
    ),
}
TABLES: dict[str, Table] = {
    "files": Table(
        "Which `.env` files are read.",
        {
            "names": Key(
                _FILE_NAMES,
                "the default files, lowest first; plain names without `/`; `{environment}` is the "
                "only placeholder",
                list(_USUAL.file_names),
            ),
            "ignored_in": Key(
                NAMES,
                "environments in which no default file is read, and one that lies there is told",
                list(_USUAL.ignored_in),
            ),
        },
    ),
    "select": Table(
        "Which of the names from files, Clovrix and defaults are set.",
        {
            "only": Key(NAMES, "globs of the names that are set; empty for all", []),
            "exclude": Key(NAMES, "globs of the names that are not, whatever `only` says", []),
        },
    ),
    "guard": Table(
        "Which of the names that would take over the program pass.",
        {"allow": Key(NAMES, "names that pass when Clovrix has them; from files they do not", [])},
    ),
    "cache": Table(
        "How old last known values may be; the table alone turns them on.",
        {
            "max_age": Key(DURATION, "how old values may be with no request at all", "30s"),
            "stale_if_error": Key(
                DURATION, "how old they may be where Clovrix cannot answer; `0s` for never", "24h"
            ),
        },
    ),
}
VARIABLES = "The contract of the program: what it expects, checked before it starts."
# The names that it may declare: none of ours.
VARIABLE_NAME = r"^(?!(__)?CLOVRIX_)[A-Za-z_][A-Za-z0-9_]*$"
