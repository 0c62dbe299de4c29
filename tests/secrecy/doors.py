"""Every way in, with its traits: what a door does decides which failures it can meet.

``clovrix-env demo`` is left out: it makes all that it shows by itself, and shows it on purpose. So
is ``--reveal``, which is asked to.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from launch.launcher import Launcher
from secrecy.stage import KEY, Outcome

import clovrix_env
from clovrix_env import AsyncClient, Client, load_env, resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from secrecy.stage import Stage

    Run = Callable[["Stage"], Outcome]

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(clovrix_env.__file__)))
_SECONDS = 20
_SCOPED = {
    "get_entries": "get_all",
    "get_entry": "get",
    "set_entry": "set",
    "set_entries": "set_many",
}


class Door:
    """A way in. ``traits`` are the words by which ``failures`` choose their doors."""

    def __init__(self, name: str, run: Run, *traits: str) -> None:
        self.name = name
        self.run = run
        self.traits = frozenset(traits)

    @property
    def is_sdk(self) -> bool:
        return bool(self.traits & {"client", "sdk"})

    def __repr__(self) -> str:
        return self.name


class GaveUp(Exception):
    """What a caller's own signal handler raises when its patience ends."""


def _client(stage: Stage, kind: type) -> Any:
    options: dict[str, Any] = {} if stage.timeout is None else {"timeout": stage.timeout}
    return kind(stage.token, stage.url, http_client=stage.brought, max_retries=0, **options)


def _arguments(stage: Stage, operation: str) -> tuple[Any, ...]:
    if operation == "get_entries":
        return ()
    if operation == "get_entry":
        return (stage.key,)
    return (stage.key, stage.value, True) if operation == "set_entry" else (stage.batch(),)


def _ask(client: Any, stage: Stage, operation: str, scoped: bool) -> Any:
    arguments = _arguments(stage, operation)
    if scoped:
        scope = client.scope(stage.project, stage.environment)
        return getattr(scope, _SCOPED[operation])(*arguments)
    return getattr(client, operation)(stage.project, stage.environment, *arguments)


def _outcome(act: Callable[[], object]) -> Outcome:
    try:
        act()
    except Exception as error:
        return Outcome(error)
    return Outcome()


@contextmanager
def _patience(stage: Stage) -> Iterator[None]:
    """A caller whose patience ends with an exception out of a signal handler, while we wait."""
    if not stage.gives_up:
        yield
        return

    def give_up(number: int, frame: object) -> None:
        raise GaveUp("it takes too long")

    before = signal.signal(signal.SIGUSR1, give_up)
    timer = threading.Thread(target=_signal_when_asked, args=(stage,))
    timer.start()
    try:
        yield
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)


def _signal_when_asked(stage: Stage) -> None:
    _until_asked(stage)
    os.kill(os.getpid(), signal.SIGUSR1)


def _until_asked(stage: Stage) -> None:
    end = time.monotonic() + _SECONDS
    while not stage.server.requests and time.monotonic() < end:
        time.sleep(0.002)


def _makes(kind: type) -> Run:
    def run(stage: Stage) -> Outcome:
        return _outcome(lambda: _client(stage, kind))

    return run


def _sync(operation: str, scoped: bool) -> Run:
    def ask(stage: Stage) -> None:
        with _client(stage, Client) as client, _patience(stage):
            _ask(client, stage, operation, scoped)

    def run(stage: Stage) -> Outcome:
        return _outcome(lambda: ask(stage))

    return run


def _async(operation: str, scoped: bool) -> Run:
    async def ask(stage: Stage) -> None:
        async with _client(stage, AsyncClient) as client:
            work = _ask(client, stage, operation, scoped)
            await (asyncio.wait_for(work, 0.1) if stage.gives_up else work)

    def run(stage: Stage) -> Outcome:
        return _outcome(lambda: asyncio.run(ask(stage)))

    return run


