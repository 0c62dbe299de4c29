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

    Of a value with several lines each is hidden, too, for a log shows it line by line.
    """
    hidden = (part for name in values if name not in plain for part in _parts(values[name]))
    return "".join(f"::add-mask::{_escaped(part)}\n" for part in dict.fromkeys(hidden))


def _parts(value: str) -> Iterator[str]:
    # A mask of nothing is refused, and one of white space would hide every gap.
    for part in (value, *value.replace("\r", "\n").split("\n")):
        if part.strip():
            yield part


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
