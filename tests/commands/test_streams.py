"""``clovrix-env`` where streams are closed, disks full, or the working directory is gone."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow  # many processes

_COMMAND = (sys.executable, "-m", "clovrix_env")
_PRINTING = [
    *("--help", "get --help", "--version", "run --help", "run --explain", "get A", "list"),
    *("set A --value 2 --plain", "export --format json", "demo", "local init backend"),
    *("local billing", "local project create backend", "local environment create backend qa"),
    "local token create -q --project backend --role read",
]


@pytest.fixture
def at_store(project, store_home, monkeypatch):
    """A project at an embedded store, with an entry ``A``."""
    project.write(".clovrix", 'project = "backend"\ndefault_environment = "staging"\n')
    monkeypatch.setenv("CLOVRIX_API_URL", store_home.url)
    assert ran("set", "A", "--value", "1", "--plain", "-q") == (0, "")


def ran(*words, streams="", first="true"):
    """The status and what was told, after ``first`` in the shell, which redirects ``streams``."""
    argv = ["sh", "-c", f'{first} && exec "$@" {streams}', "sh", *_COMMAND, *words]
    # Python would leave half a file of bytecode as well, and read it the next time.
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    options = {"capture_output": True, "text": True, "timeout": 20}
    start = subprocess.run(argv, env=environ, stdin=subprocess.DEVNULL, **options)
    assert not start.stdout or start.returncode == 0
    return start.returncode, start.stderr


@pytest.mark.parametrize("line", _PRINTING)
def test_a_stdout_that_is_full_or_closed_is_told(at_store, line):
    """Whatever is printed, by the launcher too: one sentence, and status 125."""
    words = line.split()
    name = "clovrix-exec" if words[0] == "run" else "clovrix-env"
    told = f"{name}: stdout cannot be written: "
    assert ran(*words, streams=">/dev/full") == (125, f"{told}No space left on device\n")
    if not words[-1].startswith("--"):  # click prints help, and says nothing where none can read
        assert ran(*words, streams=">&-") == (125, f"{told}it is closed\n")


@pytest.mark.parametrize("words", [("set", "A", "--stdin"), ("import", "-", "--yes")], ids=" ".join)
def test_a_closed_stdin_is_told(at_store, words):
    """It is neither read nor taken for a terminal."""
    told = "clovrix-env: stdin cannot be read: it is closed\n"
    assert ran(*words, streams="<&-") == (125, told)
    status, told = ran("set", "A", streams="<&-")
    assert (status, "stdin or stderr is not a terminal" in told) == (2, True)


@pytest.mark.parametrize("streams", ["2>&-", "2>/dev/full"])
def test_wrong_usage_where_stderr_cannot_be_written(streams):
    """Its status says it, and stdout stays empty."""
    assert ran("nope", streams=streams) == (2, "")


def test_what_does_not_fit(tmp_path, monkeypatch):
    """One sentence, and no half of a store or a project file is left for the next try to find."""
    store = tmp_path / "data" / "store.db"
    monkeypatch.setenv("CLOVRIX_API_URL", f"file:{store}")
    status, told = ran("local", "init", "backend", first="ulimit -f 8")
    assert (status, told.startswith(f"clovrix-env: the store {store} failed: ")) == (5, True)
    assert list(store.parent.iterdir()) == []
    words = ("init", "-p", "backend", "-e", "staging", "--root", str(store.parent))
    told = f"clovrix-env: {store.parent}/.clovrix cannot be written: file too large\n"
    told += "clovrix-env: name another folder with --root\n"
    assert ran(*words, first="ulimit -f 0") == (125, told)
    assert list(store.parent.iterdir()) == []


@pytest.mark.parametrize(
    "words", [("init",), ("list",), ("local", "backup", "copy.db")], ids=" ".join
)
def test_the_working_directory_was_deleted(tmp_path, words):
    """It is said as that, whatever was to be done there."""
    status, told = ran(*words, first=f"cd {tmp_path} && rmdir {tmp_path}")
    assert status == 125
    assert told.startswith("clovrix-env: the working directory was deleted\nclovrix-env: change to")


def test_names_and_values_in_a_locale_that_is_not_utf_8(at_store, command):
    """Places that the store's owner makes are those that others ask for; a value is as given."""
    c = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    place = ("-p", "é", "-e", "ü")
    command("local", "project", "create", "é", "--env", "ü", env=c)
    command("local", "environment", "create", "é", "ö", env=c)
    command("local", "token", "create", "--project", "é", "--env", "ü", "--role", "read", env=c)
    command("set", "A", "--value", "é", "--plain", *place, env=c)
    for locale in (c, {}):
        command("list", *place, env=locale)
        command("diff", "ü", "ö", "-p", "é", status=1, env=locale)
    assert command("get", "A", *place).stdout == "é\n"


# The clock goes on as the work does, however long the machine takes for it.
PROGRAM = """
import threading, time
from clovrix_env.cli.progress import progress, watched

now = 0.0
time.monotonic = lambda: now

def looks(*sizes):
    global now
    for size in sizes:
        now += 0.25
        yield size
    enough.set()
    while True:
        yield sizes[-1]

with progress("writing", 4) as show:
    for done in range(1, 5):
        now += 0.6
        show(done)
enough, sizes = threading.Event(), looks(3, 3, 3, 3, 3)
with watched("copying", 4, lambda: next(sizes)):
    enough.wait()
with progress("brief", 4) as show, watched("brief", 4, lambda: 4):
    show(4)
enough, sizes = threading.Event(), looks(3, 0, 0)
try:
    with watched("removed", 4, lambda: next(sizes)):
        enough.wait()
        raise KeyError
except KeyError:
    pass
with progress("quiet", 4, quiet=True) as show, watched("quiet", 4, lambda: 4, quiet=True):
    time.sleep(1.3)
    show(4)
"""


@pytest.mark.slow
@pytest.mark.parametrize("on_terminal", [False, True])
def test_progress_is_a_bar_on_a_terminal_and_lines_in_a_log(on_terminal):
    """A line a second at most, none for brief work, none if quiet; it never goes back."""
    leader, follower = os.openpty() if on_terminal else os.pipe()
    command = [sys.executable, "-c", PROGRAM]
    with open(leader, "rb", buffering=0) as written:
        environ = {**os.environ, "TERM": "xterm"}
        subprocess.run(command, stderr=follower, check=True, timeout=30, env=environ)
        os.set_blocking(leader, False)
        said = (written.read(65536) or b"").decode()
        os.close(follower)
    assert "quiet" not in said
    if not on_terminal:
        lines = [line.partition(": ")[2] for line in said.splitlines()]
        assert lines == ["writing: 50%", "writing: 100%", "copying: 75%"]
        return
    for name, width, percent in (("writing", 36, 100), ("copying", 36, 100), ("removed", 27, 75)):
        assert said.count(f"{name}  [{'#' * width}{'-' * (36 - width)}]  {percent:3}%") == 1
    assert "-" * 37 not in said