def _function(function: Callable[..., Any], by_client: bool = False) -> Run:
    def ask(stage: Stage) -> None:
        options = dict(stage.options)
        if stage.timeout is not None:
            options["timeout"] = stage.timeout
        with _patience(stage):
            if by_client:
                with _client(stage, Client) as client:
                    function(stage.project, stage.environment, client=client, **options)
            else:
                function(stage.project, stage.environment, **options)

    def run(stage: Stage) -> Outcome:
        return _outcome(lambda: ask(stage))

    return run


def _launcher(*first: str) -> Run:
    def run(stage: Stage) -> Outcome:
        words: list[str | bytes] = [*first, *stage.words]
        if stage.timeout is not None:
            words += ["--timeout", str(stage.timeout)]
        place = [stage.project, stage.environment]
        return process(stage, [*Launcher.argv(), *words, *place, "--", *stage.command])

    return run


def _explainer(*first: str) -> Run:
    """``clovrix-env explain``: it takes what the launcher takes, and no command."""

    def run(stage: Stage) -> Outcome:
        words: list[str | bytes] = ["explain", *first, *stage.words]
        if stage.timeout is not None:
            words += ["--timeout", str(stage.timeout)]
        words += ["-p", stage.project, "-e", stage.environment]
        return process(stage, [sys.executable, "-m", "clovrix_env", *words])

    return run


def _compares(stage: Stage) -> Outcome:
    """``clovrix-env diff`` of an environment with itself: nothing differs."""
    words = ["diff", stage.environment, stage.environment, "-p", stage.project, "--all"]
    if stage.timeout is not None:
        words += ["--timeout", str(stage.timeout)]
    return process(stage, [sys.executable, "-m", "clovrix_env", *words])


def _command(*words: str) -> Run:
    def run(stage: Stage) -> Outcome:
        return process(stage, [sys.executable, "-m", "clovrix_env", *words])

    return run


def _exports(stage: Stage) -> Outcome:
    """To a file, which is there to hold the values: nothing else is."""
    path = stage.folder / "exported.json"
    stage.planted.add(path)
    return _command("export", "--format", "json", "-o", str(path), *_place(stage))(stage)


def _imports(stage: Stage) -> Outcome:
    path = stage.write("import.json", json.dumps({stage.key: stage.value}))
    return _command("import", str(path), "--yes", *_place(stage))(stage)


def _entries(*words: str) -> Run:
    """A command on entries; ``VALUE`` is a file that holds the value to write."""

    def run(stage: Stage) -> Outcome:
        given = list(words)
        if "VALUE" in given:
            given[given.index("VALUE")] = str(stage.write("value.txt", stage.value))
        return _command(*given, *_place(stage))(stage)

    return run


def _place(stage: Stage) -> list[str]:
    timeout = [] if stage.timeout is None else ["--timeout", str(stage.timeout)]
    return ["-p", stage.project, "-e", stage.environment, *timeout]


# What a start file calls, which cannot say a deadline; the program is one that shows what it was
# given to show.
_STARTS = """
import os, sys
from clovrix_env import hook
if len(sys.argv) > 1:
    from clovrix_env.settings import settings
    settings.TIMEOUT = float(sys.argv[1])
hook.load("test")
os.environ["__CLOVRIX_ENV"]
"""


def _hook(stage: Stage) -> Outcome:
    stage.environ.update(
        CLOVRIX_AUTOLOAD="1", CLOVRIX_PROJECT=stage.project, CLOVRIX_ENVIRONMENT=stage.environment
    )
    timeout = () if stage.timeout is None else (str(stage.timeout),)
    return process(stage, [sys.executable, "-c", _STARTS, *timeout])


