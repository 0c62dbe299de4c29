"""The lists of events that ``log`` and ``local audit`` print and follow."""

from __future__ import annotations

import json

from clovrix_env.cli.output import columns, write, write_headed
from clovrix_env.system.tables import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    _T = TypeVar("_T")

SECONDS_BETWEEN = 1.0  # of two looks at new events


def show(
    events: Sequence[_T],
    heading: tuple[str, ...],
    row: Callable[[_T], tuple[str, ...]],
    document: Callable[[_T], dict[str, object]],
    *,
    as_json: bool,
    head: bool,
) -> None:
    """Print events as a table, headed if ``head``, or as one JSON object on each line."""
    if not events:
        return
    if as_json:
        write("\n".join(json.dumps(document(event)) for event in events))
        return
    text = table(heading, [row(event) for event in events], columns())
    write_headed(text if head else text.partition("\n")[2])
