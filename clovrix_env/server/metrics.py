"""Counters of requests in memory that all workers share, in the text format of Prometheus.

Each worker has its own row, which only it writes, and ``/metrics`` adds the rows up. A worker that
replaces another one continues in its row, so no counter ever decreases.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left

from clovrix_env.api.routes import ROUTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

OPERATIONS = (*sorted({name for by_method in ROUTES.values() for name in by_method.values()}), "")
STATUSES = (
    *(200, 201, 304, 400, 401, 402, 403, 404, 405, 408, 413, 415, 421, 422),
    *(429, 431, 499, 500, 503, 507),
)
# Upper bounds of the buckets, in seconds.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BYTES = 8
_PER_OPERATION = len(STATUSES) + len(BOUNDS) + 1 + 1  # … and the microseconds of all requests
_COMMITS = len(OPERATIONS) * _PER_OPERATION
_ROW = _COMMITS + 1


class Metrics:
    """The counters of one worker, and the sum over all workers."""

    def __init__(self, workers: int = 1, worker: int = 0, memory: mmap.mmap | None = None) -> None:
        self._memory = memory or mmap.mmap(-1, workers * _ROW * _BYTES)
        self._cells = memoryview(self._memory).cast("Q")
        self._workers = workers
        self._start = worker * _ROW

    def of_worker(self, worker: int) -> Metrics:
        return Metrics(self._workers, worker, self._memory)

    def count(self, operation: str, status: int, seconds: float) -> None:
        """Count a request; ``operation`` is empty if its path is unknown."""
        start = self._start + OPERATIONS.index(operation) * _PER_OPERATION
        self._cells[start + STATUSES.index(status if status in STATUSES else 500)] += 1
        buckets = start + len(STATUSES)
        self._cells[buckets + bisect_left(BOUNDS, seconds)] += 1
        self._cells[start + _PER_OPERATION - 1] += int(seconds * 1_000_000)

    def commit(self) -> None:
        """Count a write that is on the disk."""
        self._cells[self._start + _COMMITS] += 1

    def text(self) -> str:
        """All counters as Prometheus reads them."""
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        name = "clovrix_env_requests_total"
        yield f"# HELP {name} Requests by operation and status."
        yield f"# TYPE {name} counter"
        for number, operation in enumerate(OPERATIONS):
            for at, status in enumerate(STATUSES):
                count = self._sum(number * _PER_OPERATION + at)
                if count:
                    yield f'{name}{{operation="{operation or "other"}",status="{status}"}} {count}'
        name = "clovrix_env_request_seconds"
        yield f"# HELP {name} Time from the head of a request to its answer."
        yield f"# TYPE {name} histogram"
        for number, operation in enumerate(OPERATIONS):
            label = f'operation="{operation or "other"}"'
            below = 0
            start = number * _PER_OPERATION
            for at, bound in enumerate((*BOUNDS, "+Inf")):
                below += self._sum(start + len(STATUSES) + at)
                yield f'{name}_bucket{{{label},le="{bound}"}} {below}'
            yield f"{name}_sum{{{label}}} {self._sum(start + _PER_OPERATION - 1) / 1_000_000}"
            yield f"{name}_count{{{label}}} {below}"
        name = "clovrix_env_commits_total"
        yield f"# HELP {name} Writes that are on the disk."
        yield f"# TYPE {name} counter"
        yield f"{name} {self._sum(_COMMITS)}"

    def _sum(self, cell: int) -> int:
        return sum(self._cells[worker * _ROW + cell] for worker in range(self._workers))
