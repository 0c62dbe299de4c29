"""The keys of ``.clovrix``: the form of each value as words, check and JSON Schema. Pure.

The reader checks against these tables; the schema for editors and the reference are generated from
them. The keys of ``[variables.NAME]`` are in ``variable``.
"""

from __future__ import annotations

from clovrix_env.contract.keys import DURATION, NAME, NAMES, Key
from clovrix_env.model.record import Record
from clovrix_env.settings.project_file import ProjectFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Table(Record):
    """A table of ``.clovrix``: its description and its keys."""

    about: str
    keys: Mapping[str, Key]


# The name of a file in the folder of .clovrix; the reader reports what is wrong with a name.
_FILE_NAME = r"^(?!\.\.?$)([^/\\{}\u0000]|\{environment\})+$"
_FILE_NAMES = NAMES.replaced(
    schema={"type": "array", "items": {"type": "string", "pattern": _FILE_NAME}}
)

_USUAL = ProjectFile()

TOP_LEVEL: dict[str, Key] = {
    "project": Key(NAME, "the project on Clovrix; an argument and `CLOVRIX_PROJECT` override it"),
    "default_environment": Key(
        NAME, "the environment; an argument and `CLOVRIX_ENVIRONMENT` override it"
    ),
    "extends": Key(
        NAMES,
        "other projects, in the same environment, which this one overrides; later ones override "
        "earlier ones",
        [],
    ),
}
TABLES: dict[str, Table] = {
    "files": Table(
        "Which `.env` files are read.",
        {
            "names": Key(
                _FILE_NAMES,
                "the default files, where later ones override earlier ones; plain names without "
                "`/`; `{environment}` is the only placeholder",
                list(_USUAL.file_names),
            ),
            "ignored_in": Key(
                NAMES,
                "environments in which no default file is read; you are warned if one exists",
                list(_USUAL.ignored_in),
            ),
        },
    ),
    "select": Table(
        "Which of the names from files, Clovrix and defaults are set.",
        {
            "only": Key(NAMES, "globs of the names to set; empty for all", []),
            "exclude": Key(NAMES, "globs of names not to set; takes precedence over `only`", []),
        },
    ),
    "guard": Table(
        "Which of the names that could take over the program are allowed.",
        {"allow": Key(NAMES, "names that are allowed from Clovrix, but not from files", [])},
    ),
    "cache": Table(
        "How old cached values may be; the table alone turns the cache on.",
        {
            "max_age": Key(DURATION, "how old cached values may be without any request", "30s"),
            "stale_if_error": Key(
                DURATION, "how old they may be if Clovrix cannot answer; `0s` for never", "24h"
            ),
        },
    ),
}
VARIABLES = "The contract of the program: the variables that it expects, checked before it starts."
# The names that it may declare: all but clovrix-env's own.
VARIABLE_NAME = r"^(?!(__)?CLOVRIX_)[A-Za-z_][A-Za-z0-9_]*$"
