"""Every refused name stands in the page's source with its tool and where it is documented."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from clovrix_env.resolution import guard_names

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_TOP = Path(__file__).resolve().parents[2]
_TOOLS = tomllib.loads((_TOP / "docs/reference/guard.toml").read_text(encoding="utf-8"))
_REFUSED = {*guard_names.NAMES, *(f"{begin}*" for begin in guard_names.FAMILIES)}


def test_page_has_every_name_once_and_no_other() -> None:
    """Names and families, as the code has them, each with its tool's manual or specification."""
    documented = [name for tool in _TOOLS.values() for name in tool["names"].split()]
    assert sorted(documented) == sorted(_REFUSED)
    assert [key for key, tool in _TOOLS.items() if not (tool["tool"] and tool["documented"])] == []


def test_what_passes_is_of_a_family() -> None:
    """A list of what passes belongs to a family, and no name in it is refused by itself."""
    for begin, words in guard_names.PASSES.items():
        assert begin in guard_names.FAMILIES
        assert not {f"{begin}{word}" for word in words.split()} & set(guard_names.NAMES)


def test_the_table_imports_nothing() -> None:
    """It is loaded at every start."""
    code = "import sys; n = len(sys.modules); import clovrix_env.resolution.guard_names; "
    code += "print(len(sys.modules) - n)"
    argv = [sys.executable, "-c", f"import clovrix_env.resolution, __future__; {code}"]
    assert subprocess.check_output(argv, cwd=_TOP, timeout=30) == b"1\n"
