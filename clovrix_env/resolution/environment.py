"""``Environment``: the resolved values, and the origin of each."""

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
    """A mapping of names to resolved values that knows where each value came from.

    It contains the names that are defined by a file, Clovrix, a default or an override, or declared
    in ``[variables]``. The rest of the process environment is not part of it. Its ``repr`` shows
    names and origins, never a value.

    Example:
        >>> from clovrix_env import resolve_env
        >>> environment = resolve_env("backend", "development", overrides={"PORT": "9000"})
        >>> environment["PORT"]
        '9000'
        >>> environment
        Environment(PORT from overrides=, GREETING from backend/development in the store, ...)
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

    def _repr_html_(self) -> str:
        """The table that a notebook shows."""
        return self.explain().html()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The table that IPython shows in a terminal."""
        printer.text(str(self.explain()))

    def __sentry_repr__(self) -> str:
        """The text that Sentry sends for a variable; of any other mapping it sends items."""
        return repr(self)

    def origin(self, name: str) -> ValueOrigin:
        """Return where a value came from and which values it hides.

        Args:
            name: A name in this environment.

        Returns:
            The origin, with ``kind``, ``source``, ``line``, ``place`` and ``hid``.

        Raises:
            KeyError: The environment does not contain the name.

        Example:
            >>> from clovrix_env import resolve_env
            >>> environment = resolve_env("backend", "development", overrides={"PORT": "9000"})
            >>> print(environment.origin("PORT"))
            overrides= (hides default in .clovrix)
        """
        return self._origins[self._spelled(name)]

    @property
    def staleness(self) -> Staleness | None:
        """The age of stale cached values and the reason for using them; ``None`` without any.

        It is also ``None`` if the values come from a launcher's marker.
        """
        return self._report.staleness

    def typed(self, name: str) -> Any:
        """Return a value in the type that ``[variables]`` of ``.clovrix`` declares.

        Args:
            name: A name that is set or declared.

        Returns:
            An ``int``, a ``bool``, a path …; a ``str`` for a name that is not declared; ``None``
            for one that is declared but not set.

        Raises:
            KeyError: The name is neither set nor declared.
            ClovrixConfigError: A program between changed the value to one that does not fit. The
                message does not contain the value.

        Example:
            >>> from clovrix_env import resolve_env
            >>> environment = resolve_env("backend", "development", overrides={"PORT": "9000"})
            >>> environment.typed("PORT")
            9000
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
        """Explain where each value came from and which names were left out.

        Returns:
            An explanation that prints as a table. Its ``document()`` returns the same as JSON
            types. Both show values only with ``reveal=True``.

        Example:
            >>> from clovrix_env import resolve_env
            >>> print(resolve_env("backend", "development").explain().only("GREETING"))
            root     ...
            <BLANKLINE>
            NAME      FROM
            GREETING  backend/development in the store
        """
        from clovrix_env.resolution.explain import explanation_of

        return explanation_of(self, self._origins, self._declarations, self._report)
