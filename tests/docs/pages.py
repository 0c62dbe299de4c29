"""A page of the documentation, taken apart and run from top to bottom.

A block of ``console``, ``python``, ``toml`` or ``dotenv`` is run or checked, in order, in one empty
folder with one environment:

- ``console``: a line that begins with ``$ `` is a command of one shell, ``> `` goes on with it. The
  lines below are what it prints; ``…`` stands for anything, in a line or as lines. Where there are
  none, it has to end with 0.
- ``python``: one interpreter a page, started in the shell's environment by the first block.
  ``print(x)  # text`` has to print that text; a ``text`` block right below is all that it prints.
- A block below a line that ends in a file's name and a colon is written to that file: a ``.py``
  where it is ``python``, a ``.clovrix`` or ``.toml``, a ``.env``, a ``Makefile``, a ``.sh``.
- ``pycon`` is an example of a docstring, which tests/client/test_face.py runs.
- Any other ``toml`` is a ``.clovrix`` and any other ``dotenv`` a ``.env``: each has to be right.

Comments of three kinds are for this reader and not for people. ``<!-- given: store -->`` gives the
page an embedded store with entries, ``server`` the same behind HTTP with a token, which from
``outage`` to ``recovery`` answers 503, ``gunicorn`` a stand-in for that command, ``installation`` a
virtual environment ``.venv`` that has clovrix-env, ``postgres`` a database server and the service
``clovrix`` of libpq for a database in it, ``python`` a new interpreter, ``shell`` a new
shell in the same folder, ``example PATH`` a file of ``docs/examples``; ``flask`` skips the page
where that is not installed, ``command NAME`` where that command is not, and ``programs``
installs the frameworks of the examples; ``<!-- setup: …``
holds console lines; ``<!-- typed: y -->`` runs each command of the next block on a terminal of its
own, in a child of the shell, and answers its question; ``<!-- not run: REASON -->`` leaves the next
block out.
"""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Optional

import pytest
from loopback import serve
from postgres import BINARIES, running
from registry import programs

from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.errors import Problems
from clovrix_env.settings import project_file, project_reader
from clovrix_env.sources import dotenv_reader
from clovrix_env.store import master_key, sqlite
from clovrix_env.store.answer import Store

TOP = Path(__file__).resolve().parents[2]
RUN = ("console", "python", "printed", "toml", "dotenv")
SHOWN = ("text", "pycon", "dockerfile", "yaml", "ini", "makefile", "bash", "json")

