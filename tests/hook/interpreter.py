"""An interpreter of its own, which has clovrix-env as an installation would: found by itself."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from programs import finish

import clovrix_env
from clovrix_env.cli.hook import LINE, NAME

TOP = Path(clovrix_env.__file__).resolve().parents[1]
HOOK = TOP / "sitecustomize_hook"
# What a program sees of Clovrix and of us.
SEES = (
    "import json, os; print(json.dumps({n: v for n, v in os.environ.items() if n.isupper()}), "
    "flush=True)"
)
PTH, PYTHONPATH = "pth", "PYTHONPATH"
WAYS = [PTH, PYTHONPATH]
PACKAGES = sysconfig.get_path("purelib")


class Interpreter:
    """A virtual environment, made in ``folder``; ``environ`` is all that it is given.

    It has the packages of ``homes``, by default those that the tests have. ``hooked(PTH)`` or
    ``hooked(PYTHONPATH)`` puts the hook in its way; ``on(…)`` switches it on.
    """

    def __init__(self, folder, python=sys.executable, homes=(PACKAGES,), pip=("--without-pip",)):
        subprocess.run([python, "-m", "venv", *pip, folder], check=True)
        self.folder = folder
        self.python = str(folder / "bin" / "python")
        self.packages = next((folder / "lib").glob("python*")) / "site-packages"
        self.work = folder.parent
        self.environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
        # As an editable install does it; .pth files are read in the order of their names.
        lines = "".join(f"{home}\n" for home in (TOP, *homes))
        (self.packages / "a_tree.pth").write_text(lines, encoding="utf-8")

    def hooked(self, way):
        if way == PTH:
            (self.packages / NAME).write_text(LINE, encoding="ascii")
        else:
            self.environ["PYTHONPATH"] = str(HOOK)
        return self

    def on(self, **variables):
        self.environ.update(CLOVRIX_AUTOLOAD="1", **variables)
        return self

    def asks(self, clovrix):
        """Switched on for ``backend`` in ``staging``."""
        return self.on(
            CLOVRIX_API_URL=clovrix.loopback.url,
            CLOVRIX_TOKEN=clovrix.home.token,
            CLOVRIX_PROJECT="backend",
            CLOVRIX_ENVIRONMENT="staging",
        )

    def run(self, *arguments, env=None, **options):
        environ = {**self.environ, **(env or {})}
        return finish([self.python, *arguments], self.work, environ, **options)

    def sees(self, *options, **run):
        """What a program sees that starts: it started, and nothing was said."""
        ended = self.run(*options, "-c", SEES, **run)
        assert (ended.returncode, ended.stderr) == (0, "")
        return json.loads(ended.stdout)


def refused(ran):
    """The one line of a program that was not started, without its beginning."""
    assert ran.returncode == 78, (ran.returncode, ran.stderr)
    assert ran.stdout == ""
    assert ran.stderr.count("\n") == 1, ran.stderr
    assert ran.stderr.startswith("clovrix-env: ")
    return ran.stderr[len("clovrix-env: ") : -1]
