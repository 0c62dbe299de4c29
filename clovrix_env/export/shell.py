"""For a POSIX shell: ``. FILE``, or ``eval "$(clovrix-env export --format shell)"``.

The marker is exported beside the values, so that a later export knows which names are clovrix-env's
and takes away those that nobody defines any more.
"""

from __future__ import annotations

from clovrix_env.export.format import why_no_name
from clovrix_env.model.names import MARKER
from clovrix_env.model.type_checks import is_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What bash keeps for itself: it refuses to set them, or gives back something else.
_SHELLS_OWN = frozenset(
    (
        *("_", "BASHOPTS", "BASHPID", "BASH_ALIASES", "BASH_ARGC", "BASH_ARGV", "BASH_CMDS"),
        *("BASH_COMMAND", "BASH_LINENO", "BASH_MONOSECONDS", "BASH_SOURCE", "BASH_SUBSHELL"),
        *("BASH_TRAPSIG", "BASH_VERSINFO", "DIRSTACK", "EPOCHREALTIME", "EPOCHSECONDS", "EUID"),
        *("FUNCNAME", "GROUPS", "HISTCMD", "LINENO", "OPTIND", "PIPESTATUS", "PPID", "RANDOM"),
        *("SECONDS", "SHELLOPTS", "SHLVL", "SRANDOM", "UID"),
    )
)


class Shell:
    """``export NAME='value'``: between single quotes nothing means anything.

    ``removed`` are names to unset, ``marker`` is the text of ``__CLOVRIX_ENV``.
    """

    def __init__(self, removed: Iterable[str] = (), marker: str = "") -> None:
        self._removed = removed
        self._marker = marker

    def why_not(self, name: str, value: str) -> str:
        return "is the shell's own" if name in _SHELLS_OWN else why_no_name(name)

    def text(self, values: Mapping[str, str]) -> str:
        # What a marker names is not to be trusted to be a name.
        removed = [n for n in self._removed if is_name(n) and n not in _SHELLS_OWN]
        unset = "".join(f"unset -v {name}\n" for name in removed)
        exported = {**values, MARKER: self._marker} if self._marker else values
        return unset + "".join(f"export {n}={quoted(text)}\n" for n, text in exported.items())


def failure(status: int) -> str:
    """A line that fails with this status: what ``eval`` gets instead of values.

    It is one in fish as well, which has no such syntax.
    """
    return f"(exit {status})"


def quoted(value: str) -> str:
    """A value in single quotes, whatever is in it; one of its own stands outside of them."""
    return "'" + value.replace("'", "'\\''") + "'"
