"""``clovrix-exec`` as a real process, in an environment written out to its last variable."""

import os
import subprocess
import sys
import time
from itertools import combinations

import clovrix_env

TOKEN = "icr_launcher_0123456789abcdefghijklmnop"
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(clovrix_env.__file__)))
_SCRIPT = os.path.join(os.path.dirname(sys.executable), "clovrix-exec")
_START = "from clovrix_env.cli.exec import main; main()"
_SECONDS = 20
_STREAMS = ("<&-", ">&-", "2>&-")
CLOSINGS = [" ".join(some) for count in range(4) for some in combinations(_STREAMS, count)]
# A background job: what the shell sets to be ignored stays so.
BACKGROUND = ("sh", "-c", '"$@" & wait $!', "sh")


class Launcher:
    """``launcher(…)`` runs ``clovrix-exec …`` in ``folder``, whose ``.env`` says GREETING=hello.

    ``env=`` adds to ``environ``, or unsets what is ``None``; ``through=`` is a command in front.
    """

    def __init__(self, folder, home):
        self.folder = folder
        # By PYTHONPATH the code that the tests import, whatever is installed.
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": _ROOT}
        self._started = []

    @staticmethod
    def argv(*arguments, python=()):
        """The command line: the installed script, else what it would do."""
        if os.path.exists(_SCRIPT):
            return [*([sys.executable, *python] if python else []), _SCRIPT, *arguments]
        return [sys.executable, *python, "-c", _START, *arguments]

    def given(self, env):
        whole = {**self.environ, **env}
        return {name: value for name, value in whole.items() if value is not None}

    def __call__(self, *arguments, through=(), python=(), **more):
        return self.plain(*through, *self.argv(*arguments, python=python), **more)

    def plain(self, *command, env=None, **options):
        """The same surroundings without ``clovrix-exec``."""
        return subprocess.run(command, **{"timeout": _SECONDS, **self._around(env, options)})

    def start(self, *arguments, through=(), **more):
        """The same without waiting for its end."""
        return self.start_plain(*through, *self.argv(*arguments), **more)

    def start_plain(self, *command, env=None, **options):
        """The same surroundings without ``clovrix-exec``, without waiting for its end."""
        process = subprocess.Popen(command, **self._around(env, options))
        self._started.append(process)
        return process

    def _around(self, env, options):
        streams = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
        place = {"stdin": subprocess.DEVNULL, "cwd": self.folder, "env": self.given(env or {})}
        return {**place, **streams, **options}

    def stop(self):
        for process in self._started:
            process.kill()
            process.communicate()


def closing(how):
    """A command in front that closes some of the three streams."""
    return ("sh", "-c", f'exec "$@" {how}', "sh")


def until(condition, seconds=50):
    """Wait until something holds; a test that waits in vain fails."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.0005)


def environment(result):
    """What ``env -0`` printed, without our marker."""
    assert result.returncode == 0, result.stderr
    items = (item.partition(b"=") for item in result.stdout.split(b"\0") if item)
    return {name: value for name, _, value in items if name != b"__CLOVRIX_ENV"}


def refusal(result, status=125):
    """The lines of a start that failed with a status, each without its beginning."""
    assert result.returncode == status, (result.returncode, result.stderr)
    assert result.stdout == b""
    text = result.stderr.decode()
    assert text.endswith("\n")
    lines = text.splitlines()
    assert all(line.startswith("clovrix-exec: ") for line in lines), text
    return [line[len("clovrix-exec: ") :] for line in lines]
