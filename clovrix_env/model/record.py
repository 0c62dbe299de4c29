"""``Record``: immutable values, equal by content, whose ``repr`` hides secrets.

Dataclasses would add 15 ms to each run. Error reporters print named tuples item by item, with
their secrets.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypeVar

    from typing_extensions import dataclass_transform

    Self = TypeVar("Self", bound="Record")
else:

    def dataclass_transform(**_):
        return lambda kind: kind


@dataclass_transform(frozen_default=True)
class Record:
    """A value of the annotated fields of its class, which may have defaults.

    ``class Entry(Record, hidden=("value",))`` keeps ``value`` out of the ``repr``, also in
    subclasses. A subclass has the fields of its base before its own.
    """

    _hidden: frozenset[str] = frozenset()
    _names: frozenset[str] = frozenset()
    __match_args__: tuple[str, ...] = ()

    def __init_subclass__(cls, hidden: Iterable[str] = ()) -> None:
        # For a class without its own fields, Python 3.9 returns the annotations of its base.
        fields = tuple(dict.fromkeys((*cls.__match_args__, *cls.__annotations__)))
        cls._names = frozenset(fields)
        cls.__match_args__ = fields  # type: ignore[misc] # checkers derive it by themselves
        cls._hidden = cls._hidden.union(hidden)

    def __init__(self, *values: Any, **named: Any) -> None:
        fields = self.__match_args__
        if len(named) == len(fields) and named.keys() == self._names:
            values = tuple(map(named.__getitem__, fields))
        elif named or len(values) != len(fields):
            values = self._bound(values, named)
        self.__dict__.update(zip(fields, values))

    @classmethod
    def _bound(cls, values: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        """One value for each field, from positions, names and defaults."""
        fields = cls.__match_args__
        given = {**dict(zip(fields, values)), **named}
        if len(given) == len(values) + len(named) and cls._names.issuperset(given):
            try:
                return tuple([given[n] if n in given else getattr(cls, n) for n in fields])
            except AttributeError:
                pass
        raise TypeError(f"{cls.__name__}() takes {', '.join(fields)}")

    def replaced(self: Self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return type(self)(**{**self.__dict__, **changes})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be set: it is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be deleted: it is immutable")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__.values()))

    def __repr__(self) -> str:
        shown = (
            f"{name}={'<hidden>' if name in self._hidden else repr(value)}"
            for name, value in self.__dict__.items()
        )
        return f"{type(self).__name__}({', '.join(shown)})"
