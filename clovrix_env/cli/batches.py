"""Writes any number of entries to Clovrix, in batches of at most 100."""

from __future__ import annotations

from clovrix_env.api import limits
from clovrix_env.cli.progress import progress
from clovrix_env.errors import (
    ClovrixConfigError,
    ClovrixConnectionError,
    ClovrixError,
    ServerError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovrix_env.api.messages import WriteItem
    from clovrix_env.cli.entries import Entries


def check_room(entries: Entries, held: int, new: int) -> None:
    """Refuse more entries than a project can contain before any is written."""
    together = held + new
    if together > limits.PROJECT_ENTRIES:
        raise ClovrixConfigError(
            f"{entries.name} would have {together} entries, but a project has at most "
            f"{limits.PROJECT_ENTRIES}",
            "write fewer entries, or split them into several projects (extends)",
        )


def write_batches(entries: Entries, items: Sequence[WriteItem], *, quiet: bool) -> None:
    """Write entries and show the progress. Each batch is written whole or not at all.

    After a failure, a note on the error has the number of entries that were written.
    """
    written = 0
    # One batch is one request, without progress to show.
    with progress("writing", len(items), quiet=quiet or len(items) <= limits.BULK_ITEMS) as show:
        try:
            for at in range(0, len(items), limits.BULK_ITEMS):
                written += entries.set_many(items[at : at + limits.BULK_ITEMS])
                show(written)
        except ClovrixError as error:
            if written or isinstance(error, (ClovrixConnectionError, ServerError)):
                count = f"{written} of {len(items)} written to {entries.name}"
                error.notes = (*error.notes, f"{count}; run the command again to write the others")
            raise
