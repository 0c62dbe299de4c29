"""Python runs this at start-up if this folder is on ``PYTHONPATH``.

If ``CLOVRIX_AUTOLOAD`` is set, it loads the values. Then it runs the ``sitecustomize`` that it
hides. If the variable is unset, it imports nothing of clovrix-env.
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
    except BaseException as error:  # Python would print a warning and run the program
        try:
            os.write(2, b"clovrix-env: the start-up hook is broken: %a\n" % type(error).__name__)
        finally:
            os._exit(78)


def _is_own(home: str) -> bool:
    """Whether this interpreter finds a folder without ``PYTHONPATH``.

    A different Python that inherits the variable does not, and could not run the code in it.
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
    """Whether a ``.pth`` file names a folder: ``sys.path`` has an inherited one only once."""
    try:
        files = [os.path.join(folder, n) for n in os.listdir(folder) if n.endswith(".pth")]
    except OSError:
        return False
    for file in files:
        try:
            with open(file, encoding="utf-8", errors="replace") as lines:
                named = [os.path.realpath(os.path.join(folder, line.strip())) for line in lines]
        except OSError:  # Python skips it as well
            continue
        if home in named:
            return True
    return False


def _run_next() -> None:
    """Run the first ``sitecustomize`` of the later folders, as Python would without this one.

    Earlier ones have run already. This folder is removed from ``sys.path`` meanwhile, because some
    tools run the module that they hide in the same way.
    """
    if _HERE not in sys.path:
        return
    # importlib.machinery and importlib.util have public names for these, and cost over 1 ms.
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
