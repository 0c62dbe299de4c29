"""Values that lie in files of their own, which ``NAME_FILE`` of the process environment names.

So it is done with the secrets of Docker and Kubernetes. It counts for the variables that the
contract declares with ``from_file``, and such a value is the process's word.
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
    """Every value that is in a file of its own. What is wrong goes to ``problems``.

    At most 1 MiB of UTF-8; one newline at its end is not part of the value. A FIFO is waited for
    until ``fifo_deadline``, a time of ``time.monotonic()``; without one it is not opened.
    """
    bindings: list[Binding] = []
    states: list[files.State] = []
    unread: list[str] = []
    for variable in variables:
        name, said = variable.name, variable.name + SUFFIX
        path = environ.get(said)
        if path is None:
            continue
        if name in environ:
            problems.add(f"{name} and {said} are both set", "unset one of the two")
            unread.append(name)
            continue
        source = f"{said} ({path})"
        try:
            found = files.read_text(path, fifo_deadline=fifo_deadline)
        except files.Unreadable as error:
            if not isinstance(error, files.FifoNotOpened):
                problems.add(f"{source} {error}")
            unread.append(name)
            continue
        if found is None:
            unread.append(name)
            problems.add(f"{source} is no file", f"name the file that holds {name}, or unset it")
            continue
        text, state = found
        bindings.append(Binding(name, (files.without_newline(text),), Location(PROCESS, source)))
        states.append(state.replaced(path=os.path.abspath(path)))
        del found, text
    return ValueFiles(tuple(bindings), tuple(states), tuple(unread))
