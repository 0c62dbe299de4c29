"""The ``sitecustomize`` that ours hides runs after it, as if ours were not there."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest
from hook.interpreter import HOOK, PYTHONPATH

if TYPE_CHECKING:
    from pathlib import Path

    from hook.interpreter import Interpreter
    from resolve.surroundings import Clovrix

_SAYS = "import os; print('{}', os.environ.get('NAME'), flush=True)\n"
# As two well known tools run what they hide: by an import, and by a search of the whole path.
_BY_IMPORT = """
import os, sys
print('tool', os.environ.get('NAME'), flush=True)
here = os.path.dirname(__file__)
at = sys.path.index(here)
del sys.path[at]
own = sys.modules.pop('sitecustomize')
try:
    import sitecustomize
except ImportError:
    sys.modules['sitecustomize'] = own
sys.path.insert(at, here)
"""
_BY_SEARCH = """
import importlib.util, os, sys
from importlib.machinery import PathFinder
print('tool', os.environ.get('NAME'), flush=True)
here = os.path.dirname(__file__)
found = PathFinder.find_spec('sitecustomize', [p for p in sys.path if p != here])
if found is not None:
    module = importlib.util.module_from_spec(found)
    sys.modules['sitecustomize'] = module
    found.loader.exec_module(module)
"""


def _folder(work: Path, name: str, text: str) -> str:
    (work / name).mkdir()
    (work / name / "sitecustomize.py").write_text(textwrap.dedent(text))
    return str(work / name)


def test_next_one_runs_after_ours_and_sees_the_values(
    loaded: Interpreter, clovrix: Clovrix
) -> None:
    """What configures itself by variables finds them."""
    other = _folder(loaded.work, "other", _SAYS.format("next"))
    loaded.environ["PYTHONPATH"] = f"{HOOK}:{other}"
    ran = loaded.run("-c", "import sitecustomize; print(sitecustomize.__file__)")
    assert ran.stdout == f"next staging\n{other}/sitecustomize.py\n", ran.stderr


def test_next_one_runs_while_ours_is_off(interpreter: Interpreter) -> None:
    """A folder on PYTHONPATH changes nothing for others."""
    (interpreter.packages / "sitecustomize.py").write_text(_SAYS.format("next"))
    without = interpreter.run("-c", "import sys; print(sys.path)")
    ran = interpreter.hooked(PYTHONPATH).run(
        "-c", f"import sys; sys.path.remove({str(HOOK)!r}); print(sys.path)"
    )
    assert ran.stdout == without.stdout
    assert "next None" in ran.stdout


def test_what_the_next_one_raises_is_told_as_its_own(interpreter: Interpreter) -> None:
    """Python's own words for it, and the program runs."""
    (interpreter.packages / "sitecustomize.py").write_text("import no_such_module\n")
    without = interpreter.run("-c", "print('ran')")
    ran = interpreter.hooked(PYTHONPATH).run("-c", "print('ran')")
    assert (ran.stdout, ran.stderr) == (without.stdout, without.stderr)
    assert "no_such_module" in ran.stderr


def test_next_one_may_change_the_path(interpreter: Interpreter) -> None:
    """Only our own folder is taken off it meanwhile."""
    (interpreter.packages / "sitecustomize.py").write_text(
        "import sys; sys.path.insert(0, '/added'); assert not [p for p in sys.path if 'hook' in p]"
    )
    ran = interpreter.hooked(PYTHONPATH).run("-c", f"import sys; print({str(HOOK)!r} in sys.path)")
    assert (ran.stdout, ran.stderr) == ("True\n", "")


@pytest.mark.parametrize("tool", [_BY_IMPORT, _BY_SEARCH])
@pytest.mark.parametrize("ours_first", [True, False])
def test_tool_that_runs_what_it_hides(
    loaded: Interpreter, clovrix: Clovrix, tool: str, ours_first: bool
) -> None:
    """Each runs once, whichever stands in front, and so does the one behind both."""
    folders = [str(HOOK), _folder(loaded.work, "tool", tool)]
    last = _folder(loaded.work, "last", _SAYS.format("last"))
    loaded.environ["PYTHONPATH"] = ":".join([*(folders if ours_first else folders[::-1]), last])
    ran = loaded.run("-c", "import os; print(os.environ['NAME'])")
    seen = "staging" if ours_first else "None"
    assert ran.stdout == f"tool {seen}\nlast staging\nstaging\n", ran.stderr
    assert clovrix.requests == 1