_PART = re.compile(
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```$|^<!-- (?P<comment>.*?) ?-->$",
    re.MULTILINE | re.DOTALL,
)
_FILE = re.compile(r"`([^`\s]+)`:\s*\Z")
_FILES_OF = {
    "python": r".+\.py",
    "toml": r"\.clovrix|.+\.toml",
    "dotenv": r".*\.env.*",
    "makefile": "Makefile",
    "bash": r"\.envrc|.+\.sh",
}
_PRINTED = re.compile(r"^\s*print\(.*\)\s+# (.+)$", re.MULTILINE)
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf-8"}
_END = "-- end of a command --"
_BIN = os.path.dirname(sys.executable)
_ENTRIES = {
    "backend": {
        "GREETING": "hello",
        "LOG_LEVEL": "info",
        "DATABASE_URL": "postgres://db.internal/app",
        "SENTRY_DSN": "https://key@sentry.invalid/1",
    },
    "shared": {"REGION": "eu-central", "LOG_LEVEL": "warning"},
}
_INTERPRETER = """
import contextlib, io, json, sys, traceback
sys.path.insert(0, "")
names = {"__name__": "__main__"}
for line in sys.stdin:
    said, failed = io.StringIO(), ""
    with contextlib.redirect_stdout(said):
        try:
            exec(compile(json.loads(line), "the page", "exec"), names)
        except BaseException:
            failed = traceback.format_exc()
    print(json.dumps([said.getvalue(), failed]), flush=True)
"""


# Runs a command on a terminal of 80 columns, and types an answer where it waits behind a colon.
_TERMINAL = """
import os, pty, sys, time
answer, end = [sys.argv[1] + "\\n"], b""
def read(terminal):
    global end
    text = os.read(terminal, 65536)
    end = (end + text)[-2:]  # the blank of a prompt may come alone
    if end == b": " and answer:
        time.sleep(0.3)  # what is typed before a prompt hides it is thrown away
        os.write(terminal, answer.pop().encode())
    return text
sys.exit(pty.spawn(["bash", "-c", "stty cols 80 && " + sys.argv[2]], read) >> 8)
"""


class Block(NamedTuple):
    """A fenced block or a comment for the reader: its text and what the page says about it."""

    line: int
    language: str
    text: str
    file: Optional[str] = None
    not_run: Optional[str] = None
    typed: Optional[str] = None


def all_pages():
    """The pages at the top and every page below ``docs``, by its path."""
    below = sorted(str(path.relative_to(TOP)) for path in TOP.glob("docs/**/*.md"))
    return ["CONTRIBUTING.md", "README.md", "SECURITY.md", *below]


def text_of(page):
    return (TOP / page).read_text(encoding="utf-8")


def blocks_of(text):
    """The blocks of a page; a comment for the reader is one of language ``given`` or ``setup``."""
    reason = typed = None
    above, end = "", 0
    for part in _PART.finditer(text):
        line = text.count("\n", 0, part.start()) + 1
        if part["comment"] is None:
            language = part["language"]
            if language == "text" and above == "python" and not text[end : part.start()].strip():
                language = "printed"
            above, end = language, part.end()
            named = _FILE.search(text[: part.start()])
            is_file = named and re.fullmatch(_FILES_OF.get(language, ""), named[1])
            file = named[1] if is_file else None
            yield Block(line, language, part["text"], file, reason, typed)
            reason = typed = None
            continue
        kind, _, rest = part["comment"].partition(":")
        if kind == "not run":
            reason = rest.strip()
        elif kind == "typed":
            typed = rest.strip()
        elif kind in ("given", "setup"):
            yield Block(line, kind, rest.strip())


class Session:
    """The folder, shell and interpreter that one page is run in."""

    def __init__(self, folder, factory=None):
        self._factory = factory
        self._home = folder / "home"
        self._work = folder / "work"
        for made in (self._home, self._work):
            made.mkdir(mode=0o700)
        path = f"{_scripts(folder / 'bin')}{_BIN}:{os.environ['PATH']}"
        environ = {"PATH": path, "HOME": str(self._home), "LANG": "C.UTF-8"}
        if not (Path(_BIN) / "clovrix-exec").exists():
            environ["PYTHONPATH"] = str(TOP)
        self._environ = environ
        self._shell = self._open_shell(self._work)
        self._python = None
        self._printed = ""
        self._running = ExitStack()
        self._server = None

    def _open_shell(self, folder):
        words = ["bash", "--norc", "--noprofile"]
        place = {"cwd": folder, "env": self._environ, "start_new_session": True}
        return subprocess.Popen(words, stderr=subprocess.STDOUT, **_PIPES, **place)

    def close(self):
        self._running.close()
        self._give_python()
        os.killpg(self._shell.pid, signal.SIGKILL)  # and what runs in its background
        self._shell.communicate()

    def do(self, block):
        """Run or check one block; AssertionError where it is not as the page says."""
        if block.language == "given":
            kind, *words = block.text.split()
            getattr(self, f"_give_{kind}")(*words)
        elif block.file is not None:
            path = self._folder() / block.file.replace("~", str(self._home))
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.language in ("console", "setup"):
            for command, expected in _commands(block.text):
                if block.typed is not None:
                    command = shlex.join([sys.executable, "-c", _TERMINAL, block.typed, command])
                self._command(command, expected)
        elif block.language == "python":
            self._interpret(block.text)
        elif block.language == "printed":
            assert _matches(self._printed, block.text.splitlines()), f"printed:\n{self._printed}"
        elif block.language in ("toml", "dotenv"):
            problems = Problems()
            if block.language == "toml":
                project_reader.parse(block.text, project_file.NAME, problems)
            else:
                dotenv_reader.read(block.text, ".env", problems)
            problems.raise_if_any()

    def _command(self, command, expected):
        said, status = self._ask_shell(command)
        if expected:
            wrong = f"$ {command}\nprinted:\n{said}\nand not:\n" + "\n".join(expected)
            assert _matches(said, expected), wrong
        else:
            assert status == 0, f"$ {command}\nended with {status}:\n{said}"

    def _ask_shell(self, command):
        # `$?` goes on from command to command, as in a shell that somebody types into.
        self._shell.stdin.write(
            f"{{ {command}\n}} </dev/null; _s=$?; printf '\\n{_END}%s\\n' $_s; (exit $_s)\n"
        )
        self._shell.stdin.flush()
        lines = []
        for line in self._shell.stdout:
            if line.startswith(_END):
                printed = _ESCAPE.sub("", "".join(lines)[:-1].rstrip("\n"))
                return printed, int(line[len(_END) :])
            lines.append(line)
        raise AssertionError(f"the shell ended at: {command}\n{''.join(lines)}")

    def _folder(self):
        return Path(self._ask_shell("pwd")[0])

    def _interpret(self, code):
        if self._python is None:
            self._ask_shell("env -0 > ~/environ")
            pairs = (self._home / "environ").read_text(encoding="utf-8").rstrip("\0").split("\0")
            place = {"cwd": self._folder(), "env": dict(pair.split("=", 1) for pair in pairs)}
            words = [sys.executable, "-c", _INTERPRETER]
            self._python = subprocess.Popen(words, **_PIPES, **place)
        self._python.stdin.write(json.dumps(code) + "\n")
        self._python.stdin.flush()
        said, failed = json.loads(self._python.stdout.readline())
        assert not failed, failed
        self._printed = said.rstrip("\n")
        expected = _PRINTED.findall(code)
        assert not expected or _matches(self._printed, expected), f"printed:\n{said}"

    def _give_python(self):
        if self._python is not None:
            self._python.kill()
            self._python.communicate()
            self._python = None

    def _give_shell(self):
        folder = self._folder()
        self._shell.kill()
        self._shell.communicate()
        self._shell = self._open_shell(folder)

    def _give_gunicorn(self):
        stand_in = self._home / "bin" / "gunicorn"
        stand_in.parent.mkdir()
        stand_in.write_text("#!/bin/sh\necho gunicorn has started\n", encoding="utf-8")
        stand_in.chmod(0o755)
        self._command("export PATH=~/bin:$PATH", [])

    def _give_installation(self):
        folder = self._folder() / ".venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        packages = next((folder / "lib").glob("python*")) / "site-packages"
        has = f"{TOP}\n{sysconfig.get_path('purelib')}\n"
        (packages / "installed.pth").write_text(has, encoding="utf-8")
        self._command("unset PYTHONPATH; export PATH=$PWD/.venv/bin:$PATH", [])

    def _give_postgres(self):
        server = self._running.enter_context(running())
        place = f"host={server.folder}\nuser=postgres\ndbname=clovrix"
        (self._home / ".pg_service.conf").write_text(f"[clovrix]\n{place}\n")
        self._command(f"export PATH={BINARIES}:$PATH PGHOST={server.folder} PGUSER=postgres", [])

    def _give_server(self):
        self._give_store()
        key = master_key.find({"HOME": str(self._home)})
        store = self._running.enter_context(Store.open(str(self._home / "given/store.db"), key))
        self._server = self._running.enter_context(serve(store))
        token = store.create_token(["backend"], role="read")
        self._command(f"export CLOVRIX_API_URL={self._server.url} CLOVRIX_TOKEN={token}", [])

    def _give_flask(self):
        pytest.importorskip("flask")

    def _give_programs(self):
        found = programs(self._factory)
        self._command(f"export PYTHONPATH={found} PATH={found}/bin:$PATH", [])

    def _give_command(self, name):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")

    def _give_example(self, path):
        shutil.copy(TOP / "docs" / "examples" / path, self._folder())

    def _give_outage(self):
        self._server.fault("answer", status=503)

    def _give_recovery(self):
        self._server.heal()

    def _give_store(self):
        path = self._home / "given" / "store.db"
        key = master_key.generate("the page")
        master_key.save(key, str(self._home / ".config/clovrix-env/master.key"))
        sqlite.create(str(path), key)
        with Store.open(str(path), key) as store:
            for project, entries in _ENTRIES.items():
                store.create_project(project)
                items = tuple(WriteItem(k, v, k == "SENTRY_DSN") for k, v in entries.items())
                for environment in ("development", "production"):
                    store.create_environment(project, environment)
                    call = Call("set_entries", project, environment, items=items)
                    assert store.answer(call).status == 200
        self._command(f"export CLOVRIX_API_URL=file:{path}", [])


def _commands(text):
    """Each command of a console block, with the lines that it has to print."""
    first, *others = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not first, f"these lines stand before any command: {first}"
    for lines in others:
        command, *rest = lines.rstrip().splitlines()
        while rest and rest[0].startswith("> "):
            command += f"\n{rest.pop(0)[2:]}"
        yield command, rest


def _matches(said, expected):
    """Whether a text is these lines; ``…`` is any text of a line, or alone any lines."""
    pattern = ""
    for line in "\n".join(expected).rstrip().splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += re.escape(line.rstrip()).replace("…", ".*") + r"[^\S\n]*\n"
    return re.fullmatch(pattern, said + "\n") is not None


def _scripts(folder):
    """Our two commands where they are not installed, as a folder for PATH: else nothing."""
    modules = {"clovrix-exec": "exec", "clovrix-env": "main"}
    missing = [name for name in modules if not (Path(_BIN) / name).exists()]
    for name in missing:
        folder.mkdir(exist_ok=True)
        script = folder / name
        script.write_text(
            f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(TOP)!r})\n"
            f"from clovrix_env.cli.{modules[name]} import main\nmain()\n",
            encoding="utf-8",
        )
        script.chmod(0o755)
    return f"{folder}:" if missing else ""
