"""``ProjectFile``: the declarations of ``.clovrix``, with defaults for missing keys.

The reader is a separate module, so that a project without the file does not import it.
"""

from __future__ import annotations

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovrix_env.contract.variable import Variable

NAME = ".clovrix"


class Cache(Record):
    """How old values may be in seconds: without a request, and if Clovrix cannot answer."""

    max_age: int = 30
    stale_if_error: int = 24 * 3600


class ProjectFile(Record):
    """The declarations of ``.clovrix``; missing keys have their defaults."""

    project: str | None = None
    default_environment: str | None = None
    extends: tuple[str, ...] = ()
    file_names: tuple[str, ...] = (
        ".env",
        ".env.{environment}",
        ".env.local",
        ".env.{environment}.local",
    )
    ignored_in: tuple[str, ...] = ("production", "prod")
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    cache: Cache | None = None
    variables: Mapping[str, Variable] = {}
