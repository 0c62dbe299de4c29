"""``Environment``: what was resolved, as a mapping that can tell where everything came from."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from clovrix_env.model.ages import Staleness
    from clovrix_env.resolution.explain import Explanation
    from clovrix_env.resolution.load_report import Declarations, LoadReport
    from clovrix_env.resolution.precedence import ValueOrigin
else:
    from _collections_abc import Mapping  # loaded by os; collections.abc costs a run 0.2 ×


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
        report: LoadReport,
    ) -> None:
        self._values = dict(values)
        self._origins = dict(origins)
        self._declarations = declarations
        self._report = report

    def __getitem__(self, name: str) -> str:
        return self._values[self._spelled(name)]

    def _spelled(self, name: str) -> str:
        return name.upper() if self._report.any_case else name

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} from {self._origins[name].place}" for name in self._values)
        return f"Environment({shown})"

    def __sentry_repr__(self) -> str:
        """What Sentry sends of a variable that holds this; of any other mapping it sends items."""
        return repr(self)

    def origin(self, name: str) -> ValueOrigin:
        """Where a value came from and what it hid; ``KeyError`` for a name that is not here."""
        return self._origins[self._spelled(name)]

    @property
    def staleness(self) -> Staleness | None:
        """How old values were taken, and why; ``None`` where none was older than ``max_age``.

        What a launcher left (the marker) is taken as it stands: there it is ``None``.
        """
        return self._report.staleness

    def typed(self, name: str) -> Any:
        """The value as ``[variables]`` of ``.clovrix`` declares it: ``int``, ``bool``, a path …

        ``None`` for a name that is declared and not set, a ``str`` for one that is not declared,
        ``KeyError`` for one that is neither. Raises ``ClovrixConfigError``, without the value,
        where somebody has changed it since to what does not fit.
        """
        name = self._spelled(name)
        declared = self._declarations.find(name)
        if declared is None:
            return self._values[name]
        if name not in self._values:
            return None
        from clovrix_env.contract.contract import typed

        return typed(declared, self._values[name], self._origins[name].place)

    def explain(self) -> Explanation:
        """Where everything came from: printed, a table; ``.document()`` is the same for programs.

        Values are shown only where ``reveal=True`` asks for them.
        """
        from clovrix_env.resolution.explain import explanation_of

        return explanation_of(self, self._origins, self._declarations, self._report)
