"""The processes that serve one socket, and the supervisor that replaces those that die.

uvicorn has a supervisor too, but no public way to start one.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

from clovrix_env.errors import ClovrixError
from clovrix_env.server.app import App
from clovrix_env.server.attempts import Attempts
from clovrix_env.server.metrics import Metrics
from clovrix_env.server.process import ENDING, hold_signals, release_signals, run
from clovrix_env.server.sockets import BACKLOG
from clovrix_env.system.error_lines import lines_of
from clovrix_env.system.signals import flush
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable
    from types import FrameType

    from clovrix_env.server.app import Options
    from clovrix_env.store.answer import Store

_PR_SET_DUMPABLE = 4
_M_MMAP_THRESHOLD = -3
_PROGRAM = "clovrix-env"
# A worker that dies sooner is replaced only after a pause.
_SHORT_SECONDS = 1.0


def serve(
    sock: socket.socket,
    open_store: Callable[[], Store],
    options: Options,
    announce: Callable[[], None],
    context: ssl.SSLContext | None = None,
    on_stop: Callable[[], None] = lambda: None,
) -> None:
    """Serve a store until TERM or INT, in this process or with workers.

    ``announce`` is called when the socket listens: from then on TERM and INT end with status 0,
    and call ``on_stop``.
    """
    metrics, attempts = Metrics(options.workers), Attempts(options.workers)

    def work(number: int, lifeline: int | None) -> None:
        shared = metrics.of_worker(number), attempts.of_worker(number)
        with open_store() as store:
            stop = on_stop if lifeline is None else lambda: None  # the supervisor calls it
            run(sock, lambda: App(store, options, *shared), context, lifeline, stop)

    _harden()
    hold_signals()
    sock.listen(BACKLOG)
    announce()
    if options.workers == 1:
        work(0, None)
    else:
        Supervisor(options.workers, work, on_stop).run()


def _harden() -> None:
    """No core file, as many connections as allowed, and no look into memory for other processes."""
    if resource is None:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):  # macOS has a lower limit than it reports
        pass
    try:
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        # glibc would keep the memory of large bodies, whose limit it adapts to their size.
        libc.mallopt(_M_MMAP_THRESHOLD, 128 * 1024)
    except (AttributeError, OSError):  # only Linux has them
        pass


class Supervisor:
    """Runs ``work(number, lifeline)`` in ``count`` children until TERM or INT.

    ``lifeline`` is a descriptor that becomes readable when this process has ended, even by KILL.
    """

    def __init__(
        self, count: int, work: Callable[[int, int], None], on_stop: Callable[[], None]
    ) -> None:
        self._count = count
        self._work = work
        self._on_stop = on_stop
        self._running: dict[int, tuple[int, float]] = {}
        self._is_stopping = False
        self._lifeline, self._writer = os.pipe()

    def run(self) -> None:
        """Return when all children have ended."""
        for number in ENDING:
            signal.signal(number, self._stop)
        for worker in range(self._count):
            self._start(worker)
        while self._running:
            pid, status = os.waitpid(-1, 0)
            if pid in self._running:
                self._replace(*self._running.pop(pid), pid, status)

    def _start(self, worker: int) -> None:
        # A signal that arrives here waits until the child is known.
        hold_signals()
        try:
            if self._is_stopping:
                return
            pid = os.fork()
            if not pid:
                self._be_worker(worker)
            self._running[pid] = worker, time.monotonic()
        finally:
            release_signals()

    def _be_worker(self, worker: int) -> None:
        status = 1
        try:
            os.close(self._writer)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal; the supervisor sends TERM
            release_signals()
            self._work(worker, self._lifeline)
            status = 0
        except ClovrixError as error:
            say(_PROGRAM, lines_of(error))
        except BaseException as error:  # its message may contain a value
            say(_PROGRAM, [f"worker {worker} failed: {type(error).__name__}"])
        finally:
            flush()
            os._exit(status)

    def _replace(self, worker: int, since: float, pid: int, status: int) -> None:
        if self._is_stopping:
            return
        ended = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "itself"
        say(_PROGRAM, [f"worker {worker} (pid {pid}) was ended by {ended}; starting another"])
        if time.monotonic() - since < _SHORT_SECONDS:
            time.sleep(_SHORT_SECONDS)
        self._start(worker)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        number = signal.SIGKILL if self._is_stopping else signal.SIGTERM
        self._is_stopping = True
        self._on_stop()
        for pid in self._running:
            try:
                os.kill(pid, number)
            except ProcessLookupError:  # it has just ended
                continue
