"""Writes for GitHub Actions: text for the file of ``$GITHUB_ENV``, and commands that mask values.

The runner reads the file when the step ends. A mask takes effect from its own line on, so masks
are printed before the file is written.
"""

from __future__ import annotations

from clovrix_env.export.format import why_invalid_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping

_RUNNERS_OWN = ("GITHUB_", "RUNNER_")
# A shorter mask, such as the { of a JSON file, would hide most of a log.
_FEWEST_TO_MASK = 4


class GitHub:
    """``NAME<<delimiter``, the value, the delimiter. No value may contain ``delimiter``."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter

    def why_not(self, name: str, value: str) -> str:
        if name.upper().startswith(_RUNNERS_OWN) or name.upper() == "NODE_OPTIONS":
            return "cannot be set for later steps: the runner refuses it"
        if value.endswith("\r"):
            return "ends with a carriage return, which a runner on Windows reads as a line ending"
        return why_invalid_name(name)

    def text(self, values: Mapping[str, str]) -> str:
        end = self._delimiter
        return "".join(f"{name}<<{end}\n{value}\n{end}\n" for name, value in values.items())


def delimiter(values: Mapping[str, str], draw: Callable[[], str]) -> str:
    """Draw delimiters until one occurs in no value."""
    while True:
        drawn = draw()
        if not any(drawn in value for value in values.values()):
            return drawn


def masks(values: Mapping[str, str], plain: Container[str]) -> str:
    """Return the commands that hide values in the log, except those of ``plain`` names.

    A value of several lines is masked line by line, because a log shows lines. If it were masked as
    a whole, the runner would mask all of its lines, the short ones, too.
    """
    hidden = (part for name in values if name not in plain for part in _parts(values[name]))
    return "".join(f"::add-mask::{_escaped(part)}\n" for part in dict.fromkeys(hidden))


def unmasked(values: Mapping[str, str], plain: Container[str]) -> list[str]:
    """Return the names whose values are not empty but have no line that can be masked."""
    return [
        name
        for name, value in values.items()
        if name not in plain and value.strip() and not any(_parts(value))
    ]


def _parts(value: str) -> Iterator[str]:
    # An empty mask is refused, and one of white space would hide every space.
    lines = [line for line in value.replace("\r", "\n").split("\n") if line.strip()]
    for line in lines:
        if len(lines) == 1 or sum(map(str.isalnum, line)) >= _FEWEST_TO_MASK:
            yield line


def _escaped(text: str) -> str:
    return text.replace("%", "%25")
