"""Names of the table, executed: each takes a command over, and ``clovrix-exec`` refuses it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from guard.effects import EFFECTS

from clovrix_env.resolution import guard

if TYPE_CHECKING:
    from guard.conftest import Bench
    from guard.effects import Effect

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the rows name Linux programs")
_SLOW = ("npm", "{python} -m pip", "{python} -m pytest")


def _rows() -> list[object]:
    return [
        pytest.param(
            effect,
            id=f"{effect.name}-{number}",
            marks=[pytest.mark.slow] if effect.command.startswith(_SLOW) else [],
        )
        for number, effect in enumerate(EFFECTS)
    ]


@pytest.mark.parametrize("effect", _rows())
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
        does = guard.refusal_reason(effect.name)
        assert refused.stdout.startswith(
            f"clovrix-exec: .env:1: {effect.name} is refused: it {does}\n"
        )


def test_table_of_effects_is_of_refused_names() -> None:
    """What was seen to take over is refused, name by name; at least 60 names are executed."""
    names = {effect.name for effect in EFFECTS}
    assert [name for name in names if guard.refusal_reason(name) is None] == []
    assert len(names) >= 60
