"""Every entry point that fetches, and the ways in which it comes to see what a ``.env`` has set.

    python -m trust.doors WAY DOOR FOLDER

The program of a way that begins with ``load_env()``. ``FOLDER`` is where the door is used.
"""

import os
import subprocess
import sys
import threading

from launch.launcher import Launcher

from clovrix_env import AsyncClient, Client, ClovrixError, load_env, resolve_env

# In both of them a .env is read.
PROJECT, ENVIRONMENT, OTHER, KEY = "backend", "staging", "testing", "KEY"
THREADS = 4
_LIMITS = {"max_retries": 0, "timeout": 10}
_NAMED = (f"CLOVRIX_PROJECT={PROJECT}", f"CLOVRIX_ENVIRONMENT={ENVIRONMENT}")
_HOOK = "from clovrix_env import hook; hook.load('test')"


def _client():
    with Client(**_LIMITS) as client:
        return client.get_entries(PROJECT, ENVIRONMENT)


def _async_client(backend):
    import anyio

    async def body():
        async with AsyncClient(**_LIMITS) as client:
            return await client.get_entries(PROJECT, ENVIRONMENT)

    return anyio.run(body, backend=backend)


FUNCTIONS = {
    "load_env": lambda: load_env(PROJECT, ENVIRONMENT),
    "resolve_env": lambda: resolve_env(PROJECT, ENVIRONMENT),
    "Client": _client,
    "AsyncClient, asyncio": lambda: _async_client("asyncio"),
    "AsyncClient, trio": lambda: _async_client("trio"),
}


def _command(*words):
    return [sys.executable, "-m", "clovrix_env", *words, "-e", ENVIRONMENT]


PROCESSES = {
    "clovrix-exec": Launcher.argv(PROJECT, ENVIRONMENT, "--", "true"),
    "run": [sys.executable, "-m", "clovrix_env", "run", PROJECT, ENVIRONMENT, "--", "true"],
    "hook": ["env", "CLOVRIX_AUTOLOAD=1", *_NAMED, sys.executable, "-c", _HOOK],
    "copy": [sys.executable, "-m", "clovrix_env", "copy", ENVIRONMENT, OTHER, "--yes"],
    "diff": [sys.executable, "-m", "clovrix_env", "diff", ENVIRONMENT, OTHER],
    "doctor": _command("doctor"),
    "edit": ["env", "EDITOR=true", *_command("edit")],
    "explain": _command("explain"),
    "export": _command("export", "--format", "json"),
    "get": _command("get", KEY),
    "import": _command("import", "values.env", "--yes"),
    "list": _command("list"),
    "list --long": _command("list", "--long"),
    "list of several": _command("list", "-e", OTHER),
    "login": _command("login", "--token-stdin"),
    "set": _command("set", KEY, "--value", "v", "--plain"),
    "whoami": _command("whoami"),
}
DOORS = [*FUNCTIONS, *PROCESSES]
CLIENTS = {"Client", "AsyncClient, asyncio", "AsyncClient, trio"}

# By what a door sees the names: its own environment (where they count), a .env that it reads
# itself, or the environment that a load before it has left.
GIVEN, OWN_FILE, REFUSED = "given", "own .env", "own .env, not allowed"
LOADED, IN_THREADS, FORKED, CHILD = "after load_env()", "in threads", "after fork()", "in a child"


def ways(door):
    """The ways of a door but ``GIVEN``; a process inherits the same, whoever starts it."""
    reads = [] if door in CLIENTS else [OWN_FILE, REFUSED]
    return [*reads, LOADED, CHILD, *([IN_THREADS, FORKED] if door in FUNCTIONS else [])]


def used(door):
    """Go through a door; its status."""
    if door in PROCESSES:
        return subprocess.run(PROCESSES[door]).returncode
    try:
        FUNCTIONS[door]()
    except ClovrixError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def argv(way, door, inside, outside):
    """The command of a cell. A ``.env`` with the names is in ``inside``, and not in ``outside``."""
    program = [sys.executable, "-m", "trust.doors", way, door, outside]
    if way == CHILD:
        without = Launcher.argv("--no-remote", "--pass-token", PROJECT, OTHER, "--")
        return [*without, *program]
    if way in (GIVEN, OWN_FILE, REFUSED):
        return PROCESSES.get(door, [*program[:-1], inside])
    return program


def main(way, door, folder):
    if way in (LOADED, IN_THREADS, FORKED):
        assert load_env(PROJECT, OTHER, remote=False), "nothing of the .env was set"
    os.chdir(folder)
    if way == FORKED:
        pid = os.fork()
        if not pid:
            os._exit(used(door))
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if way == IN_THREADS:
        statuses = []
        threads = [
            threading.Thread(target=lambda: statuses.append(used(door))) for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return max(statuses)
    return used(door)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
