"""The start-up hook where all is well: what a program sees that knows nothing of Clovrix."""

import json
import subprocess
import sys

import pytest
from hook.interpreter import HOOK, PTH, PYTHONPATH, SEES, TOP, WAYS, refused

from clovrix_env import Client

_LOADS = (
    "import json; from clovrix_env import load_env; environment = load_env(); "
    "print(json.dumps(dict(environment)))"
)


ways = pytest.mark.parametrize("way", WAYS)


@pytest.mark.quick
def test_values_are_there_or_the_program_is_not_started(launched, store_home):
    """The call of the ``.pth`` line; an environment that is not there is one line and status 78."""
    with Client(base_url=store_home.url) as client:
        client.set_entry("backend", "staging", "NAME", "staging")
    launched.environ.update(
        CLOVRIX_AUTOLOAD="1", CLOVRIX_API_URL=store_home.url, CLOVRIX_PROJECT="backend"
    )
    code = "from clovrix_env import hook; hook.load('test'); import os; print(os.environ['NAME'])"
    for environment, expected in (("staging", (0, b"staging\n", 0)), ("nowhere", (78, b"", 1))):
        env = {"CLOVRIX_ENVIRONMENT": environment}
        ran = launched.plain(sys.executable, "-c", code, env=env)
        assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == expected, ran.stderr


@pytest.mark.parametrize("hooks", [[PTH], [PYTHONPATH], WAYS], ids=str)
def test_program_has_the_values_before_it_starts(loaded, clovrix, hooks):
    """One request, though ``.pth`` lines run twice in a virtual environment."""
    for way in hooks:
        loaded.hooked(way)
    assert loaded.sees()["NAME"] == "staging"
    assert clovrix.requests == 1


@ways
def test_nothing_is_loaded_while_the_switch_is_off(loaded, clovrix, way):
    """No request, no value, and the same modules as without it, but for its own."""
    del loaded.environ["CLOVRIX_AUTOLOAD"]
    names = "import sys; print(*sys.modules)"
    without = loaded.run("-c", names).stdout.split()
    found = loaded.hooked(way).run("-c", names).stdout.split()
    assert set(found) - set(without) <= {"sitecustomize"}
    assert "NAME" not in loaded.sees()
    assert clovrix.requests == 0


@pytest.mark.parametrize("declared", ["no toml", 'project = "backend"\n'])
def test_no_file_is_looked_for(loaded, clovrix, declared):
    """``.clovrix`` and ``.env`` of the working directory, which may be anybody's, say nothing."""
    (loaded.work / ".clovrix").write_text(declared)
    (loaded.work / ".env").write_text("NAME=file\nOTHER=1\n")
    seen = loaded.hooked(PTH).sees(env={"CLOVRIX_ROOT": str(loaded.work)})
    assert (seen["NAME"], "OTHER" in seen) == ("staging", False)
    del loaded.environ["CLOVRIX_PROJECT"]
    refused(loaded.run("-c", SEES))
    assert clovrix.requests == 1


@pytest.mark.parametrize(
    ("change", "name", "requests"),
    [
        ("pass", "staging", 1),  # the marker is inherited with the values
        ("os.environ.clear(); os.environ.update({environ})", "staging", 2),  # as of env -i
        ("os.environ['CLOVRIX_ENVIRONMENT'] = 'production'", "production", 2),
    ],
)
def test_child_asks_only_where_it_has_to(loaded, clovrix, change, name, requests):
    """What was loaded for another place gives way."""
    clovrix.put("backend", "staging", ONLY_STAGING="1")
    code = (
        f"import os, subprocess, sys; {change.format(environ=loaded.environ)}; "
        f"subprocess.run([sys.executable, '-c', {SEES!r}], check=True)"
    )
    seen = json.loads(loaded.hooked(PTH).run("-c", code).stdout)
    assert (seen["NAME"], "ONLY_STAGING" in seen) == (name, name == "staging")
    assert clovrix.requests == requests


@pytest.mark.parametrize(
    ("file", "text", "environment", "seen", "requests"),
    [
        ("none", "", "staging", {"NAME": "staging", "OTHER": "1"}, 1),  # the hook is a launcher
        (".env", "LOCAL=1\n", "staging", {"NAME": "staging", "OTHER": "1", "LOCAL": "1"}, 2),
        (".clovrix", '[select]\nonly = ["NAME"]\n', "staging", {"NAME": "staging"}, 2),
        (".env", "NAME=file\n", "production", {"NAME": "production"}, 1),
    ],
)
def test_program_that_loads_by_itself(loaded, clovrix, file, text, environment, seen, requests):
    """It asks only where it reads a file, for which the hook did not look."""
    clovrix.put("backend", "staging", OTHER="1")
    (loaded.work / file).write_text(text)
    ran = loaded.hooked(PTH).run("-c", _LOADS, env={"CLOVRIX_ENVIRONMENT": environment})
    assert json.loads(ran.stdout) == seen, ran.stderr
    told = "clovrix-env: .env not read in production (local=True reads it)\n"
    assert ran.stderr == (told if environment == "production" else "")
    assert clovrix.requests == requests


_EXEC = "from clovrix_env.cli.exec import main; main()\n"


@pytest.mark.parametrize("place", [{}, {"CLOVRIX_ENVIRONMENT": "production"}])
def test_below_a_launcher_the_values_stand(loaded, clovrix, place):
    """What the command line named counts, above what the environment says; one request in all."""
    loaded.hooked(PTH).environ.update(place)
    words = ("backend", "staging", "--", loaded.python, "-c", SEES)
    ran = loaded.run("-c", _EXEC, *words, env={"CLOVRIX_DISABLED": "1"})
    assert "NAME" not in json.loads(ran.stdout)
    script = loaded.work / "clovrix-exec"
    script.write_text(_EXEC)
    ran = loaded.run(str(script), *words)
    assert json.loads(ran.stdout)["NAME"] == "staging", ran.stderr
    assert clovrix.requests == 1


