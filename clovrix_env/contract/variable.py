"""One variable of the contract: what is expected of its value, and what is wrong with one. Pure."""

from __future__ import annotations

from clovrix_env.contract.keys import DURATION, FLAG, NAMES, TEXT, Form, Key
from clovrix_env.contract.value_types import TYPES, ValueType
from clovrix_env.model.record import Record
from clovrix_env.model.type_checks import as_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

# A list of choices that is longer is told by its beginning.
_MOST_CHOICES_TOLD = 12


class Variable(Record):
    """One declared variable: the fields of ``[variables.NAME]`` as they were written."""

    name: str
    type: str = "str"
    line: int = 0
    fields: Mapping[str, Any] = {}

    @property
    def where(self) -> str:
        """The declaration, as a message names it."""
        return f".clovrix:{self.line}: {self.name}"

    @property
    def value_type(self) -> ValueType:
        return TYPES[self.type]

    @property
    def default(self) -> str | None:
        """The default as a program would read it from its environment."""
        value = self.fields.get("default")
        return None if value is None else text_of(value)

    @property
    def example(self) -> str | None:
        value = self.fields.get("example")
        return None if value is None else text_of(value)

    @property
    def description(self) -> str:
        return str(self.fields.get("description", ""))

    @property
    def secret(self) -> bool:
        """Whether a value is shown only when asked for: so it is unless the contract denies it."""
        return bool(self.fields.get("secret", True))

    @property
    def from_file(self) -> bool:
        """Whether ``NAME_FILE`` of the process environment may name a file with the value."""
        return bool(self.fields.get("from_file"))

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(map(text_of, self.fields.get("choices", ())))

    @property
    def required(self) -> bool:
        """Whether it has to be set, and not empty, in every environment."""
        return bool(self.fields.get("required"))

    @property
    def required_in(self) -> tuple[str, ...]:
        """The environments in which it has to be."""
        return tuple(self.fields.get("required_in", ()))

    def is_required(self, environment: str | None) -> bool:
        """Whether it has to be set, and not empty, in an environment."""
        return self.required or environment in self.required_in

    @property
    def form(self) -> str:
        """What a value has to be, in words."""
        form = self.value_type.form
        choices = self.choices
        if choices:
            more = ", …" if len(choices) > _MOST_CHOICES_TOLD else ""
            form = f"one of {', '.join(choices[:_MOST_CHOICES_TOLD])}{more}"
        if "pattern" in self.fields:
            form += f" that matches {self.fields['pattern']}"
        if "min" in self.fields:
            form += f", at least {self.fields['min']}"
        if "max" in self.fields:
            form += f", at most {self.fields['max']}"
        return form

    @property
    def expected(self) -> str:
        """The same with the example."""
        return self.form if self.example is None else f"{self.form}, such as {self.example}"

    def why_unfit(self, text: str) -> Iterator[str]:
        """What is wrong with a value, each in words that follow its name; never the value.

        Raises ``ClovrixConfigError`` for a pattern that takes too long.
        """
        kind, fields = self.value_type, self.fields
        if not kind.fits(text):
            yield f"is {'empty, which is ' if not text else ''}no {self.type}{kind.hint(text)}"
            return
        if not (fields.keys() & _FURTHER):
            return
        value = kind.read(text)
        if "choices" in fields and not any(value == kind.read(choice) for choice in self.choices):
            yield "is none of its choices"
        if "pattern" in fields:
            from clovrix_env.contract import pattern

            if not pattern.matches(fields["pattern"], text, self.where):
                yield "does not match its pattern"
        if kind.bound is not None:
            if "min" in fields and value < kind.bound(fields["min"]):
                yield "is below its minimum"
            if "max" in fields and value > kind.bound(fields["max"]):
                yield "is above its maximum"


def text_of(value: object) -> str:
    """A TOML value as a program would read it from its environment."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def why_contradictory(variable: Variable) -> Iterator[tuple[str, str]]:
    """What in a declaration cannot be meant: a field, and why in words that follow its name.

    Raises as ``why_unfit`` does.
    """
    fields, kind = variable.fields, variable.value_type
    if variable.type == "enum" and "choices" not in fields:
        yield "type", "is enum and there are no choices"
    for field in ("min", "max"):
        if field in fields and kind.bound is None:
            yield field, f"does not apply to the type {variable.type}"
        elif field in fields and kind.bound is not None and kind.bound(fields[field]) is None:
            yield field, f"is no bound of the type {variable.type}, which is {kind.form}"
    if "pattern" in fields:
        from clovrix_env.contract import pattern

        invalid = pattern.why_invalid(fields["pattern"], variable.where)
        if invalid:
            yield "pattern", invalid
            return
    if not all(map(kind.fits, variable.choices)):
        yield "choices", f"holds what is no {variable.type}"
        return
    if any(field in fields and not _is_usable(kind, fields[field]) for field in ("min", "max")):
        return
    if "min" in fields and "max" in fields and kind.bound is not None:
        if kind.bound(fields["min"]) > kind.bound(fields["max"]):
            yield "min", "is above max"
            return
    for field in ("default", "example"):
        if field in fields:
            text = text_of(fields[field])
            if "\0" in text:
                yield field, "holds a NUL character, which no environment variable can"
            yield from ((field, why) for why in variable.why_unfit(text))


def _is_usable(kind: ValueType, bound: object) -> bool:
    return kind.bound is not None and kind.bound(bound) is not None


def _is_scalar(value: object) -> bool:
    return isinstance(value, (str, float, int))


def _is_choices(value: object) -> bool:
    items = as_list(value)
    return bool(items) and all(_is_scalar(item) for item in items or ())


def _is_bound(value: object) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number or DURATION.fits(value)


_SCALAR = Form("text, number or boolean", _is_scalar, {"type": ["string", "number", "boolean"]})
_CHOICES = Form(
    "list of texts, numbers or booleans",
    _is_choices,
    {"type": "array", "minItems": 1, "items": _SCALAR.schema},
)
_BOUND = Form("number or duration", _is_bound, {"anyOf": [{"type": "number"}, DURATION.schema]})

# What is asked of a value beyond its type, and what has to fit the type.
_FURTHER = frozenset(("choices", "pattern", "min", "max"))
OF_A_TYPE = frozenset((*_FURTHER, "default", "example"))
KEYS: dict[str, Key] = {
    "type": Key(Form("text", TEXT.fits, {"enum": list(TYPES)}), "what the value has to be", "str"),
    "required": Key(FLAG, "it has to be set, and not empty, in every environment", False),
    "required_in": Key(NAMES, "the environments in which it has to be", []),
    "secret": Key(FLAG, "`false`: no secret, so that tools may show it", True),
    "description": Key(TEXT, "what it is for; told with what is wrong with it"),
    "example": Key(_SCALAR, "a value that fits, for messages and `.env.example`"),
    "default": Key(_SCALAR, "the value where nobody sets one: the lowest layer of all"),
    "choices": Key(_CHOICES, "the values that it may have; `enum` needs them"),
    "pattern": Key(TEXT, "a regular expression of Python that the whole value has to match"),
    "min": Key(_BOUND, "the least value, of `int`, `float`, `port` and `duration`"),
    "max": Key(_BOUND, "the greatest value, of the same types"),
    "from_file": Key(FLAG, "`NAME_FILE` may name a file that holds the value", False),
}
