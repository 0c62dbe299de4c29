"""One variable of the contract: the rules for its value, and its violations. Pure."""

from __future__ import annotations

from clovrix_env.contract.keys import DURATION, FLAG, NAMES, TEXT, Form, Key
from clovrix_env.contract.value_types import ITEM_TYPES, TYPES, ValueType, items_of
from clovrix_env.model.record import Record
from clovrix_env.model.type_checks import as_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import Any

# Messages show only the beginning of a longer list.
_MOST_CHOICES_SHOWN = 12
_LIST = "list"
_NO_ITEM = "an item cannot have: it is empty, has a comma, or begins or ends with a space"


class Variable(Record):
    """One declared variable: the fields of ``[variables.NAME]`` as written."""

    name: str
    type: str = "str"
    line: int = 0
    fields: Mapping[str, Any] = {}

    @property
    def where(self) -> str:
        """The place and name of the declaration, for messages."""
        return f".clovrix:{self.line}: {self.name}"

    @property
    def is_list(self) -> bool:
        return self.type == _LIST

    @property
    def item(self) -> str:
        """The type of a list's items, or of the value itself."""
        return str(self.fields.get("item", "str")) if self.is_list else self.type

    @property
    def value_type(self) -> ValueType:
        """The type of the value, or of each item of a list."""
        return TYPES[self.item]

    @property
    def default(self) -> str | None:
        """The default as text, as the program gets it."""
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
        """Whether a value is shown only on request; true unless the contract has ``false``."""
        return bool(self.fields.get("secret", True))

    @property
    def from_file(self) -> bool:
        """Whether ``NAME_FILE`` in the process environment may name a file with the value."""
        return bool(self.fields.get("from_file"))

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(map(text_of, self.fields.get("choices", ())))

    @property
    def required(self) -> bool:
        """Whether it must be set and not empty in every environment."""
        return bool(self.fields.get("required"))

    @property
    def required_in(self) -> tuple[str, ...]:
        """The environments in which it must be set and not empty."""
        return tuple(self.fields.get("required_in", ()))

    def is_required(self, environment: str | None) -> bool:
        """Whether it must be set and not empty in an environment."""
        return self.required or environment in self.required_in

    @property
    def form(self) -> str:
        """The rules for a value, in words."""
        form = self._item_form
        if not self.is_list:
            return form
        is_any = form == TYPES["str"].form
        return TYPES[_LIST].form if is_any else f"{TYPES[_LIST].form}, each item {form}"

    @property
    def _item_form(self) -> str:
        form = self.value_type.form
        choices = self.choices
        if choices:
            more = ", …" if len(choices) > _MOST_CHOICES_SHOWN else ""
            form = f"one of {', '.join(choices[:_MOST_CHOICES_SHOWN])}{more}"
        if "pattern" in self.fields:
            form += f" that matches {self.fields['pattern']}"
        if "min" in self.fields:
            form += f", at least {self.fields['min']}"
        if "max" in self.fields:
            form += f", at most {self.fields['max']}"
        return form

    @property
    def expected(self) -> str:
        """The rules for a value with the example, if there is one."""
        return self.form if self.example is None else f"{self.form}, such as {self.example}"

    def why_unfit(self, text: str) -> Iterator[str]:
        """Yield each problem of a value in words that follow its name, without the value.

        Of a list, only the first item with a problem is reported. Raises ``ClovrixConfigError`` for
        a pattern that takes too long.
        """
        allowed = [self.value_type.read(choice) for choice in self.choices]
        if not self.is_list:
            yield from self._why_item_unfit(text, allowed)
            return
        as_set = frozenset(allowed)  # a list can have as many items as choices
        for position, item in enumerate(items_of(text), 1):
            whys = list(self._why_item_unfit(item, as_set)) if item else ["is empty"]
            if whys:
                yield from (f"item {position} {why}" for why in whys)
                return

    def is_empty(self, text: str) -> bool:
        """Whether a value does not count as one where one is required."""
        return not (text.strip() if self.is_list else text)

    def read(self, text: str) -> Any:
        """Return a value that fits in its declared type."""
        read = self.value_type.read
        return [read(item) for item in items_of(text)] if self.is_list else read(text)

    def _why_item_unfit(self, text: str, allowed: Collection[Any]) -> Iterator[str]:
        kind, fields = self.value_type, self.fields
        if not kind.fits(text):
            yield f"is {'' if text else 'empty, which is '}{not_a(self.item)}{kind.hint(text)}"
            return
        if not (fields.keys() & _FURTHER):
            return
        value = kind.read(text)
        if "choices" in fields and value not in allowed:
            yield "is not one of its choices"
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
    """Return a TOML value as text, as the program gets it."""
    items = as_list(value)
    if items is not None:
        return ",".join(map(text_of, items))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def why_contradictory(variable: Variable) -> Iterator[tuple[str, str]]:
    """Yield each invalid field of a declaration, with the problem in words that follow its name.

    Raises like ``why_unfit``.
    """
    fields = variable.fields
    if "item" in fields and not variable.is_list:
        yield "item", f"does not apply to the type {variable.type}"
    elif variable.item not in TYPES or (variable.is_list and variable.item not in ITEM_TYPES):
        yield "item", f"must be one of {', '.join(ITEM_TYPES)}"
        return
    kind = variable.value_type
    if variable.item == "enum" and "choices" not in fields:
        yield "item" if variable.is_list else "type", "is enum, which needs choices"
    for field in ("min", "max"):
        if field in fields and kind.bound is None:
            yield field, f"does not apply to the type {variable.item}"
        elif field in fields and kind.bound is not None and kind.bound(fields[field]) is None:
            yield field, f"is not a valid bound for the type {variable.item} ({kind.form})"
    if "pattern" in fields:
        from clovrix_env.contract import pattern

        invalid = pattern.why_invalid(fields["pattern"], variable.where)
        if invalid:
            yield "pattern", invalid
            return
    if not all(map(kind.fits, variable.choices)):
        yield "choices", f"contains a value that is {not_a(variable.item)}"
        return
    if variable.is_list and any(items_of(choice) != [choice] for choice in variable.choices):
        yield "choices", f"contains a value that {_NO_ITEM}"
        return
    if any(field in fields and not _is_usable(kind, fields[field]) for field in ("min", "max")):
        return
    if "min" in fields and "max" in fields and kind.bound is not None:
        if kind.bound(fields["min"]) > kind.bound(fields["max"]):
            yield "min", "is above max"
            return
    for field in ("default", "example"):
        if field in fields:
            items, text = as_list(fields[field]), text_of(fields[field])
            if items is not None and not variable.is_list:
                yield field, "must be a list only for the type list"
                continue
            if items is not None and items_of(text) != [text_of(item) for item in items]:
                yield field, f"contains a value that {_NO_ITEM}"
                continue
            if "\0" in text:
                yield field, "contains a NUL character, which an environment variable cannot"
            yield from ((field, why) for why in variable.why_unfit(text))


