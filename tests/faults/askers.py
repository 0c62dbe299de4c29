"""Everything that fetches, asked once: what it said, how often it tried, and how long it took."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from faults.cell import KEY, PLACE
from faults.sentences import OTHERWISE, SENTENCES, TRIES
from launch.launcher import Launcher
from secrecy.search import Search

import clovrix_env
from clovrix_env import (
    AsyncClient,
    Client,
    ClovrixAPIError,
    ClovrixConnectionError,
    ClovrixError,
    load_env,
    resolve_env,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from faults.cell import Cell
    from faults.sentences import Said

    # Runs a door by the deadline: seconds, and an error or what a process wrote on stderr.
    Asked = tuple[float, Optional[ClovrixError], str]
    Ask = Callable[[Cell], Asked]

_PATIENCE_SECONDS = 20
_LATER_SECONDS = 0.1
_TOP = str(Path(clovrix_env.__file__).parents[1])  # the code that the tests import
# What a start file calls: with a deadline that is soon, and asked again at once.
_HOOK = """
import sys
from clovrix_env import hook
from clovrix_env.client import exchange
from clovrix_env.settings import settings
settings.TIMEOUT = float(sys.argv[1])
exchange._chance = lambda: 0.0
hook.load("test")
"""


class Heard(NamedTuple):
    """What came of a door. ``kind`` is the name of an exception's class, or empty.

    ``lines`` are an exception's text, or what a process wrote on stderr. ``shown`` names the places
    where a planted secret showed. Plain values only, for it crosses processes.
    """

    kind: str
    lines: list[str]
    sent: Optional[bool]
    status: Optional[int]
    retry_after: Optional[float]
    attempts: Optional[int]
    seconds: float
    shown: list[str]


class Door:
    """A way in, with traits: ``writes``; ``loads``; ``starts`` where it is a process, which
    ``waits`` before it asks again, or ``hooks``; and those of ``OTHERWISE``."""

    def __init__(self, name: str, ask: Ask, *traits: str) -> None:
        self.name = name
        self._ask = ask
        self.traits = frozenset(traits)

    def says(self, fault: str) -> Said:
        """What the table has this door say to a fault."""
        for trait, otherwise in OTHERWISE.items():
            if trait in self.traits and fault in otherwise:
                return otherwise[fault]
        return SENTENCES[fault]

    def deadline(self, fault: str) -> float:
        """Seconds: short, but for the launcher's waits, which are drawn, up to 1.5 s in all."""
        said = self.says(fault)
        waits = "waits" in self.traits and said.reads == TRIES and said.retry_after is None
        return 3.0 if waits else 0.5

    def __repr__(self) -> str:
        return self.name

    def asked(self, cell: Cell) -> Heard:
        """Go through it once, in the cell's surroundings."""
        with cell.entered():
            seconds, error, written = self._ask(cell)
        attempts = None if cell.attempts is None else cell.attempts()
        search = Search(cell.secrets)
        search.text("what the process wrote", written)
        kind, lines = "", written.splitlines()
        if error is not None:
            search.exception(error)
            kind, lines = type(error).__name__, [str(error)]
        sent = error.sent if isinstance(error, ClovrixConnectionError) else None
        status, retry_after = None, None
        if isinstance(error, ClovrixAPIError):
            status, retry_after = error.status_code, error.retry_after
        return Heard(kind, lines, sent, status, retry_after, attempts, seconds, search.hits())


def _deadline(cell: Cell) -> dict[str, float]:
    return {} if cell.seconds is None else {"timeout": cell.seconds}


def _arguments(cell: Cell, operation: str) -> tuple[Any, ...]:
    return (*PLACE, KEY, cell.secrets["value"], True) if operation == "set_entry" else PLACE


def _sync(operation: str) -> Ask:
    def ask(cell: Cell) -> Asked:
        client = Client(**_deadline(cell))

        def act() -> None:
            with client:
                getattr(client, operation)(*_arguments(cell, operation))

        return _timed(act)

    return ask


def _async(operation: str) -> Ask:
    async def ask(cell: Cell) -> Asked:
        client = AsyncClient(**_deadline(cell))
        begun = time.monotonic()
        error = None
        try:
            async with client:
                await getattr(client, operation)(*_arguments(cell, operation))
        except ClovrixError as raised:
            error = raised
        return time.monotonic() - begun, error, ""

    return lambda cell: asyncio.run(ask(cell))


def _function(function: Callable[..., object]) -> Ask:
    def ask(cell: Cell) -> Asked:
        return _timed(lambda: function(*PLACE, **_deadline(cell)))

    return ask


def _by_client(cell: Cell) -> Asked:
    # Its own deadline is later, and soon enough: closed in the middle of a handshake, httpcore
    # leaves the socket to the garbage collector.
    own = (cell.seconds or 0) + _LATER_SECONDS
    with Client(timeout=own) as client:
        heard = _timed(lambda: resolve_env(*PLACE, client=client, **_deadline(cell)))
        if heard[0] >= (cell.seconds or 0):
            time.sleep(2 * _LATER_SECONDS)
    return heard


def _timed(act: Callable[[], object]) -> Asked:
    error = None
    begun = time.monotonic()
    try:
        act()
    except ClovrixError as raised:
        error = raised
    return time.monotonic() - begun, error, ""


def _launcher(cell: Cell) -> Asked:
    start = started(cell, "--no-remote").seconds
    done = started(cell)
    assert done.status == (125 if done.stderr else 0)
    return done.seconds - start, None, done.stderr


def _hook(cell: Cell) -> Asked:
    start = _hooked(cell, CLOVRIX_REMOTE="off").seconds
    done = _hooked(cell)
    assert done.status == (78 if done.stderr else 0)
    return done.seconds - start, None, done.stderr


class Started(NamedTuple):
    status: int
    stderr: str
    seconds: float


def started(cell: Cell, *options: str) -> Started:
    """``clovrix-exec`` as a real process, from its start to its end."""
    timeout = () if cell.seconds is None else ("--timeout", str(cell.seconds))
    argv = Launcher.argv(*timeout, *options, *PLACE, "--", "true")
    return _run(cell, argv, cell.variables())


def _hooked(cell: Cell, **variables: str) -> Started:
    """An interpreter whose start file calls the hook, from its start to its end."""
    place = dict(zip(("CLOVRIX_PROJECT", "CLOVRIX_ENVIRONMENT"), PLACE))
    environ = {**cell.variables(), "CLOVRIX_AUTOLOAD": "1", **place, **variables}
    return _run(cell, [sys.executable, "-c", _HOOK, str(cell.seconds)], environ)


def _run(cell: Cell, argv: Sequence[str], environ: Mapping[str, str]) -> Started:
    begun = time.monotonic()
    done = subprocess.run(
        argv,
        cwd=cell.folder,
        env={**environ, "PYTHONPATH": _TOP},
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    seconds = time.monotonic() - begun
    assert done.stdout == ""
    return Started(done.returncode, done.stderr, seconds)


DOORS = [
    Door("Client.get_entries", _sync("get_entries")),
    Door("Client.set_entry", _sync("set_entry"), "writes"),
    Door("AsyncClient.get_entries", _async("get_entries"), "by httpx"),
    Door("AsyncClient.set_entry", _async("set_entry"), "writes", "by httpx"),
    Door("load_env", _function(load_env), "loads"),
    Door("resolve_env", _function(resolve_env), "loads"),
    Door("resolve_env(client=)", _by_client, "loads", "by client"),
    Door("clovrix-exec", _launcher, "loads", "starts", "waits"),
    Door("the start-up hook", _hook, "loads", "starts", "hooks"),
]
