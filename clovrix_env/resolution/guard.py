"""Refuses names from files and Clovrix that could take over a program, unless they are allowed.

The author of a ``.env`` file, a default in ``.clovrix`` or a Clovrix entry should be able to
configure a program, but not to run code in it. The process environment belongs to the user and is
not checked.
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
# Prefixes of tools that accept names in any case.
_ANY_CASE = ("NPM_CONFIG_", "PNPM_CONFIG_", "YARN_")


def refusal_reason(name: str) -> str | None:
    """Return the effect of a refused name, or ``None`` for an ordinary one."""
    name = spelled(name)
    if name in NAMES:
        return NAMES[name]
    if not name.startswith(_BEGINNINGS):
        return None
    begin = max((begin for begin in FAMILIES if name.startswith(begin)), key=len)
    return None if _passes(begin, name[len(begin) :]) else FAMILIES[begin]


def spelled(name: str) -> str:
    """Return a name as the tables spell it: in one case if its tool ignores case."""
    upper = name.upper()
    if upper.startswith(_ANY_CASE):
        return upper if upper.startswith("YARN_") else name.lower()
    if os.name == "nt":
        return next((known for known in NAMES if known.upper() == upper), upper)
    # pip accepts any case after PIP_.
    return upper if name.startswith("PIP_") else name


def _passes(begin: str, rest: str) -> bool:
    """Whether a name of a family is ordinary: a credential, or in the family's list."""
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
    """Refuse names of files, defaults and Clovrix that take over the program, also hidden ones.

    ``allow`` is the entry point's option or argument that allows a name; empty if it has none.
    Names that the user allows pass everywhere. ``[guard] allow`` counts only for entries of
    Clovrix, and only if no file of the project chose address or token: a repository cannot vouch
    for itself. A name with the same value in ``process``, which overrides these layers, passes.
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
            problem = f"{binding.place}: {name} is refused: it {does}"
            if name.startswith(OURS):
                here.add(problem, f"rename {name}, or remove it")
            elif name not in allowed and (process.get(name),) != binding.parts:
                from clovrix_env.resolution.guard_remedy import AllowRemedy

                here.add(problem, AllowRemedy(allow, by_project))
