"""A client goes by the environment that its process was given, not by what a file has set there.

A cell is a client, a name that decides a fetch, and where the client is made. In each, ``.env``
names a stranger, and nothing comes to it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from loopback import Authority, serve

from clovrix_env import AsyncClient, Client, ClovrixError, load_env
from clovrix_env.store import master_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from launch.launcher import Launcher
    from resolve.surroundings import Project

KINDS = ["Client", "asyncio", "trio"]
PROXIES = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"]
EXCEPTIONS = ["NO_PROXY", "no_proxy"]
TRUST = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
HOMES = ["XDG_CONFIG_HOME", "HOME"]
MODES = ["same process", "threads", "fork", "child"]
READ = ("backend", "production")
ENTRIES = b'{"entries": {"KEY": "v"}}'
THREADS = 4

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


def asked(kind: str) -> Any:
    """What a new client is told, or the name of the error."""
    try:
        if kind == "Client":
            with Client(max_retries=0, timeout=5) as client:
                return client.get_entries(*READ)

        async def body() -> Any:
            async with AsyncClient(max_retries=0, timeout=5) as client:
                return await client.get_entries(*READ)

        return anyio.run(body, backend=kind)
    except ClovrixError as error:
        return type(error).__name__


def in_threads(kind: str) -> Any:
    told: list[Any] = []
    threads = [threading.Thread(target=lambda: told.append(asked(kind))) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(item == told[0] for item in told)
    assert len(told) == THREADS
    return told[0]


def after_fork(kind: str) -> Any:
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.write(writer, json.dumps(asked(kind)).encode())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as told:
        content = told.read()
    os.waitpid(pid, 0)
    return json.loads(content)


@pytest.fixture(
    params=[
        *MODES[:2],  # the others start a process for each cell
        *(pytest.param(mode, marks=pytest.mark.slow) for mode in MODES[2:]),
    ]
)
def told_by(
    request: pytest.FixtureRequest, launched: Launcher, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """``told_by(kind)``: what a client is told after ``.env`` was loaded."""

    def in_this_process(way: Callable[[str], Any]) -> Callable[..., Any]:
        def run(kind: str, **options: Any) -> Any:
            before = dict(os.environ)
            try:
                load_env(remote=False, **options)
                return way(kind)
            finally:
                os.environ.clear()
                os.environ.update(before)

        return run

    def in_child(kind: str, allow: tuple[str, ...] = ()) -> Any:
        program = (
            "import json, sys; sys.path[:0] = sys.argv[2].split(':'); "
            "from client.test_clean_environ import asked; print(json.dumps(asked(sys.argv[1])))"
        )
        words = [word for name in allow for word in ("--allow", name)]
        path = str(Path(__file__).parents[1])
        done = launched(
            *("--pass-token", "--no-remote", *words),
            *("--", sys.executable, "-c", program, kind, path),
            env=dict(os.environ),
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    ways = {"same process": asked, "threads": in_threads, "fork": after_fork}
    return in_child if request.param == "child" else in_this_process(ways[request.param])


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    """An authority that nobody here trusts."""
    folder = tmp_path / "stranger"
    folder.mkdir()
    return Authority(str(folder))


@pytest.fixture
def honest(trusted: Authority, monkeypatch: pytest.MonkeyPatch, token: str) -> Iterator[Any]:
    """Clovrix over TLS, where this process is told to ask it."""
    monkeypatch.setenv("CLOVRIX_TOKEN", token)
    with serve(tls=trusted.context()) as server:
        server.fault("answer", body=ENTRIES)
        monkeypatch.setenv("CLOVRIX_API_URL", server.url)
        yield server


@pytest.mark.parametrize("name", PROXIES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_of_a_file(
    told_by: Any, honest: Any, proxy: Any, project: Project, kind: str, name: str
) -> None:
    """A proxy that a file names is never connected to."""
    project.write(".env", f"{name}={proxy.url}\n")
    assert told_by(kind) == {"KEY": "v"}
    assert proxy.lines == []
    assert proxy.connections == 0


@pytest.mark.parametrize("name", EXCEPTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_exception_of_a_file(
    told_by: Any,
    honest: Any,
    proxy: Any,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    name: str,
) -> None:
    """The proxy of this process is used, whatever exceptions a file makes."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    project.write(".env", f"{name}=*\n")
    assert told_by(kind) == {"KEY": "v"}
    assert proxy.lines
    assert set(proxy.lines) == {f"CONNECT 127.0.0.1:{honest.port} HTTP/1.1"}


@pytest.mark.parametrize("name", TRUST)
@pytest.mark.parametrize("kind", KINDS)
def test_an_authority_of_a_file(
    told_by: Any,
    fresh_tls: None,
    stranger: Authority,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    token: str,
    kind: str,
    name: str,
) -> None:
    """An authority that a file names is not trusted: a server of its gets no request."""
    monkeypatch.setenv("CLOVRIX_TOKEN", token)
    path = stranger.file if name == "SSL_CERT_FILE" else stranger.folder
    project.write(".env", f"{name}={path}\n")
    with serve(tls=stranger.context()) as server:
        server.fault("answer", body=ENTRIES)
        monkeypatch.setenv("CLOVRIX_API_URL", server.url)
        assert told_by(kind) == "ClovrixConnectionError"
        assert server.requests == []


@pytest.mark.parametrize("name", HOMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_home_of_a_file(
    told_by: Any,
    store_home: Any,
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    name: str,
) -> None:
    """A master key in the folder that a file names is not taken, though the name is allowed."""
    folder = tmp_path / "elsewhere"
    config = folder if name == "XDG_CONFIG_HOME" else folder / ".config"
    (config / "clovrix-env").mkdir(parents=True, mode=0o700)
    other = master_key.generate("a stranger")
    master_key.save(other, str(config / "clovrix-env" / "master.key"))
    monkeypatch.setenv("CLOVRIX_API_URL", store_home.url)
    if name == "HOME":  # else it is the user's, and no file hides it
        monkeypatch.setenv("CLOVRIX_MASTER_KEY", store_home.master_key.line())
        monkeypatch.delenv("HOME")
    project.write(".env", f"{name}={folder}\n")
    told = told_by(kind, allow=(name,))
    assert told in ({}, "ClovrixConfigError")  # a child has no CLOVRIX_MASTER_KEY


def test_another_thread_sees_no_change(clovrix: Any, project: Project, proxy: Any) -> None:
    """While threads load, what is in ``os.environ`` stays there, and nothing goes to the proxy."""
    project.declare('project = "backend"\n')
    project.write(".env", f"HTTPS_PROXY={proxy.url}\nSSL_CERT_DIR=/nowhere\n")
    before = dict(os.environ)
    missed, done = [], threading.Event()

    def look() -> None:
        while not done.is_set():
            missed.extend(n for n in ("HTTPS_PROXY", "SSL_CERT_DIR") if n not in os.environ)

    try:
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
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert missed == []
    assert proxy.connections == 0
    assert clovrix.requests == 1 + 10 * THREADS


def test_the_number_of_cells() -> None:
    """Every client meets every name everywhere."""
    cells = len(KINDS) * len(MODES) * len(PROXIES + EXCEPTIONS + TRUST + HOMES)
    print(f"{cells} cells")
    assert cells == 144
