"""In this process: what a file has set decides nothing. ``tests/trust`` has every entry point."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

from load.conftest import environ_put_back

from clovrix_env import load_env

THREADS = 4
__all__ = ["environ_put_back"]


def test_another_thread_sees_no_change(clovrix, project, proxy):
    """While threads load, what is in ``os.environ`` stays there, and nothing goes to the proxy."""
    project.declare('project = "backend"\n')
    project.write(".env", f"HTTPS_PROXY={proxy.url}\nSSL_CERT_DIR=/nowhere\n")
    missed, done = [], threading.Event()

    def look():
        while not done.is_set():
            missed.extend(n for n in ("HTTPS_PROXY", "SSL_CERT_DIR") if n not in os.environ)

    load_env(environment="staging")
    watcher = threading.Thread(target=look)
    watcher.start()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: load_env(environment="staging"), range(10 * THREADS)))
    done.set()
    watcher.join()
    assert missed == []
    assert proxy.connections == 0
    assert clovrix.requests == 1 + 10 * THREADS
