"""Describes a load besides its values: the request, names that were left out, and notes."""

from __future__ import annotations

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from clovrix_env.contract.variable import Variable
    from clovrix_env.model.ages import Staleness

    class Declarations(Protocol):
        """A source of declarations of names."""

        def find(self, name: str) -> Variable | None: ...


class Dropped(Record):
    """A name that the program does not get, its place, and the reason."""

    name: str
    place: str
    why: str


class LoadReport(Record):
    """A load besides its values: the request, names that were left out, and notes.

    ``root`` is a folder and ``why`` the reason for choosing it; ``address`` is that of the server
    or store, or ``None``; ``unset`` are declared names without a value; ``services`` are Kubernetes
    Services that the process environment names; ``ages`` has the age of each source on Clovrix in
    seconds, ``None`` if just fetched; ``any_case`` is true if names are case-insensitive.
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
