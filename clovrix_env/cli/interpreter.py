"""Run another interpreter to find its packages, and the code that runs when it starts."""

from __future__ import annotations

import json
import os
import subprocess

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_SECONDS = 30
# Both print one line of JSON after this word, because other start-up files may print as well.
_WORD = "clovrix-env-hears "

# A file beside its library marks an interpreter as externally managed (PEP 668). A virtual
# environment belongs to its owner.
_ASK = """
import importlib.util, json, os, sys, sysconfig
packages = sysconfig.get_path("purelib")
beside = [packages, os.path.dirname(packages)]
if sys.prefix == sys.base_prefix:
    beside.append(sysconfig.get_path("stdlib"))
files = [os.path.join(folder, "EXTERNALLY-MANAGED") for folder in beside]
found = importlib.util.find_spec("clovrix_env")
home = os.path.dirname(found.origin) if found is not None and found.origin else None
print(WORD + json.dumps({
    "executable": sys.executable, "version_info": list(sys.version_info[:3]),
    "packages": packages, "home": home,
    "managed": next((file for file in files if os.path.exists(file)), None)}))
"""

# The first line: `-c` puts the working directory before everything else.
_START = """
import sys; sys.path[:] = filter(None, sys.path)
import json, os
hook = sys.modules.get("clovrix_env.hook")
custom = getattr(sys.modules.get("sitecustomize"), "__file__", None) or ""
if os.path.basename(os.path.dirname(custom)) == "sitecustomize_hook":
    custom = None
print(WORD + json.dumps({
    "reached_by": hook.reached_by if hook else [],
    "home": os.path.dirname(hook.__file__) if hook else None,
    "sitecustomize": custom or None}))
"""


class Interpreter(Record):
    """Its executable, version and packages folder, and the folder of ``clovrix_env`` or ``None``.

    ``managed`` is the file that marks it as externally managed, or ``None``.
    """

    executable: str
    version_info: tuple[int, ...]
    packages: str
    home: str | None
    managed: str | None

    @property
    def version(self) -> str:
        return ".".join(map(str, self.version_info))


class Start(Record):
    """The code that ran at its start: the files that reached the hook, the hook's folder, and
    another ``sitecustomize``, or ``None``.
    """

    reached_by: tuple[str, ...]
    home: str | None
    sitecustomize: str | None


def ask(python: str) -> Interpreter:
    """Describe it, independent of the environment. Raises ``ClovrixConfigError``."""
    told = _run(python, ("-I",), _ASK, os.environ)
    told["version_info"] = tuple(told["version_info"])
    return Interpreter(**told)


def start(python: str) -> Start:
    """Start it in this environment, with the switch on and without loading values."""
    told = _run(
        python, (), _START, {**os.environ, "CLOVRIX_AUTOLOAD": "1", "CLOVRIX_DISABLED": "1"}
    )
    return Start(tuple(told["reached_by"]), told["home"], told["sitecustomize"])


def _run(
    python: str, options: Sequence[str], code: str, environ: Mapping[str, str]
) -> dict[str, Any]:
    command = [python, *options, "-c", f"WORD = {_WORD!r}{code}"]
    try:
        ran = subprocess.run(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        raise _no_interpreter(python, "it cannot be started") from None
    for line in ran.stdout.decode("utf-8", "replace").splitlines():
        if line.startswith(_WORD):
            told: dict[str, Any] = json.loads(line[len(_WORD) :])
            return told
    lines = ran.stderr.decode("utf-8", "replace").strip().splitlines()
    # Another program may repeat its arguments, such as the code.
    reasons = [line for line in lines if _WORD.strip() not in line]
    raise _no_interpreter(python, reasons[-1] if reasons else f"it ended with {ran.returncode}")


def _no_interpreter(python: str, why: str) -> ClovrixConfigError:
    return ClovrixConfigError(
        f"{python} does not run as a Python interpreter: {why}",
        "name an interpreter with --python",
    )
