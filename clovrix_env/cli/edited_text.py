"""Entries as a text to edit, and what an edited text changes. Pure.

The text is a ``.env`` file, read by the one reader of them. A value that no spelling of a ``.env``
brings back to the letter is left out of the text, which says so.
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
# Of lines that are gone: a text that was emptied is not told line by line.
_MOST_TOLD = 3
_HEAD = """\
# What Clovrix holds in {place}: KEY=value, or KEY='value' to keep every character.
# Saved and closed, what differs is written, all of it or nothing. A new key is {new},
# which cannot be changed later. No entry can be deleted: a line that is gone is refused.
"""
_LEFT_OUT = "# {key} cannot be edited here: clovrix-env set {key} --file FILE\n"


class Draft(Record, hidden=("text",)):
    """The text to edit, and the keys that it could not hold."""

    text: str
    left_out: tuple[str, ...]


def draft(entries: Mapping[str, str], place: str, new: str) -> Draft:
    """Entries as a text. ``new`` is what a new key is made as, in a word."""
    lines = [_HEAD.format(place=" ".join(place.split()), new=new)]
    left_out: list[str] = []
    for key in sorted(entries):
        line = dotenv_writer.line(key, entries[key])
        if line is None:
            left_out.append(key)
        lines.append(_LEFT_OUT.format(key=key) if line is None else f"{line}\n")
    return Draft("".join(lines), tuple(left_out))


def changes(
    text: str, before: Mapping[str, str], left_out: Collection[str], problems: Problems
) -> dict[str, str]:
    """The values that are new or differ. What is wrong with the text goes to ``problems``."""
    found: dict[str, str] = {}
    for binding in _bindings(text, problems):
        with problems:
            _check(binding, found, before)
            found[binding.name] = "".join(map(str, binding.parts))
    if not problems:  # a line that could not be read is not one that is gone
        gone = [key for key in before if key not in found and key not in left_out]
        remedy = "put the line back; KEY= writes an empty value"
        for key in gone[:_MOST_TOLD]:
            problems.add(f"{key}: its line is gone, and Clovrix deletes no entry", remedy)
        if len(gone) > _MOST_TOLD:
            problems.add(f"and {len(gone) - _MOST_TOLD} more lines are gone", remedy)
    different = {key: value for key, value in found.items() if before.get(key) != value}
    if len(different) > limits.BULK_ITEMS:
        problems.add(
            f"{len(different)} entries differ, and at most {limits.BULK_ITEMS} are written at once",
            "take some of the changes back, and edit again",
        )
    return different


def _check(binding: Binding, found: Mapping[str, str], before: Mapping[str, str]) -> None:
    name, place = binding.name, binding.place
    if not all(isinstance(part, str) for part in binding.parts):
        raise ClovrixConfigError(
            f"{place}: {name}: a ${{…}} is looked up by nobody here", "quote the value with '…'"
        )
    if name in found:
        raise ClovrixConfigError(f"{place}: {name} stands here twice")
    if name not in before and name.startswith(OURS):
        raise ClovrixConfigError(f"{place}: {name} is ours, and no start takes it from Clovrix")
    limits.check_key(name)
    limits.check_value(name, "".join(map(str, binding.parts)))


def _bindings(text: str, problems: Problems) -> list[Binding]:
    """All of them in their order, those included that a program would not be given."""
    read = dotenv_reader.read(text, SOURCE, problems, names_alone=False)
    found = (*read.layer.bindings, *read.settings)
    # What could not be read was reported already.
    known = [binding for binding in found if UNREAD not in binding.parts]
    return sorted(known, key=lambda binding: binding.place.line)
