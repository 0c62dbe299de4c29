"""``clovrix-env doctor``: examine everything that a program's configuration depends on."""

from __future__ import annotations

import re
import sys

import click

from clovrix_env.cli.common_options import ScopeOptions, json_option, scope_options
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import GREEN, RED, columns, styled, write, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NOT_WELL = 1


@click.command(cls=Command, epilog="Example: clovrix-env doctor -e production")
@scope_options
@json_option
def doctor(as_json: bool, **given: Any) -> None:
    """Examine the set-up and suggest a fix for each problem.

    Shows versions, settings and their sources, address and token source, whether Clovrix answers
    and how long each step takes, clocks, cached values, and files that other users can read or
    write. Sends the same request as a program that loads here; shows no value and no token. The
    status is 0 if everything is fine, 1 otherwise.
    """
    from clovrix_env.doctor import report
    from clovrix_env.doctor.examine import examine
    from clovrix_env.system.process import of_launcher

    seen = list(examine(ScopeOptions.taken_from(given).request(), of_launcher()))
    if as_json:
        write_json(report.document(seen))
    else:
        marks = report.marks_for(getattr(sys.stdout, "encoding", None) or "ascii")
        text = report.text(seen, marks, columns())
        for mark, colour in zip(marks, (GREEN, RED)):
            text = re.sub(f"^{re.escape(mark)}", styled(mark, colour), text, flags=re.MULTILINE)
        write(text)
    if not all(each.ok for each in seen):
        sys.exit(NOT_WELL)
