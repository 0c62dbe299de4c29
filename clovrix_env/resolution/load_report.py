"""How an environment came about, beside its values: what was asked for, left out, worth saying."""

from __future__ import annotations

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from clovrix_env.contract.variable import Variable
    from clovrix_env.model.ages import Staleness

    class Declarations(Protocol):
        """What knows how a name was declared."""

        def find(self, name: str) -> Variable | None: ...


class Dropped(Record):
    """A name that the program does not get from us, where it stands, and why it was left out."""

    name: str
    place: str
    why: str


class LoadReport(Record):
    """How an environment came about: what was asked for, and what was left out or is worth saying.

    ``root`` is a folder and ``why`` it was chosen, in words; ``address`` is who was asked, or
    ``None``; ``unset`` are the declared names without a value; ``services`` the Kubernetes Services
    that the process environment names; ``ages`` how old the values of a project on Clovrix are, in
    seconds, and ``None`` where they were just fetched; ``any_case`` is true where the case of a
    name means nothing.
    """

    root: str = ""
    why: str = ""
    project: str | None = None
    environment: str | None = None
    address: str | None = None
    dropped: tuple[Dropped, ...] = ()
    unset: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    services: frozenset[str] = frozenset()
    ages: Mapping[str, float | None] = {}
    staleness: Staleness | None = None
    any_case: bool = False
