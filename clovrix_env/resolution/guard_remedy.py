"""The remedy for names that the guard refuses, in one sentence for all of them."""

from __future__ import annotations

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class AllowRemedy(Record):
    """How to allow refused names: by an option, an argument, a variable or ``.clovrix``.

    ``allow`` is the option or argument of the entry point; empty if it has none. ``by_project`` is
    true if ``[guard] allow`` counts.
    """

    allow: str
    by_project: bool

    def __call__(self, names: Sequence[str]) -> str:
        lets = "lets it pass" if len(names) == 1 else "lets them pass"
        everywhere = f"CLOVRIX_ALLOW={','.join(names)} {lets}"
        if not self.allow:
            return everywhere
        if self.allow.startswith("-"):
            here = " ".join(f"{self.allow} {name}" for name in names)
        else:
            here = f"{self.allow}{[*names]}"
        also = ", and so does [guard] allow in .clovrix" if self.by_project else ""
        return f"{here} or {everywhere}{also}"
