"""Writes ``.env.example`` from the contract: each variable with description and example. Pure.

It contains only text of ``.clovrix``, no resolved value, so it can be committed.
"""

from __future__ import annotations

from clovrix_env.sources import dotenv_writer
from clovrix_env.system.terminal import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clovrix_env.contract.variable import Variable

WIDTH = 80
_HEAD = (
    "The environment variables of this project, as declared in .clovrix.",
    "Copy it to .env, fill in the empty values, and remove what you do not need.",
)


def example(variables: Iterable[Variable]) -> str:
    """Return the whole file, without the newline of its last line."""
    blocks = [_HEAD_LINES, *(list(_block(variable)) for variable in variables)]
    return "\n\n".join("\n".join(lines) for lines in blocks)


def _block(variable: Variable) -> Iterator[str]:
    if variable.description:
        yield from _comment(variable.description)
    yield from _comment("; ".join(_facts(variable)))
    shown = variable.default if variable.example is None else variable.example
    line = dotenv_writer.line(variable.name, shown or "")
    # A value that a .env file cannot contain is left empty.
    yield f"{variable.name}=" if line is None else line


def _facts(variable: Variable) -> Iterator[str]:
    """Yield the type, whether a value is required, and the default."""
    yield variable.form
    places = variable.required_in
    if variable.required:
        yield "required"
    elif places:
        yield f"required in {', '.join(places)}"
    else:
        yield "optional"
    if variable.default is not None:
        yield f"default {variable.default}" if variable.default else "empty by default"


def _comment(text: str) -> list[str]:
    from textwrap import wrap

    begin = "# "
    return wrap(
        one_line(text),
        WIDTH,
        initial_indent=begin,
        subsequent_indent=begin,
        break_long_words=False,
        break_on_hyphens=False,
    )


_HEAD_LINES = [line for sentence in _HEAD for line in _comment(sentence)]
