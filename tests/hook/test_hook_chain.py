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


@pytest.mark.parametrize(
    "text",
    [
        _SAYS.format("next"),
        "import no_such_module\n",
        "import sys; sys.path += ['/added']; assert not [p for p in sys.path if 'hook' in p]\n",
    ],
)
def test_next_one_runs_while_ours_is_off(interpreter: Interpreter, text: str) -> None:
    """A folder on PYTHONPATH changes nothing for others, nor what the next one raises or adds."""
    (interpreter.packages / "sitecustomize.py").write_text(text)
    code = f"import sys; print([p for p in sys.path if p != {str(HOOK)!r}])"
    without = interpreter.run("-c", code)
    ran = interpreter.hooked(PYTHONPATH).run("-c", code)
    assert (ran.stdout, ran.stderr) == (without.stdout, without.stderr)
    ours = interpreter.run("-c", f"import sys; print({str(HOOK)!r} in sys.path)")
    assert ours.stdout.endswith("True\n")
    assert ("next None" in ran.stdout) + ("no_such" in ran.stderr) + ("/added" in ran.stdout) == 1


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
