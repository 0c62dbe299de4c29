"""Names of the table, executed: each takes a command over, and ``clovrix-exec`` refuses it.

``deep/install_tools`` brings the tools of the deep rows; a row whose tool is not there is skipped
and names it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from guard.deep.rows import ROWS
from guard.effects import EFFECTS

from clovrix_env.resolution import guard

if TYPE_CHECKING:
    from guard.conftest import Bench
    from guard.effects import Effect

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the rows name Linux programs")
_ALL = (*EFFECTS, *ROWS)
_DEEP = (pytest.mark.deep, pytest.mark.timeout(180))
_ROWS = [
    pytest.param(row, id=f"{kind}-{row.name}-{number}", marks=marks)
    for kind, marks, rows in (("usual", (), EFFECTS), ("deep", _DEEP, _ALL))
    for number, row in enumerate(rows)
]


@pytest.mark.parametrize("effect", _ROWS)
def test_name_takes_a_command_over_and_is_refused(bench: Bench, effect: Effect) -> None:
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


def test_table_of_effects_is_of_refused_names() -> None:
    """What takes over is refused, name by name; no row is there twice, and there are enough."""
    assert [row.name for row in _ALL if guard.refusal_reason(row.name) is None] == []
    assert len({row.name for row in EFFECTS}) >= 60
    assert len({row.name for row in _ALL}) >= 180
    assert len({(row.name, row.command) for row in _ALL}) == len(_ALL)