def process(stage: Stage, argv: Sequence[str | bytes]) -> Outcome:
    """A process in the cell's surroundings: what it wrote, and its command line while it ran."""

    def limit() -> None:
        for kind, most in stage.limits.items():
            resource.setrlimit(kind, (most, most))

    out, err = stage.output / "out", stage.output / "err"
    environ = {**stage.surroundings(), "PYTHONPATH": _ROOT, **stage.variables()}
    seen: set[bytes] = set()
    with open(out, "wb") as stdout, open(err, "wb") as stderr:
        child = subprocess.Popen(
            argv,
            cwd=stage.folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            preexec_fn=limit if stage.limits else None,
        )
        if stage.gives_up:
            seen |= _command_lines(child.pid)
            _until_asked(stage)
            child.terminate()
        end = time.monotonic() + _SECONDS
        while child.poll() is None and time.monotonic() < end:
            seen |= _command_lines(child.pid)
            time.sleep(0.004)
        child.kill()
        status = child.wait()
    texts = {"stdout": out.read_bytes(), "stderr": err.read_bytes()}
    if not stage.shows_arguments:
        texts["the command line"] = b"\0".join(seen)
    return Outcome(None, status, **texts)


def _command_lines(pid: int) -> set[bytes]:
    """The command lines of a process and its children, which everybody on the machine can read."""
    found: set[bytes] = set()
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            found.add(file.read())
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = [int(child) for child in file.read().split()]
    except OSError:
        return found
    return found.union(*map(_command_lines, children))


def _sdk_doors() -> Iterator[Door]:
    for operation, short in _SCOPED.items():
        kind = "reads" if operation.startswith("get") else "writes"
        traits = ("sdk", "asks", kind, operation)
        for scoped in (False, True):
            dotted = f"scope().{short}" if scoped else operation
            yield Door(f"Client.{dotted}", _sync(operation, scoped), *traits)
            yield Door(f"AsyncClient.{dotted}", _async(operation, scoped), *traits)


_LOADS = ("asks", "reads", "loads")
# It reads what is there before it writes.
_SETS = ("asks", "own token", "entries")
_LOOKS = ("asks", "reads", "own token", "entries")
DOORS = [
    Door("Client()", _makes(Client), "client"),
    Door("AsyncClient()", _makes(AsyncClient), "client"),
    *_sdk_doors(),
    Door("load_env", _function(load_env), *_LOADS, "own token", "function"),
    Door("resolve_env", _function(resolve_env), *_LOADS, "own token", "function"),
    Door("resolve_env(client=)", _function(resolve_env, True), *_LOADS, "function", "by client"),
    Door("clovrix-exec", _launcher(), *_LOADS, "own token", "launches"),
    Door("the start-up hook", _hook, "asks", "reads", "own token", "hooks"),
    Door("clovrix-exec -v", _launcher("-v"), *_LOADS, "own token", "launches"),
    Door("clovrix-exec --explain", _launcher("--explain"), *_LOADS, "own token", "explains"),
    Door("clovrix-env explain", _explainer(), *_LOADS, "own token", "explains"),
    Door("clovrix-env explain --json", _explainer("--json"), *_LOADS, "own token", "explains"),
    Door("clovrix-env diff", _compares, "asks", "reads", "own token", "declares", "compares"),
    Door("clovrix-env schema", _command("schema", "--dotenv"), "declares"),
    Door("clovrix-env export", _exports, *_LOADS, "own token"),
    Door("clovrix-env import", _imports, "asks", "reads", "own token", "compares"),
    Door("clovrix-env list", _entries("list", "--long"), *_LOOKS),
    Door("clovrix-env doctor", _entries("doctor"), *_LOOKS),
    Door(
        "clovrix-env doctor --json",
        _entries("doctor", "--json"),
        "asks",
        "reads",
        "own token",
        "entries",
    ),
    Door("clovrix-env cache status", _entries("cache", "status"), "looks"),
    Door("clovrix-env check", _entries("check"), "asks", "reads", "own token", "declares"),
    Door("clovrix-env set", _entries("set", KEY, "--file", "VALUE"), *_SETS),
    Door(
        "clovrix-env local init", _command("local", "init", "other"), "owns", "makes", "owns init"
    ),
    Door(
        "clovrix-env local token create",
        _command("local", "token", "create", "--project", "backend", "--role", "read"),
        "owns",
        "makes",
    ),
    Door("clovrix-env local project list", _command("local", "project", "list"), "owns"),
    Door("clovrix-env local token list", _command("local", "token", "list"), "owns"),
    Door("clovrix-env local billing", _command("local", "billing"), "owns"),
]
