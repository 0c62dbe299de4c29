"""Keeps Flask's command from reading ``.env`` by itself, or warns that it has.

Flask reads the file if python-dotenv can be imported, which clovrix-env installs. Then a file that
does not count would count after all, and so would names that the guard refuses.
"""

from __future__ import annotations

import os

from clovrix_env.sources import local_files
from clovrix_env.system.files import state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

    from clovrix_env.resolution.inputs import Inputs

SKIP = "FLASK_SKIP_DOTENV"
SKIPS = f"{SKIP}=1 is set for the program, so that Flask does not read the file either"
HAS_READ = (
    f"Flask has read .env before load_env() could: set {SKIP}=1, or start it with clovrix-exec"
)
_FROM_COMMAND = "FLASK_RUN_FROM_CLI"
# The values that Flask reads as "do not skip".
_OFF = ("", "0", "false", "no")


def must_skip(inputs: Inputs, values: Container[str]) -> bool:
    """Whether a default file exists that Flask would read and this load does not.

    Neither ``FLASK_SKIP_DOTENV`` nor a ``.flaskenv`` in the root is overruled: with them the user
    decides. The start-up hook never reads files, so there only ``ignored_in`` matters.
    """
    settings, options = inputs.settings, inputs.options
    if SKIP in inputs.given.environ or SKIP in values:
        return False
    if options.rootless and not local_files.are_ignored(settings):
        return False
    if state_of(os.path.join(settings.root.path, ".flaskenv")).exists:
        return False
    read = {state.path for state in inputs.files.states}
    default = local_files.candidates(settings, options.replaced(files=None))
    return any(path not in read and state_of(path).exists for _, path in default)


def has_read(inputs: Inputs) -> bool:
    """Whether this process is Flask's command and has read the ``.env`` of the root."""
    environ = inputs.given.environ
    return (
        environ.get(_FROM_COMMAND) == "true"
        and environ.get(SKIP, "").lower() in _OFF
        and state_of(os.path.join(inputs.settings.root.path, ".env")).exists
    )