@pytest.mark.parametrize("by_systemd", [False, True])
def test_token_of_a_file_is_read_anew_by_each_start(loaded, clovrix, by_systemd):
    """In a file that a variable names, and in systemd's folder."""
    file = loaded.work / "clovrix_token"
    del loaded.environ["CLOVRIX_TOKEN"]
    name = "CREDENTIALS_DIRECTORY" if by_systemd else "CLOVRIX_TOKEN_FILE"
    loaded.hooked(PTH).environ[name] = str(loaded.work if by_systemd else file)
    tokens = [clovrix.home.token, clovrix.home.make_token("backend", role="read")]
    for token in tokens:
        file.write_text(f"{token}\n")
        assert loaded.sees()["NAME"] == "staging"
    sent = [request.headers["authorization"] for request in clovrix.loopback.requests]
    assert sent == [f"Bearer {token}" for token in tokens]


@pytest.mark.parametrize("off", [{"CLOVRIX_DISABLED": "1"}, {"CLOVRIX_REMOTE": "off"}])
def test_who_asks_nobody_needs_nothing(interpreter, off):
    """An image build sets one of them, and has neither project nor token."""
    assert "NAME" not in interpreter.hooked(PTH).on(**off).sees()


def test_interpreter_that_inherits_the_folder_is_left_alone(loaded, clovrix):
    """A system's Python has no clovrix-env of its own: not even where PYTHONPATH names that too."""
    (loaded.packages / "a_tree.pth").unlink()
    loaded.environ["PYTHONPATH"] = f"{HOOK}:{TOP}"
    assert "NAME" not in loaded.sees()
    assert clovrix.requests == 0


@pytest.mark.parametrize("path", [f"{HOOK}:{TOP}", "{work}/hook"])
def test_interpreter_finds_the_folder_by_any_path(loaded, clovrix, path):
    """Its own folder is inherited too, or the path is a link that stays the same for an image."""
    (loaded.work / "hook").symlink_to(HOOK)
    loaded.environ["PYTHONPATH"] = path.format(work=loaded.work)
    assert loaded.sees()["NAME"] == "staging"


def test_subinterpreter_takes_what_stands(loaded, clovrix):
    """It may set no signal handlers, and a failure in it would end the whole program."""
    code = (
        "try:\n    import _interpreters as interpreters\n"
        "except ImportError:\n    import _xxsubinterpreters as interpreters\n"
        f"interpreters.run_string(interpreters.create(), {SEES!r})"
    )
    ran = loaded.hooked(PTH).run("-c", code)
    assert json.loads(ran.stdout)["NAME"] == "staging", ran.stderr
    assert clovrix.requests == 1


def test_signals_are_as_python_had_them(loaded):
    """What the hook needs while it waits is put back."""
    code = "import signal; print(signal.getsignal(2), signal.getsignal(15), flush=True)"
    with_hook = loaded.hooked(PTH).run("-c", code)
    del loaded.environ["CLOVRIX_AUTOLOAD"]
    assert with_hook.stdout == loaded.run("-c", code).stdout


def test_interrupt_while_it_asks_ends_it_by_that_signal(loaded, clovrix):
    """No traceback, and the shell knows why it ended."""
    clovrix.loopback.fault("hang")
    process = subprocess.Popen(
        [loaded.hooked(PTH).python, "-c", SEES],
        env=loaded.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not clovrix.requests:
        assert process.poll() is None
    process.send_signal(2)
    out, err = process.communicate(timeout=30)
    clovrix.loopback.heal()
    assert (process.returncode, out, err) == (-2, b"", b"")


def test_it_is_no_sitecustomize_by_itself():
    """In the wheel it lies under a name of its own."""
    code = "import sitecustomize_hook; print(sitecustomize_hook.__name__)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, text=True)
    assert ran.stdout == "sitecustomize_hook\n"
    assert not list(TOP.glob("sitecustomize.py"))


_SAYS_NEXT = "import os; print('next', os.environ.get('NAME'), flush=True)\n"


def test_next_one_runs_after_ours_and_sees_the_values(loaded, clovrix):
    """What configures itself by variables finds them."""
    other = loaded.work / "other"
    other.mkdir()
    (other / "sitecustomize.py").write_text(_SAYS_NEXT)
    loaded.environ["PYTHONPATH"] = f"{HOOK}:{other}"
    ran = loaded.run("-c", "import sitecustomize; print(sitecustomize.__file__)")
    assert ran.stdout == f"next staging\n{other}/sitecustomize.py\n", ran.stderr


@pytest.mark.parametrize(
    "text",
    [_SAYS_NEXT, "import no_such_module\n",
     "import sys; sys.path += ['/added']; assert not [p for p in sys.path if 'hook' in p]\n"],
)  # fmt: skip
def test_next_one_runs_while_ours_is_off(interpreter, text):
    """A folder on PYTHONPATH changes nothing for others, nor what the next one raises or adds."""
    (interpreter.packages / "sitecustomize.py").write_text(text)
    code = f"import sys; print([p for p in sys.path if p != {str(HOOK)!r}])"
    without = interpreter.run("-c", code)
    ran = interpreter.hooked(PYTHONPATH).run("-c", code)
    assert (ran.stdout, ran.stderr) == (without.stdout, without.stderr)
    ours = interpreter.run("-c", f"import sys; print({str(HOOK)!r} in sys.path)")
    assert ours.stdout.endswith("True\n")
    assert ("next None" in ran.stdout) + ("no_such" in ran.stderr) + ("/added" in ran.stdout) == 1