def not_a(kind: str) -> str:
    return "not valid json" if kind == "json" else f"not a valid {kind}"


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


def _is_value(value: object) -> bool:
    items = as_list(value)
    return _is_scalar(value) if items is None else all(map(_is_scalar, items))


_SCALAR = Form("string, number or boolean", _is_scalar, {"type": ["string", "number", "boolean"]})
_CHOICES = Form(
    "non-empty list of strings, numbers or booleans",
    _is_choices,
    {"type": "array", "minItems": 1, "items": _SCALAR.schema},
)
_VALUE = Form(
    "string, number or boolean, or a list of these",
    _is_value,
    {"anyOf": [_SCALAR.schema, {"type": "array", "items": _SCALAR.schema}]},
)
_BOUND = Form("number or duration", _is_bound, {"anyOf": [{"type": "number"}, DURATION.schema]})

# The fields that restrict a value beyond its type, and all fields that depend on the type.
_FURTHER = frozenset(("choices", "pattern", "min", "max"))
OF_A_TYPE = frozenset((*_FURTHER, "item", "default", "example"))
_ITEM = "the type of each item of a `list`"
KEYS: dict[str, Key] = {
    "type": Key(Form("string", TEXT.fits, {"enum": list(TYPES)}), "the type of the value", "str"),
    "item": Key(Form("string", TEXT.fits, {"enum": list(ITEM_TYPES)}), _ITEM, "str"),
    "required": Key(FLAG, "it must be set and not empty in every environment", False),
    "required_in": Key(NAMES, "the environments in which it must be set and not empty", []),
    "secret": Key(FLAG, "`false`: not a secret, so that tools may show the value", True),
    "description": Key(TEXT, "the purpose of the variable; shown with its problems"),
    "example": Key(_VALUE, "a valid value, for messages and `.env.example`"),
    "default": Key(_VALUE, "the value if no other source sets one"),
    "choices": Key(_CHOICES, "the allowed values; required for `enum`"),
    "pattern": Key(TEXT, "a Python regular expression that the whole value must match"),
    "min": Key(_BOUND, "the smallest value, for `int`, `float`, `port` and `duration`"),
    "max": Key(_BOUND, "the largest value, for the same types"),
    "from_file": Key(FLAG, "`NAME_FILE` may name a file that contains the value", False),
}
