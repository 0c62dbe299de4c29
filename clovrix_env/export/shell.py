"""For a POSIX shell: ``. FILE``, or ``eval "$(clovrix-env export --format shell)"``."""

from __future__ import annotations

from clovrix_env.export.format import why_no_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """``export NAME='value'``: between single quotes nothing means anything."""

    def why_not(self, name: str, value: str) -> str:
        return "is the shell's own" if name in _SHELLS_OWN else why_no_name(name)

    def text(self, values: Mapping[str, str]) -> str:
        return "".join(f"export {name}={quoted(value)}\n" for name, value in values.items())


def quoted(value: str) -> str:
    """A value in single quotes, whatever is in it; one of its own stands outside of them."""
    return "'" + value.replace("'", "'\\''") + "'"
