"""Refused names, executed with the tools that read them; each is then refused from a ``.env``.

``install_tools`` beside this file brings the tools; a row whose tool is not there is skipped and
names it. What ran is printed at the end, with the version of the tool.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from guard.deep import (
    build_rows,
    javascript_rows,
    language_rows,
    library_rows,
    python_rows,
    tool_rows,
)
from guard.deep.versions import tool_of, version_of
from guard.effects import EFFECTS

from clovrix_env.resolution import guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from guard.conftest import Bench
    from guard.effects import Effect

pytestmark = [
    pytest.mark.deep,
    pytest.mark.timeout(180),
    pytest.mark.skipif(sys.platform != "linux", reason="the rows name Linux programs"),
]
_FILES = (python_rows, javascript_rows, build_rows, language_rows, library_rows, tool_rows)
_ROWS = (*EFFECTS, *(row for file in _FILES for row in file.ROWS))


@pytest.mark.parametrize("effect", _ROWS, ids=[f"{row.name}-{n}" for n, row in enumerate(_ROWS)])
def test_name_takes_a_command_over_and_is_refused(
    bench: Bench, effect: Effect, record_property: Callable[[str, object], None]
) -> None:
    """Without the name its sign is not seen, and with it it is; from a ``.env`` it is refused."""
    missing = bench.missing(effect)
    if missing:
        pytest.skip(f"there is no {missing} here")
    bench.lay(effect)
    assert not bench.run(effect, bench.environ)
    assert bench.run(effect, {**bench.environ, **bench.variables(effect)})
    refused = bench.launch(effect)
    assert refused.returncode == 125
    assert not bench.shows(effect, refused)
    assert "%" in effect.name or f" {effect.name} " in refused.stdout
    tool = tool_of(effect)
    record_property("executed", f"{tool} {version_of(tool)} {effect.name} ran, and is refused")


def test_enough_names_are_in_the_table() -> None:
    """All of them are refused names; no row stands there twice."""
    assert [row.name for row in _ROWS if guard.refusal_reason(row.name) is None] == []
    assert len({row.name for row in _ROWS}) >= 300
    assert len({(row.name, row.command) for row in _ROWS}) == len(_ROWS)
