"""Every way into clovrix-env: how it is run in a ``Scene``, and what comes of it.

The one table that ``secrecy``, ``faults`` and ``hostile`` share. ``traits`` say what an entry point
does, which decides what it can meet. ``clovrix-env demo`` is left out: it makes all that it shows
by itself, and shows it on purpose. So is ``--reveal``.
"""

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress

from launch.launcher import Launcher
from scene import KEY, Outcome

from clovrix_env import AsyncClient, Client, load_env, resolve_env

_SECONDS = 20
_LATER_SECONDS = 0.1
_COMMAND = (sys.executable, "-m", "clovrix_env")


class EntryPoint:
    """``entry_point(scene)`` goes through it once."""

    def __init__(self, name, run, *traits):
        self.name = name
        self._run = run
        self.traits = frozenset(traits)

    def __call__(self, scene):
        with scene.entered():
            return self._run(scene)

    def __repr__(self):
        return self.name


def outcome_of(act):
    try:
        act()
    except Exception as error:
        return Outcome(error)
    return Outcome()


_SHORT = {
    "get_entries": "get_all",
    "get_entry": "get",
    "set_entry": "set",
    "set_entries": "set_many",
}


class GaveUp(Exception):
    """What a caller's own signal handler raises when its patience ends."""


@contextmanager
def _patience(scene):
    """A caller whose patience ends with an exception out of a signal handler, while we wait."""
    if not scene.gives_up:
        yield
        return

    def give_up(number, frame):
        raise GaveUp("it takes too long")

    def signal_when_asked():
        _until_asked(scene)
        os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, give_up)
    timer = threading.Thread(target=signal_when_asked)
    timer.start()
    try:
        yield
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)


def _until_asked(scene):
    end = time.monotonic() + _SECONDS
    while scene.server and not scene.server.requests and time.monotonic() < end:
        time.sleep(0.002)


def _client(scene, kind, later=0.0):
    options = {} if scene.timeout is None else {"timeout": scene.timeout + later}
    options |= {"http_client": scene.brought, "max_retries": scene.retries}
    return kind(scene.token, scene.url, **options)


def _ask(client, scene, operation, scoped):
    arguments = {
        "get_entries": lambda: (),
        "get_entry": lambda: (scene.key,),
        "set_entry": lambda: (scene.key, scene.value, True),
        "set_entries": lambda: (scene.batch(),),
        "get_history": lambda: (scene.key,),
        "restore_entry": lambda: (scene.key, 1),
        "delete_entry": lambda: (scene.key,),
        "get_log": lambda: (),
    }[operation]()
    place = (scene.project, scene.environment)
    if scoped:
        return getattr(client.scope(*place), _SHORT[operation])(*arguments)
    return getattr(client, operation)(*place, *arguments)


def _makes(kind):
    return lambda scene: outcome_of(lambda: _client(scene, kind))


def _sync(operation, scoped):
    def ask(scene):
        with _client(scene, Client) as client, _patience(scene):
            _ask(client, scene, operation, scoped)

    return lambda scene: outcome_of(lambda: ask(scene))


def _async(operation, scoped):
    async def ask(scene):
        async with _client(scene, AsyncClient) as client:
            work = _ask(client, scene, operation, scoped)
            await (asyncio.wait_for(work, 0.1) if scene.gives_up else work)

    return lambda scene: outcome_of(lambda: asyncio.run(ask(scene)))


def _function(function, by_client=False):
    def ask(scene, **options):
        if scene.timeout is not None:
            options["timeout"] = scene.timeout
        with _patience(scene):
            function(scene.project, scene.environment, **options, **scene.options)

    def ask_by_client(scene):
        # Its own deadline is later, and soon enough: closed in the middle of a handshake, httpcore
        # leaves the socket to the garbage collector.
        with _client(scene, Client, _LATER_SECONDS) as client:
            try:
                ask(scene, client=client)
            finally:
                time.sleep(2 * _LATER_SECONDS if scene.timeout else 0)

    return lambda scene: outcome_of(lambda: (ask_by_client if by_client else ask)(scene))


