"""Reads values from the files that ``NAME_FILE`` in the process environment names.

This is the convention for secrets of Docker and Kubernetes. It applies to variables that the
contract declares with ``from_file``. The value counts as one of the process environment.
"""

from __future__ import annotations

import os

from clovrix_env.model.layer import PROCESS, Binding, Location
from clovrix_env.sources.local_files import ValueFiles
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clovrix_env.contract.variable import Variable
    from clovrix_env.errors import Problems

SUFFIX = "_FILE"


def read(
    variables: Iterable[Variable],
    environ: Mapping[str, str],
    fifo_deadline: float | None,
    problems: Problems,
) -> ValueFiles:
    """Read all values that are in separate files. Errors are added to ``problems``.

    A file has at most 1 MiB of UTF-8, and one newline at its end is not part of the value. Reading
    a FIFO waits for a writer until ``fifo_deadline``, a time of ``time.monotonic()``; without one
    the FIFO is skipped.
    """
    bindings: list[Binding] = []
    states: list[files.State] = []
    unread: list[str] = []
    for variable in variables:
        name, name_of_path = variable.name, variable.name + SUFFIX
        path = environ.get(name_of_path)
        if path is None:
            continue
        if name in environ:
            problems.add(f"{name} and {name_of_path} are both set", "unset one of the two")
            unread.append(name)
            continue
        source = f"{name_of_path} ({path})"
        try:
            found = files.read_text(path, fifo_deadline=fifo_deadline)
        except files.Unreadable as error:
            if not isinstance(error, files.FifoNotOpened):
                problems.add(f"{source} {error}")
            unread.append(name)
            continue
        if found is None:
            unread.append(name)
            remedy = f"set {name_of_path} to the file that contains {name}, or unset it"
            problems.add(f"{source} is not a file", remedy)
            continue
        text, state = found
        bindings.append(Binding(name, (files.without_newline(text),), Location(PROCESS, source)))
        states.append(state.replaced(path=os.path.abspath(path)))
        del found, text
    return ValueFiles(tuple(bindings), tuple(states), tuple(unread))
