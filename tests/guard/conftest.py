"""A bench to run harmless commands on, with a name set and without it."""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from pwd import getpwuid

import pytest
from launch.launcher import Launcher
from programs import finish

_SECONDS = 20
_TERMINAL = "import pty, sys; pty.spawn(sys.argv[1:])"
_LIBRARY = r"""
#include <unistd.h>
const char *sk_api_version(void) { return "sk_api_version"; }
unsigned la_version(unsigned version) { return version; }
__attribute__((constructor)) static void start(void) { (void)!write(2, "taken\n", 6); }
"""


class Bench:
    """``lay(effect)``, then ``run(effect, environ)`` says whether its sign was seen."""

    def __init__(self, folder, home, library):
        self.work = folder / "work"
        self.planted = folder / "planted"
        self.work.mkdir()
        self.planted.mkdir()
        self._changed = (self.work, home)
        self._kept = folder / "kept"
        self.launcher = Launcher(self.work, home)
        self._taken = self.planted / "taken"
        self._texts = {
            "{run}": self._program("run", f"echo taken >> {self._taken}"),
            "{library}": library,
            "{planted}": str(self.planted),
            "{python}": sys.executable,
            "{base}": os.path.realpath(sys.executable),
        }
        # Who runs a command has an editor and a pager that end at once, and a name for git.
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TERM": "xterm",
            "DISPLAY": ":0",
            "EDITOR": "true",
            "PAGER": "cat",
            "GIT_TERMINAL_PROMPT": "0",
            "npm_config_update_notifier": "false",
            # rustup's cargo and rustc find their toolchain there, whatever HOME is.
            "RUSTUP_HOME": rustup_home(),
            **{f"GIT_{who}_NAME": "somebody" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "x@example.invalid" for who in ("AUTHOR", "COMMITTER")},
        }

    def filled(self, text):
        """A text of the table with its places filled in."""
        for place, meant in self._texts.items():
            text = text.replace(place, meant)
        return text

    def variables(self, effect):
        given = {effect.name: effect.value, **effect.along}
        return {name: self.filled(value) for name, value in given.items()}

    def lay(self, effect):
        """Plant the files, and do what comes in advance."""
        for name, text in effect.files.items():
            path = self.planted / name.rstrip("*")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.filled(text))
            path.chmod(0o755 if name.endswith("*") else 0o644)
        if effect.before:
            self._run(["sh", "-ec", self.filled(effect.before)], self.environ).check_returncode()
        for path in self._changed:
            shutil.copytree(path, self._kept / path.name, symlinks=True)

    def reset(self):
        """The working directory and the home as they were laid: no cache of an earlier run."""
        for path in self._changed:
            shutil.rmtree(path)
            shutil.copytree(self._kept / path.name, path, symlinks=True)

    def run(self, effect, environ):
        """Whether the command shows the effect in this environment."""
        self.reset()
        return self.shows(
            effect, self._run(self.command(effect), environ, self.filled(effect.stdin))
        )

    def launch(self, effect):
        """The same command by ``clovrix-exec``, in a folder whose ``.env`` sets the names."""
        lines = (f"{name}='{_quoted(value)}'\n" for name, value in self.variables(effect).items())
        (self.work / ".env").write_text("".join(lines))
        environ = {"PYTHONPATH": str(self.launcher.environ["PYTHONPATH"]), **self.environ}
        return self._run(self.launcher.argv("--", *self.command(effect)), environ)

    def shows(self, effect, result):
        if self._taken.exists():
            self._taken.unlink()
            return True
        return effect.shows in result.stdout

    def command(self, effect):
        words = shlex.split(self.filled(effect.command))
        return [sys.executable, "-I", "-c", _TERMINAL, *words] if effect.terminal else words

    def missing(self, effect):
        """The program that this machine does not have, of those that the effect needs."""
        first = shlex.split(self.filled(effect.command))[0]
        needs = [first] if not first.startswith("./") else []
        needs += ["gcc"] if "{library}" in str(effect) or "gcc" in effect.before else []
        # A library or a package that a row names is held by the row's own program.
        needs += [effect.tool] if effect.tool and not set(":.") & set(effect.tool) else []
        needs += ["mandb"] if first == "man" else []  # some images have a man that only says so
        away = [name for name in needs if not shutil.which(name)]
        if " -m pip " in effect.command and importlib.util.find_spec("pip") is None:
            away.append("pip")
        return away[0] if away else ""

    def _program(self, name, line):
        path = self.planted / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        return str(path)

    def _run(self, command, environ, stdin=""):
        # Its stderr among its stdout: a library tells itself there. A session of its own, so that
        # nobody asks the terminal of whoever runs the tests.
        options = {"input": stdin, "errors": "replace", "start_new_session": True}
        options |= {"stderr": subprocess.STDOUT, "timeout": _SECONDS}
        return finish(command, self.work, environ, **options)


def rustup_home():
    """Where rustup keeps the toolchains of whoever runs the tests."""
    return os.environ.get("RUSTUP_HOME", f"{getpwuid(os.getuid()).pw_dir}/.rustup")


def _quoted(value):
    return value.replace("\\", "\\\\").replace("'", "\\'")


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """A library that says ``taken`` as soon as it is loaded; empty where there is no compiler."""
    if not shutil.which("gcc"):
        return ""
    folder = tmp_path_factory.mktemp("library")
    (folder / "planted.c").write_text(_LIBRARY)
    made = str(folder / "planted.so")
    finish(["gcc", "-shared", "-fPIC", "-o", made, str(folder / "planted.c")], check=True)
    return made


@pytest.fixture
def bench(clean_environment, tmp_path, library):
    return Bench(tmp_path, clean_environment, library)
