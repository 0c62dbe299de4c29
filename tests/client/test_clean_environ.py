"""In this process: what a file has set decides nothing. ``tests/trust`` has every entry point."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Authority, serve

from clovrix_env import ClovrixConnectionError, load_env

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from resolve.surroundings import Project

READ = ("get_entries", "backend", "production")
THREADS = 4


@pytest.fixture
def as_it_was() -> Iterator[None]:
    """What a load has set is taken back after the test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def test_a_proxy_of_a_file(
    ask: Any, trusted: Authority, proxy: Any, project: Project, as_it_was: None
) -> None:
    """It is never connected to."""
    project.write(".env", f"HTTPS_PROXY={proxy.url}\n")
    load_env(remote=False)
    with serve(tls=trusted.context()) as server:
        server.fault("answer", body=b'{"entries": {}}')
        assert ask(server.url, *READ) == {}
    assert proxy.connections == 0


def test_an_authority_of_a_file(
    ask: Any, fresh_tls: None, tmp_path: Path, project: Project, as_it_was: None
) -> None:
    """It is not trusted: a server of its gets no request."""
    stranger = Authority(str(tmp_path))
    project.write(".env", f"SSL_CERT_FILE={stranger.file}\n")
    load_env(remote=False)
    with serve(tls=stranger.context()) as server:
        with pytest.raises(ClovrixConnectionError, match="certificate"):
            ask(server.url, *READ)
        assert server.requests == []


def test_another_thread_sees_no_change(
    clovrix: Any, project: Project, proxy: Any, as_it_was: None
) -> None:
    """While threads load, what is in ``os.environ`` stays there, and nothing goes to the proxy."""
    project.declare('project = "backend"\n')
    project.write(".env", f"HTTPS_PROXY={proxy.url}\nSSL_CERT_DIR=/nowhere\n")
    missed, done = [], threading.Event()

    def look() -> None:
        while not done.is_set():
            missed.extend(n for n in ("HTTPS_PROXY", "SSL_CERT_DIR") if n not in os.environ)

    load_env(environment="staging")
    watcher = threading.Thread(target=look)
    watcher.start()
    loads = [
        threading.Thread(target=lambda: [load_env(environment="staging") for _ in range(10)])
        for _ in range(THREADS)
    ]
    for thread in loads:
        thread.start()
    for thread in loads:
        thread.join()
    done.set()
    watcher.join()
    assert missed == []
    assert proxy.connections == 0
    assert clovrix.requests == 1 + 10 * THREADS
