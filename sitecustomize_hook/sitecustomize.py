"""Run by Python at its start where this folder is on ``PYTHONPATH``.

Where ``CLOVRIX_AUTOLOAD`` is set it loads; then it runs the ``sitecustomize`` that it hides. While
the variable is unset it imports nothing.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HERE = os.path.dirname(__file__)


def _load() -> None:
    try:
        if _is_own(os.path.dirname(os.path.realpath(_HERE))):
            from clovrix_env.hook import load

            load("sitecustomize")
    except BaseException as error:  # an exception would be told as a warning, and the program run
        try:
            os.write(2, b"clovrix-env: the start-up hook is broken: %a\n" % type(error).__name__)
        finally:
            os._exit(78)


def _is_own(home: str) -> bool:
    """Whether this interpreter finds a folder without ``PYTHONPATH``.

    A system's Python that inherits the variable does not, and could not run what lies there.
    """
    import site

    inherited = set(map(os.path.realpath, os.environ.get("PYTHONPATH", "").split(os.pathsep)))
    folders = [*site.getsitepackages(), *([site.USER_SITE] if site.ENABLE_USER_SITE else [])]
    own = {os.path.realpath(folder) for folder in filter(None, folders)}
    return (
        home in own
        or home in set(map(os.path.realpath, sys.path)) - inherited
        or (home in inherited and any(_names(folder, home) for folder in own))
    )


def _names(folder: str, home: str) -> bool:
    """Whether a ``.pth`` file names a folder: one that is inherited as well stands there once."""
    try:
        files = [os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".pth")]
    except OSError:
        return False
    for file in files:
        try:
            with open(file, encoding="utf-8", errors="replace") as lines:
                named = [os.path.realpath(os.path.join(folder, line.strip())) for line in lines]
        except OSError:  # Python passes over it as well
            continue
        if home in named:
            return True
    return False


def _run_next() -> None:
    """Run the first ``sitecustomize`` of the folders behind this one, as if this were not here.

    Those in front have run already, and some tools run what they hide by the same means as we do:
    so this folder is not on ``sys.path`` meanwhile.
    """
    if _HERE not in sys.path:
        return
    # What importlib.machinery and importlib.util name publicly costs a start 1 ms and more.
    from _frozen_importlib import module_from_spec
    from _frozen_importlib_external import PathFinder

    at = sys.path.index(_HERE)
    found = PathFinder.find_spec(__name__, sys.path[at + 1 :])
    if found is None:
        return
    loader: Any = found.loader
    module = sys.modules[__name__] = module_from_spec(found)
    del sys.path[at]
    try:
        loader.exec_module(module)
    finally:
        sys.path.insert(at, _HERE)


if "CLOVRIX_AUTOLOAD" in os.environ:
    _load()
_run_next()