def process(scene, argv):
    """What a process in the scene wrote, and its command line while it ran."""

    def limit():
        for kind, most in scene.limits.items():
            resource.setrlimit(kind, (most, most))

    out, err = scene.output / "out", scene.output / "err"
    seen = set()
    with open(out, "wb") as stdout, open(err, "wb") as stderr:
        streams = {"stdin": subprocess.DEVNULL, "stdout": stdout, "stderr": stderr}
        place = {"cwd": scene.folder, "env": scene.variables()}
        limited = limit if scene.limits else None
        child = subprocess.Popen(argv, preexec_fn=limited, **streams, **place)
        if scene.gives_up:
            seen |= _command_lines(child.pid)
            _until_asked(scene)
            child.terminate()
        end = time.monotonic() + _SECONDS
        while child.poll() is None and time.monotonic() < end:
            seen |= _command_lines(child.pid)
            time.sleep(0.004)
        child.kill()
        status = child.wait()
    texts = {"stdout": out.read_bytes(), "stderr": err.read_bytes()}
    if not scene.shows_arguments:
        texts["the command line"] = b"\0".join(seen)
    return Outcome(None, status, **texts)


def _command_lines(pid):
    """The command lines of a process and its children, which everybody on the machine can read."""
    found = set()
    children = []
    with suppress(OSError):
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            found.add(file.read())
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = [int(child) for child in file.read().split()]
    return found.union(*map(_command_lines, children))


def _timeout(scene):
    return [] if scene.timeout is None else ["--timeout", str(scene.timeout)]


def _place(scene):
    return [] if scene.project is None else [scene.project, str(scene.environment)]


def _launcher(*first):
    def run(scene):
        words = [*Launcher.argv(*first), *scene.words, *_timeout(scene), *_place(scene)]
        return process(scene, [*words, "--", *scene.command])

    return run


def _command(words, *, place=True):
    """``clovrix-env …``. ``VALUE`` and ``IMPORT`` are files that hold the value to write."""

    def run(scene):
        scene.planted.add(scene.folder / "exported.json")
        files = {
            "VALUE": lambda: scene.write("value.txt", scene.value),
            "IMPORT": lambda: scene.write("import.json", json.dumps({scene.key: scene.value})),
        }
        given = [str(files[word]()) if word in files else word for word in words.split()]
        names_both = given[0] in ("copy", "diff")
        at = ["-p", scene.project, *([] if names_both else ["-e", scene.environment])]
        at = [*scene.words, *at, *_timeout(scene)] if place else []
        return process(scene, [*_COMMAND, *given, *at])

    return run


# A program that loads, and then is ``env``.
_LOADS_AND_SHOWS = """\
import os, sys
import clovrix_env
try:
    clovrix_env.load_env(*sys.argv[1:])
except clovrix_env.ClovrixError as error:
    problems = getattr(error, "problems", (str(error),))
    for line in (*problems, getattr(error, "remedy", "")):
        if line:
            print("clovrix-env:", line, file=sys.stderr)
    print(repr(error))
    sys.exit(125)
os.environ.pop("CLOVRIX_TOKEN", None)
os.execvp("env", ["env"])
"""
# What a start file calls, which cannot say a deadline; it asks again at once.
_HOOK = """\
import os, sys
from clovrix_env import hook
from clovrix_env.client import exchange
if len(sys.argv) > 1:
    from clovrix_env.settings import settings
    settings.TIMEOUT = float(sys.argv[1])
exchange._chance = lambda: 0.0
hook.load("test")
os.environ["__CLOVRIX_ENV"]
"""


def _program(scene):
    return process(scene, [sys.executable, "-c", _LOADS_AND_SHOWS, *_place(scene)])


