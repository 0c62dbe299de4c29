"""Names of the table, executed: each takes a command over, and ``clovrix-exec`` refuses it.

``deep/install_tools`` brings the tools of the deep rows; a row whose tool is not there is skipped
and names it. What ran is in the report of the deep tests, with the version of the tool.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache

import pytest
from guard.conftest import rustup_home
from guard.deep.rows import ROWS
from guard.effects import EFFECTS
from programs import finish

from clovrix_env.resolution import guard

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the rows name Linux programs")
_ALL = (*EFFECTS, *ROWS)
_DEEP = (pytest.mark.deep, pytest.mark.timeout(180))
_ROWS = [
    pytest.param(row, id=f"{kind}-{row.name}-{number}", marks=marks)
    for kind, marks, rows in (("usual", (), EFFECTS), ("deep", _DEEP, _ALL))
    for number, row in enumerate(rows)
]


@pytest.mark.parametrize("effect", _ROWS)
def test_name_takes_a_command_over_and_is_refused(bench, effect, record_property):
    """With it the sign of its effect is seen; without it, and from a ``.env``, it is not."""
    missing = bench.missing(effect)
    if missing:
        pytest.skip(f"there is no {missing} here")
    bench.lay(effect)
    assert not bench.run(effect, bench.environ)
    assert bench.run(effect, {**bench.environ, **bench.variables(effect)})
    refused = bench.launch(effect)
    assert refused.returncode == 125
    assert not bench.shows(effect, refused)
    if "%" not in effect.name:
        reason = guard.refusal_reason(effect.name)
        begins = f"clovrix-exec: .env:1: {effect.name} is refused: it {reason}\n"
        assert refused.stdout.startswith(begins)
    program = bench.filled(shlex.split(effect.command)[0])
    record_property("executed", f"{program} {_version(program)}: {effect.name} ran, and is refused")


@cache
def _version(program):
    """The first number that a program prints for one of the usual options."""
    if shutil.which(program) is None:
        return "that the row has built"
    for option in ("--version", "version", "-version", "-V", "-v"):
        environ = {**os.environ, "RUSTUP_HOME": rustup_home()}
        printed = finish(
            [program, option], None, environ, stderr=subprocess.STDOUT, errors="replace"
        )
        found = re.search(r"\d+(\.\d+)+[\w.+-]*", printed.stdout)
        if found and printed.returncode == 0:
            return found[0]
    return "of an unknown version"


def test_table_of_effects_is_of_refused_names():
    """What takes over is refused, name by name; no row is there twice, and there are enough."""
    assert [row.name for row in _ALL if guard.refusal_reason(row.name) is None] == []
    assert len({row.name for row in EFFECTS}) >= 60
    assert len({row.name for row in _ALL}) >= 180
    assert len({(row.name, row.command) for row in _ALL}) == len(_ALL)
