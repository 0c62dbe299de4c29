"""``Environment``: what was resolved, as a mapping that can tell where everything came from."""

from __future__ import annotations

from collections.abc import Mapping

from clovrix_env.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Protocol

    from clovrix_env.explain import Explanation
    from clovrix_env.merge import ValueOrigin
    from clovrix_env.staleness import Staleness
    from clovrix_env.variable import Variable

    class Declarations(Protocol):
        """What knows how a name was declared."""

        def find(self, name: str) -> Variable | None: ...


class Dropped(Record):
    """A name that the program does not get from us, where it stands, and why it was left out."""

    name: str
    place: str
    why: str


class Circumstances(Record):
    """How an environment came about: what was asked for, and what was left out or is worth saying.

    ``root`` is a folder and ``why`` it was chosen, in words; ``address`` is who was asked, or
    ``None``; ``unset`` are the declared names without a value; ``services`` the Kubernetes Services
    that the process environment names; ``ages`` how old the values of a project on Clovrix are, in
    seconds, and ``None`` where they were just fetched.
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


class Environment(Mapping[str, str]):
    """What was resolved: a mapping of names to values, with the origin of each.

    It holds the names that a layer other than the process, or the contract, knows. Its ``repr``
    shows names and origins, never a value.
    """

    def __init__(
        self,
        values: Mapping[str, str],
        origins: Mapping[str, ValueOrigin],
        declarations: Declarations,
        circumstances: Circumstances,
    ) -> None:
        self._values = dict(values)
        self._origins = dict(origins)
        self._declarations = declarations
        self._circumstances = circumstances

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} from {self._origins[name].place}" for name in self._values)
        return f"Environment({shown})"

    def origin(self, name: str) -> ValueOrigin:
        """Where a value came from and what it hid; ``KeyError`` for a name that is not here."""
        return self._origins[name]

    @property
    def staleness(self) -> Staleness | None:
        """How old values were taken, and why; ``None`` where none was older than ``max_age``.

        What a launcher left (the marker) is taken as it stands: there it is ``None``.
        """
        return self._circumstances.staleness

    def typed(self, name: str) -> Any:
        """The value as ``[variables]`` of ``.clovrix`` declares it: ``int``, ``bool``, a path …

        ``None`` for a name that is declared and not set, a ``str`` for one that is not declared,
        ``KeyError`` for one that is neither. Raises ``ClovrixConfigError``, without the value,
        where somebody has changed it since to what does not fit.
        """
        declared = self._declarations.find(name)
        if declared is None:
            return self._values[name]
        if name not in self._values:
            return None
        from clovrix_env.contract import typed

        return typed(declared, self._values[name], self._origins[name].place)

    def explain(self) -> Explanation:
        """Where everything came from: printed, a table; ``.document()`` is the same for programs.

        Values are shown only where ``reveal=True`` asks for them.
        """
        from clovrix_env.explain import explanation_of

        return explanation_of(self, self._declarations, self._circumstances)
