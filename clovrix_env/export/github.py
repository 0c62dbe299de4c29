"""For GitHub Actions: a text for the file of ``$GITHUB_ENV``, and the commands that mask values.

The runner reads the file when the step ends. A mask counts from the line that sets it, so those
are printed before the file is written.
"""

from __future__ import annotations

from clovrix_env.export.format import why_no_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping

_RUNNERS_OWN = ("GITHUB_", "RUNNER_")
# A mask of less, such as the { of a JSON file, would hide most of a log.
_FEWEST_TO_MASK = 4


class GitHub:
    """``NAME<<delimiter``, the value, the delimiter. ``delimiter`` must be in no value."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter

    def why_not(self, name: str, value: str) -> str:
        if name.upper().startswith(_RUNNERS_OWN) or name.upper() == "NODE_OPTIONS":
            return "cannot be set for later steps: the runner does not let it"
        if value.endswith("\r"):
            return "ends with a carriage return, which a runner on Windows takes for a line's end"
        return why_no_name(name)

    def text(self, values: Mapping[str, str]) -> str:
        end = self._delimiter
        return "".join(f"{name}<<{end}\n{value}\n{end}\n" for name, value in values.items())


def delimiter(values: Mapping[str, str], draw: Callable[[], str]) -> str:
    """A delimiter that stands in no value: drawn anew until it does not."""
    while True:
        drawn = draw()
        if not any(drawn in value for value in values.values()):
            return drawn


def masks(values: Mapping[str, str], plain: Container[str]) -> str:
    """The commands that hide values in the log, those of ``plain`` names excepted.

    A value of several lines is hidden line by line, as a log shows it. Masked as a whole, the
    runner would split it, and mask every line of it.
    """
    hidden = (part for name in values if name not in plain for part in _parts(values[name]))
    return "".join(f"::add-mask::{_escaped(part)}\n" for part in dict.fromkeys(hidden))


def unmasked(values: Mapping[str, str], plain: Container[str]) -> list[str]:
    """The names whose values have no line that can be masked, though there is something in it."""
    return [
        name
        for name, value in values.items()
        if name not in plain and value.strip() and not any(_parts(value))
    ]


def _parts(value: str) -> Iterator[str]:
    # A mask of nothing is refused, and one of white space would hide every gap.
    lines = [line for line in value.replace("\r", "\n").split("\n") if line.strip()]
    for line in lines:
        if len(lines) == 1 or sum(map(str.isalnum, line)) >= _FEWEST_TO_MASK:
            yield line


def _escaped(text: str) -> str:
    return text.replace("%", "%25")
