"""Checks ``.env`` files: their lines, who can read them, and whether git tracks them."""

from __future__ import annotations

from clovrix_env.check import dotenv_lines, git
from clovrix_env.check.rules import Finding
from clovrix_env.model.layer import FILE, Location
from clovrix_env.sources.dotenv_reader import statements, why_too_much
from clovrix_env.system import files
from clovrix_env.system.permissions import others_can_read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from clovrix_env.contract.contract import Contract
    from clovrix_env.sources.dotenv_reader import Statement

_TOKEN = "CLOVRIX_TOKEN"  # noqa: S105 - a name
_MOST_NAMES = 3


def findings_of(
    paths: Mapping[str, str], contract: Contract, notes: list[str]
) -> Iterator[Finding]:
    """Yield the findings of files; ``paths`` maps their names in messages to their paths.

    A check that was not possible is added to ``notes``.
    """
    tracked: frozenset[str] = frozenset()
    try:
        tracked = git.tracked(paths.values())
    except git.GitFailed:
        notes.append("git does not report whether it tracks these files (git status shows why)")
    for shown, path in paths.items():
        try:
            read = files.read_text(path)
        except files.Unreadable:
            continue  # a FIFO, or a file that the resolution reports
        if read is None or why_too_much(read[0]):
            continue
        lines = list(statements(read[0]))
        yield from dotenv_lines.findings_in(lines, shown)
        secret = _may_be_secret(lines, contract)
        if not secret:
            continue
        if path in tracked:
            yield _tracked(shown, secret)
        elif others_can_read(path):
            yield Finding(
                "open-file",
                Location(FILE, shown),
                "",
                "can be read by other users of this machine",
                f"chmod 600 {shown}",
            )


def _may_be_secret(lines: Iterable[Statement], contract: Contract) -> list[str]:
    """Return the names with a value that the contract does not declare as not secret."""
    names: dict[str, None] = {}
    for key, _, parsed in lines:
        if key is None or parsed.error or not parsed.value:
            continue
        declared = contract.find(key)
        harmless = declared is not None and not declared.secret
        if key == _TOKEN or not (harmless or key.startswith("CLOVRIX_")):
            names[key] = None
    return list(names)


def _tracked(shown: str, names: list[str]) -> Finding:
    shown_names = ", ".join(names[:_MOST_NAMES])
    if len(names) > _MOST_NAMES:
        shown_names += f" and {len(names) - _MOST_NAMES} more"
    return Finding(
        "tracked",
        Location(FILE, shown),
        "",
        f"is tracked by git and may contain secrets: {shown_names}",
        f"run git rm --cached {shown}, list it in .gitignore and change the secrets; "
        "declare a variable that is not secret with secret = false",
    )
