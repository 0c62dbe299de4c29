"""Entries as a text to edit, and what an edited text changes. Pure.

The text is a ``.env`` file and is read as one. A value that a ``.env`` file cannot represent
verbatim is replaced by a comment.
"""

from __future__ import annotations

from clovrix_env.api import limits
from clovrix_env.errors import ClovrixConfigError, Problems
from clovrix_env.model.layer import UNREAD
from clovrix_env.model.names import OURS
from clovrix_env.model.record import Record
from clovrix_env.sources import dotenv_reader, dotenv_writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from clovrix_env.model.layer import Binding

SOURCE = "line"
# The number of removed lines that are reported by name.
_MOST_NAMED = 3
_PUT_BACK = "put the line back; KEY= writes an empty value"
_HEAD = """\
# Entries of {place}: KEY=value, or KEY='value' to keep every character.
# Save and close to write the changes, all of them or none. A new key is {new},
# which cannot be changed later. Entries cannot be deleted: keep every line.
"""
_DAMAGED = "# The value of {key} is damaged: add a line {key}=VALUE to set it again."
_LEFT_OUT = "# {key} cannot be edited here: clovrix-env set {key} --file FILE"


class Draft(Record, hidden=("text",)):
    """The text to edit, and the keys that it cannot contain."""

    text: str
    left_out: tuple[str, ...]


def draft(entries: Mapping[str, str | None], place: str, new: str) -> Draft:
    """Entries as a text. ``new`` is the kind of a new key; ``None`` is a damaged value."""
    lines = [_HEAD.format(place=" ".join(place.split()), new=new)]
    left_out: list[str] = []
    for key in sorted(entries):
        value = entries[key]
        line = None if value is None else dotenv_writer.line(key, value)
        if line is None:
            left_out.append(key)
            line = (_DAMAGED if value is None else _LEFT_OUT).format(key=key)
        lines.append(f"{line}\n")
    return Draft("".join(lines), tuple(left_out))


def changes(
    text: str, before: Mapping[str, str | None], left_out: Collection[str], problems: Problems
) -> dict[str, str]:
    """The values that are new or differ. Faults of the text are added to ``problems``."""
    found: dict[str, str] = {}
    for binding in _bindings(text, problems):
        with problems:
            _check(binding, found, before)
            found[binding.name] = "".join(map(str, binding.parts))
    if not problems:  # an unreadable line is not a removed line
        gone = [key for key in before if key not in found and key not in left_out]
        for key in gone[:_MOST_NAMED]:
            problems.add(
                f"{key}: the line was removed, but Clovrix deletes no entry",
                _PUT_BACK,
            )
        if len(gone) > _MOST_NAMED:
            problems.add(f"and {len(gone) - _MOST_NAMED} more lines were removed", _PUT_BACK)
    different = {key: value for key, value in found.items() if before.get(key) != value}
    if len(different) > limits.BULK_ITEMS:
        problems.add(
            f"{len(different)} entries differ, and one edit writes at most {limits.BULK_ITEMS}",
            "undo some of the changes, and edit again",
        )
    return different


def _check(binding: Binding, found: Mapping[str, str], before: Mapping[str, str | None]) -> None:
    name, place = binding.name, binding.place
    if not all(isinstance(part, str) for part in binding.parts):
        raise ClovrixConfigError(
            f"{place}: {name}: ${{…}} is not expanded here", "quote the value with '…'"
        )
    if name in found:
        raise ClovrixConfigError(f"{place}: duplicate key {name}")
    if name not in before and name.startswith(OURS):
        raise ClovrixConfigError(
            f"{place}: {name} is a setting of clovrix-env, which programs do not load from Clovrix"
        )
    limits.check_key(name)
    limits.check_value(name, "".join(map(str, binding.parts)))


def _bindings(text: str, problems: Problems) -> list[Binding]:
    """All bindings in order, including clovrix-env's own settings."""
    read = dotenv_reader.read(text, SOURCE, problems, names_alone=False)
    found = (*read.layer.bindings, *read.settings)
    # Unreadable values were reported already.
    known = [binding for binding in found if UNREAD not in binding.parts]
    return sorted(known, key=lambda binding: binding.place.line)
