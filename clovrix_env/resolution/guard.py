"""Names that would take over the child: refused from files and from Clovrix, unless allowed.

Whoever can write a ``.env`` file, a default of ``.clovrix`` or a Clovrix entry should be able to
configure a program, not to run code in every program that is started beside it. The process
environment is the user's own and is not judged.
"""

from __future__ import annotations

import os

from clovrix_env.model.layer import CLOVRIX, DEFAULT, FILE
from clovrix_env.model.names import OURS
from clovrix_env.resolution.guard_names import CREDENTIALS, FAMILIES, NAMES, PASSES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clovrix_env.errors import Problems
    from clovrix_env.model.layer import Layer
    from clovrix_env.settings.settings import Settings

_BEGINNINGS = tuple(FAMILIES)
# Tools that take their names in any case, and how they stand in the tables.
_ANY_CASE = ("NPM_CONFIG_", "PNPM_CONFIG_", "YARN_")


def refusal_reason(name: str) -> str | None:
    """What a refused name would do, or ``None`` for an ordinary one."""
    name = spelled(name)
    if name in NAMES:
        return NAMES[name]
    if not name.startswith(_BEGINNINGS):
        return None
    begin = max((begin for begin in FAMILIES if name.startswith(begin)), key=len)
    return None if _passes(begin, name[len(begin) :]) else FAMILIES[begin]


def spelled(name: str) -> str:
    """The name as the tables have it: its case counts only where its tool has it count."""
    upper = name.upper()
    if upper.startswith(_ANY_CASE):
        return upper if upper.startswith("YARN_") else name.lower()
    if os.name == "nt":
        return next((known for known in NAMES if known.upper() == upper), upper)
    # pip takes what follows its PIP_ in any case.
    return upper if name.startswith("PIP_") else name


def _passes(begin: str, rest: str) -> bool:
    """Whether a name of a family is an ordinary one: a credential, or in the family's list."""
    if begin not in PASSES:
        return False
    return f"_{rest.upper()}".endswith(CREDENTIALS) or any(
        rest == word or ("*" in word and _fits(rest, word)) for word in PASSES[begin].split()
    )


def _fits(rest: str, word: str) -> bool:
    start, _, end = word.partition("*")
    return len(rest) > len(start) + len(end) and rest.startswith(start) and rest.endswith(end)


def judge(
    layers: Iterable[Layer],
    settings: Settings,
    allow: str,
    problems: Problems,
    *,
    process: Mapping[str, str],
    project_vouches: bool = True,
) -> None:
    """Refuse the names of files, defaults and Clovrix that take over the child, winners or not.

    ``allow`` is how the entry point spells the permission; empty where it has no argument. What
    the user allows counts for both. ``[guard] allow`` counts for Clovrix's entries only, and not
    where a file of the project chose address or token: a repository cannot vouch for itself. A
    name whose value is that of ``process``, which wins over these layers, changes nothing.
    """
    for layer in layers:
        if layer.kind not in (DEFAULT, FILE, CLOVRIX):
            continue
        allowed = settings.allow
        by_project = project_vouches and layer.kind == CLOVRIX
        if by_project:
            allowed = allowed.union(settings.declared.allow)
        for binding in layer.bindings:
            name = binding.name
            does = refusal_reason(name)
            if does is None or not settings.selects(name):
                continue
            here = problems.about("guard", binding.place, name)
            if name.startswith(OURS):
                here.add(f"{binding.place}: {name} {does}", f"rename {name}, or remove it")
            elif name not in allowed and (process.get(name),) != binding.parts:
                from clovrix_env.resolution.guard_remedy import AllowRemedy

                here.add(f"{binding.place}: {name} {does}", AllowRemedy(allow, by_project))
