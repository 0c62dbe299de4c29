"""Values that lie in files of their own, which ``NAME_FILE`` of the process environment names.

So it is done with the secrets of Docker and Kubernetes. It counts for variables that the contract
declares with ``from_file``, and such a value is the process's word.
"""

from __future__ import annotations

import os

from clovrix_env import files
from clovrix_env.layers.layer import PROCESS, Binding, Place
from clovrix_env.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clovrix_env.errors import Problems
    from clovrix_env.variable import Variable

SUFFIX = "_FILE"


class ValueFiles(Record):
    """A binding for each value that was found, and how its file was."""

    bindings: tuple[Binding, ...] = ()
    states: tuple[files.State, ...] = ()


def read(
    variables: Iterable[Variable],
    environ: Mapping[str, str],
    deadline: float,
    problems: Problems,
) -> ValueFiles:
    """Every value that lies in a file. What is wrong with one goes to ``problems``.

    At most 1 MiB of UTF-8; one newline at its end is no part of the value. A FIFO is waited for
    until ``deadline``, a time of ``time.monotonic()``.
    """
    bindings: list[Binding] = []
    states: list[files.State] = []
    for variable in variables:
        name, said = variable.name, variable.name + SUFFIX
        path = environ.get(said)
        if not variable.from_file or path is None:
            continue
        if name in environ:
            problems.add(f"{name} and {said} are both set", "unset one of the two")
            continue
        source = f"{said} ({path})"
        try:
            found = files.read_text(path, fifo_deadline=deadline)
        except files.Unreadable as error:
            problems.add(f"{source} {error}")
            continue
        if found is None:
            problems.add(f"{source} is no file", f"name the file that holds {name}, or unset it")
            continue
        text, state = found
        bindings.append(Binding(name, (files.without_newline(text),), Place(PROCESS, source)))
        states.append(state.replaced(path=os.path.abspath(path)))
        del found, text
    return ValueFiles(tuple(bindings), tuple(states))
