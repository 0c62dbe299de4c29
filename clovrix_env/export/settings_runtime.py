"""The code that a class of ``clovrix-env schema --python`` contains. It is copied, not imported."""

from __future__ import annotations

import re
from typing import Any, Generic, TypeVar

from clovrix_env.contract.value_types import items_of, no_hint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# The names that the class uses itself.
__all__ = ("SettingsError", "_ListVariable", "_Variable", "_as_is", "_check")
_T = TypeVar("_T")


class SettingsError(ValueError):
    """Variables that are missing or do not fit, one problem each; no problem has a value."""

    def __init__(self, *problems: str) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)


class _Rules(Generic[_T]):
    """The rules for one variable, and how its text, or each item of it, is read."""

    is_list = False

    def __init__(
        self,
        name: str,
        fits: Callable[[str], bool],
        read: Callable[[str], _T],
        *,
        wrong: str,
        expected: str,
        required: bool = False,
        default: str | None = None,
        choices: tuple[str, ...] = (),
        pattern: str | None = None,
        low: Any = None,
        high: Any = None,
        hint: Callable[[str], str] = no_hint,
    ) -> None:
        self.name = name
        self.fits = fits
        self.read = read
        self.wrong = wrong
        self.expected = expected
        self.required = required
        self.default = default
        self.choices = [read(choice) for choice in choices]
        self.pattern = pattern
        self.low = low
        self.high = high
        self.hint = hint

    def text(self, environ: Mapping[str, str]) -> str | None:
        return environ.get(self.name, self.default)

    def problems(self, environ: Mapping[str, str]) -> list[str]:
        return [f"{self.name} {why}; expected {self.expected}" for why in self.whys(environ)]

    def whys(self, environ: Mapping[str, str]) -> list[str]:
        text = self.text(environ)
        if text is None:
            return ["is required and not set"] if self.required else []
        if self.required and not (text.strip() if self.is_list else text):
            return ["is required and empty"]
        if not self.is_list:
            return self.whys_of(text)
        for position, item in enumerate(items_of(text), 1):
            whys = self.whys_of(item) if item else ["is empty"]
            if whys:
                return [f"item {position} {why}" for why in whys]
        return []

    def whys_of(self, text: str) -> list[str]:
        if not self.fits(text):
            return [f"is {'' if text else 'empty, which is '}{self.wrong}{self.hint(text)}"]
        value: Any = self.read(text)
        whys: list[str] = []
        if self.choices and value not in self.choices:
            whys.append("is not one of its choices")
        if self.pattern is not None and re.fullmatch(self.pattern, text) is None:
            whys.append("does not match its pattern")
        if self.low is not None and value < self.low:
            whys.append("is below its minimum")
        if self.high is not None and value > self.high:
            whys.append("is above its maximum")
        return whys


class _Variable(_Rules[_T]):
    """A variable with one value."""

    def value(self, environ: Mapping[str, str]) -> _T:
        return self.read(self.text(environ) or "")

    def value_or_none(self, environ: Mapping[str, str]) -> _T | None:
        text = self.text(environ)
        return None if text is None else self.read(text)


class _ListVariable(_Rules[_T]):
    """A variable whose text is a list."""

    is_list = True

    def value(self, environ: Mapping[str, str]) -> list[_T]:
        return [self.read(item) for item in items_of(self.text(environ) or "")]

    def value_or_none(self, environ: Mapping[str, str]) -> list[_T] | None:
        return None if self.text(environ) is None else self.value(environ)


def _check(environ: Mapping[str, str], variables: Iterable[_Rules[Any]]) -> None:
    problems = [problem for variable in variables for problem in variable.problems(environ)]
    if problems:
        raise SettingsError(*problems)


def _as_is(text: str) -> Any:
    return text
