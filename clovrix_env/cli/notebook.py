"""The magic ``%clovrix`` of IPython and Jupyter, which ``%load_ext clovrix_env`` registers."""

from __future__ import annotations

import shlex
from functools import partial

from clovrix_env.errors import ClovrixConfigError, ClovrixError
from clovrix_env.load import load_env
from clovrix_env.system.error_lines import lines_of
from clovrix_env.system.terminal import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clovrix_env.resolution.environment import Environment


def load_ipython_extension(shell: Any) -> None:
    """Register the magic; IPython calls this for ``%load_ext clovrix_env``."""
    shell.register_magic_function(clovrix)


def clovrix(line: str) -> Environment:
    """Set all values in os.environ and show where each comes from, without any value.

    %clovrix [PROJECT [ENVIRONMENT]]

    The defaults of both are those of load_env().
    """
    try:
        return load_env(*_words(line))
    except ClovrixError as error:
        # IPython prints these lines in place of a traceback. The cell fails all the same.
        lines = [one_line(text) for text in lines_of(error, without="load_env(remote=False)")]
        vars(error)["_render_traceback_"] = partial(list, lines)
        raise


def _words(line: str) -> list[str]:
    try:
        words = shlex.split(line)
    except ValueError:  # a quote without its end
        raise _usage() from None
    if len(words) > 2 or any(word.startswith("-") for word in words):
        raise _usage()
    return words


def _usage() -> ClovrixConfigError:
    return ClovrixConfigError(
        "%clovrix accepts a project and an environment only",
        "write %clovrix [PROJECT [ENVIRONMENT]], or call load_env() for its other arguments",
    )
