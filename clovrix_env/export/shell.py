"""Writes for a POSIX shell: ``. FILE``, or ``eval "$(clovrix-env export --format shell)"``.

The marker is exported with the values, so that a later export knows which names clovrix-env has set
and unsets those that are no longer defined.
"""

from __future__ import annotations

from clovrix_env.export.format import why_invalid_name
from clovrix_env.model.names import MARKER
from clovrix_env.model.type_checks import is_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Variables that bash reserves: it refuses to set them, or returns another value.
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
    """``export NAME='value'``: in single quotes no character is special.

    ``removed`` are names to unset, ``marker`` is the value of ``__CLOVRIX_ENV``.
    """

    def __init__(self, removed: Iterable[str] = (), marker: str = "") -> None:
        self._removed = removed
        self._marker = marker

    def why_not(self, name: str, value: str) -> str:
        return "is reserved by the shell" if name in _SHELLS_OWN else why_invalid_name(name)

    def text(self, values: Mapping[str, str]) -> str:
        # The names come from a marker, which may be forged.
        removed = [n for n in self._removed if is_name(n) and n not in _SHELLS_OWN]
        unset = "".join(f"unset -v {name}\n" for name in removed)
        exported = {**values, MARKER: self._marker} if self._marker else values
        return unset + "".join(f"export {n}={quoted(text)}\n" for n, text in exported.items())


def failure(status: int) -> str:
    """Return a line that fails with this status: ``eval`` gets it instead of values.

    It also fails in fish, which does not have this syntax.
    """
    return f"(exit {status})"


def quoted(value: str) -> str:
    """Return a value in single quotes. Its own single quotes are placed outside of them."""
    return "'" + value.replace("'", "'\\''") + "'"