def _hook(scene):
    place = dict(zip(("CLOVRIX_PROJECT", "CLOVRIX_ENVIRONMENT"), _place(scene)))
    scene.environ.update(place, CLOVRIX_AUTOLOAD="1")
    timeout = () if scene.timeout is None else (str(scene.timeout),)
    return process(scene, [sys.executable, "-c", _HOOK, *timeout])


def _sdk():
    for operation, short in _SHORT.items():
        traits = ("sdk", "asks", "reads" if "get" in operation else "writes", operation)
        for scoped in (False, True):
            dotted = f"scope().{short}" if scoped else operation
            yield EntryPoint(f"Client.{dotted}", _sync(operation, scoped), *traits)
            asyncs = (*traits, "by httpx")
            yield EntryPoint(f"AsyncClient.{dotted}", _async(operation, scoped), *asyncs)


_READS = ("asks", "reads", "own token")
_LOADS = ("asks", "reads", "loads", "own token")
_LAUNCHES = (*_LOADS, "launches", "starts", "waits")
_EXPLAINS = (*_LOADS, "explains")
_TOKEN_CREATE = "local token create --project backend --role read"
_ALL = [
    EntryPoint("Client()", _makes(Client), "client"),
    EntryPoint("AsyncClient()", _makes(AsyncClient), "client"),
    *_sdk(),
    *(
        EntryPoint(f"{kind}.{operation}", ask(operation, False), "owns")  # of a store only
        for operation in ("get_history", "restore_entry", "delete_entry", "get_log")
        for kind, ask in (("Client", _sync), ("AsyncClient", _async))
    ),
    EntryPoint("load_env", _function(load_env), *_LOADS, "function"),
    EntryPoint("resolve_env", _function(resolve_env), *_LOADS, "function"),
    EntryPoint(
        "resolve_env(client=)",
        _function(resolve_env, True),
        *("asks", "reads", "loads", "function", "by client"),
    ),
    EntryPoint("a program that loads", _program, "program"),
    EntryPoint("the start-up hook", _hook, *_READS, "starts", "hooks"),
    EntryPoint("clovrix-exec", _launcher(), *_LAUNCHES),
    EntryPoint("clovrix-exec -v", _launcher("-v"), *_LAUNCHES),
    EntryPoint("clovrix-exec --explain", _launcher("--explain"), *_EXPLAINS),
    *(
        EntryPoint(f"clovrix-env {words}", _command(words), *traits)
        for words, traits in {
            "explain": _EXPLAINS,
            "explain --json": _EXPLAINS,
            "diff staging staging --all": (*_READS, "declares", "compares"),
            "export --format json -o exported.json": _LOADS,
            "import IMPORT --yes": (*_READS, "compares", "replaces"),
            "copy staging production --yes": (*_READS, "compares"),
            "list --long": (*_READS, "entries"),
            "list -e production": (*_READS, "entries"),  # with the scene's own, several
            "doctor": (*_READS, "entries"),
            "doctor --json": (*_READS, "entries"),
            "check": (*_READS, "declares"),
            # It reads before it writes, and replaces a value that does not open.
            f"set {KEY} --file VALUE": ("asks", "own token", "entries", "replaces"),
            "cache status": ("looks",),
            f"history {KEY}": ("owns",),
            f"delete {KEY} --yes": ("owns", "makes"),
            "log": ("owns",),
        }.items()
    ),
    *(
        EntryPoint(f"clovrix-env {words}", _command(words, place=False), *traits)
        for words, traits in {
            "schema --dotenv": ("declares",),
            "local init other": ("owns", "makes", "owns init"),
            _TOKEN_CREATE: ("owns", "makes"),
            "local project list": ("owns",),
            "local token list": ("owns",),
            "local billing": ("owns",),
        }.items()
    ),
]
ENTRY_POINTS = {entry_point.name: entry_point for entry_point in _ALL}
