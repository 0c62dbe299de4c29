"""``clovrix-env doctor``: everything that a start here depends on, looked at."""

from __future__ import annotations

import sys

import click

from clovrix_env.cli.common_options import Command, ScopeOptions, json_option, scope_options
from clovrix_env.cli.output import columns, write, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NOT_WELL = 1


@click.command(cls=Command, epilog="Example: clovrix-env doctor -e production")
@scope_options
@json_option
def doctor(as_json: bool, **given: Any) -> None:
    """Look at all that a start here depends on: a line each, and what helps where it is not well.

    Versions, settings and where each comes from, address and token, whether Clovrix answers and how
    long each step takes, clocks, last known values, and who else can read or write the files. One
    question is asked, as a start asks it; no value and no token is shown. Status 0 where all is
    well, 1 where something is not.
    """
    from clovrix_env.doctor import report
    from clovrix_env.doctor.examine import examine
    from clovrix_env.system.process import of_launcher

    seen = list(examine(ScopeOptions.taken_from(given).request(), of_launcher()))
    if as_json:
        write_json(report.document(seen))
    else:
        marks = report.marks_for(getattr(sys.stdout, "encoding", None) or "ascii")
        write(report.text(seen, marks, columns()))
    if not all(each.well for each in seen):
        sys.exit(NOT_WELL)
