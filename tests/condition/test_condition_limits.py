"""What the kernel refuses is told by name; and a system with next to nothing is enough."""

import errno
import os
import shutil
import sys

import pytest
from condition.conftest import SOURCES
from condition.container import BARE, NOBODY, need
from launch.launcher import TOKEN, environment, refusal

START = ("backend", "staging", "--")
SHORT = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({count}, {count}))
from clovrix_env.cli.exec import main
main()
"""
# Runs the launcher's arguments where exec fails with an error that no test can bring about.
FAILING = """
import os, sys
def execve(path, arguments, environ):
    raise OSError({number}, os.strerror({number}))
os.execve = execve
from clovrix_env.cli.exec import main
main()
"""
NOEXEC = """
mount -t tmpfs -o noexec none mounted && cp tool /bin/true mounted && exec "$@"
"""


@pytest.mark.parametrize("source", SOURCES, indirect=True)
def test_too_few_descriptors(launcher, source):
    """Whatever it was that could not be opened: one sentence with what to raise, or none."""
    statuses = []
    for count in range(4, 9):
        # The three streams included.
        code = SHORT.format(count=count)
        result = launcher.plain(sys.executable, "-c", code, *START, "echo", "started")
        statuses.append(result.returncode)
        if result.returncode == 0:
            assert (result.stdout, result.stderr) == (b"started\n", b"")
        else:
            problem, remedy = refusal(result)
            # OpenSSL takes a root that it cannot open for one that is not there.
            assert "too many open files" in problem or "local issuer" in problem
            if problem == "cannot start: too many open files":
                assert remedy == "raise ulimit -n, or open fewer files"
    assert statuses[-1] == 0
    assert (125 in statuses) == (source != "store")


@pytest.mark.quick
def test_out_of_memory(launcher):
    """Said as that, by the first thing that found none."""
    broken = "import clovrix_env.resolution.resolve as r\n"
    code = f"{broken}def f(*a, **k): raise MemoryError\nr.resolve = f\n"
    start = "from clovrix_env.cli.exec import main; main()"
    assert refusal(launcher.plain(sys.executable, "-c", code + start, "--", "true")) == [
        "cannot start: cannot allocate memory",
        "allow more memory (ulimit -v)",
    ]


def test_a_program_that_is_being_written(launcher):
    """126: somebody has it open for writing, as while it is deployed."""
    tool = launcher.folder / "tool"
    shutil.copy("/bin/true", tool)
    with open(tool, "r+b"):
        lines = refusal(launcher("--", "./tool"), 126)
        assert launcher.plain("env", "./tool").returncode == 126
    assert lines == ["./tool cannot be run: Text file busy"]
    assert launcher("--", "./tool").returncode == 0


@pytest.mark.parametrize("name", ["tool", "true"], ids=["script", "program"])
def test_a_file_system_without_programs(launcher, name):
    """126, and no advice to chmod what is executable already."""
    (launcher.folder / "mounted").mkdir()
    tool = launcher.folder / "tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    through = ("unshare", "--mount", "sh", "-c", NOEXEC, "sh")
    need(launcher, "no file system can be mounted here", *through)
    lines = refusal(launcher("--", f"mounted/{name}", through=through), 126)
    assert lines == [f"mounted/{name} is on a file system mounted noexec"]
    assert launcher.plain(*through, "env", f"mounted/{name}").returncode == 126


def test_a_program_of_another_user(launcher):
    """A setuid program runs as its owner: nothing of ours takes new privileges from it."""
    need(launcher, "setpriv cannot change the user here", *NOBODY)
    tool = launcher.folder / "tool"
    shutil.copy("/usr/bin/id", tool)
    tool.chmod(0o4755)
    plain = launcher.plain(*NOBODY, "./tool", "-un")
    result = launcher("--", "./tool", "-un", through=NOBODY)
    assert (result.returncode, result.stdout) == (plain.returncode, plain.stdout)
    assert plain.stdout == b"root\n" or os.statvfs(launcher.folder).f_flag & os.ST_NOSUID


@pytest.mark.parametrize("number", [errno.ENOMEM, errno.EPERM])
def test_another_refusal_of_the_kernel(launcher, number):
    """126, with the path and the system's own words."""
    code = FAILING.format(number=int(number))
    result = launcher.plain(sys.executable, "-c", code, "--", "/bin/true")
    assert refusal(result, 126) == [f"/bin/true cannot be run: {os.strerror(number)}"]


@pytest.mark.parametrize("length", [4095, 4096, 100_000])
def test_a_folder_of_path_that_is_too_long(launcher, length):
    """It is passed over where ``env`` passes it over, and ends the search where it does there."""
    path = f"/nowhere:/{'x/' * (length // 2)}{'y' * (length % 2)}"[: 9 + length] + ":/usr/bin:/bin"
    env = {"PATH": path}
    plain = launcher.plain("/usr/bin/env", "echo", "found", env=env)
    result = launcher("--", "echo", "found", env=env)
    assert (result.returncode, result.stdout) == (plain.returncode, plain.stdout), result.stderr


def test_a_path_of_many_folders(launcher):
    """A hundred thousand bytes of PATH are searched to their end."""
    path = ":".join(f"/nowhere/{number}" for number in range(6000))
    env = {"PATH": f"{path}:/usr/bin:/bin"}
    assert launcher("--", "echo", "found", env=env).stdout == b"found\n"
    assert refusal(launcher("--", "true", env={"PATH": path}), 127) == ["command true not found"]


def test_a_folder_of_path_that_is_no_utf_8(launcher):
    """Its bytes lead to the program, and reach it as they were."""
    folder = os.fsencode(launcher.folder) + b"/b\xffn"
    os.mkdir(folder)
    with open(folder + b"/tool", "wb") as file:
        file.write(b"#!/bin/sh\nexec env -0\n")
    os.chmod(folder + b"/tool", 0o755)
    path = folder + b":/usr/bin:/bin"
    assert environment(launcher("--", "tool", env={b"PATH": path, "PATH": None}))[b"PATH"] == path


@pytest.mark.parametrize("command", ["x" * 255, "x" * 256, "/x" * 3000])
def test_a_command_that_is_too_long(launcher, command):
    """127 while it could be there, 126 where no file system would have such a name; as ``env``."""
    plain = launcher.plain("env", command)
    refusal(launcher("--", command), plain.returncode)
    assert plain.returncode in (126, 127)


def test_a_name_of_an_option_that_is_no_utf_8(launcher):
    """It ends at the first ``=``; its bytes reach the program, and no terminal."""
    launch = ("-v", "--set", b"N\xff\x1b==secret", "--", "env", "-0")
    result = launcher(*launch)
    assert environment(result)[b"N\xff\x1b"] == b"=secret"
    assert b"clovrix-exec: N\\udcff\\x1b from --set\n" in result.stderr


def test_an_empty_name_of_the_program_itself(launcher):
    """Where a supervisor empties ``argv[0]`` it is the script's, and not the program's."""
    script = launcher.folder / "script"
    script.write_text(f"#!{sys.executable}\nfrom clovrix_env.cli.exec import main; main()\n")
    script.chmod(0o755)
    start = ("bash", "-c", 'exec -a "" ./script "$@"', "bash")
    result = launcher.plain(*start, "--", "sh", "-c", 'echo "[$0]"')
    assert (result.returncode, result.stdout) == (0, b"[sh]\n")
    refusal(launcher.plain(*start, "--"))


SHOW = """
id -u
for folder in . /tmp /var/tmp /dev/shm /proc; do
    touch $folder/x 2> /dev/null && echo $folder can be written
done
echo $HOME $(ls /proc) $SOURCE $GREETING
"""


@pytest.fixture
def bare(launcher):
    """A launcher that knows no HOME and no folder for temporary files."""
    need(launcher, "no such system can be made here", *BARE)
    del launcher.environ["HOME"]
    launcher.environ["LANG"] = "C.UTF-8"
    return launcher


@pytest.mark.parametrize("source", SOURCES, indirect=True)
def test_a_start_on_a_bare_system(bare, source):
    """It needs none of them, and says nothing."""
    result = bare("backend", "staging", "--", "sh", "-c", SHOW, through=BARE)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout == b"12345\nclovrix hello\n"


def test_a_bare_start_by_options_and_a_project_file(bare, source):
    """With all that is read and looked for: .clovrix, its owner, the user's own configuration."""
    (bare.folder / ".clovrix").write_text('project = "backend"\n[select]\nexclude = ["X_*"]\n')
    (bare.folder / "below").mkdir()
    words = ("-v", "-e", "staging", "--set", "A=1", "--timeout", "5", "--", "sh", "-c", "echo $A")
    result = bare(*words, through=BARE, cwd=bare.folder / "below")
    assert (result.returncode, result.stdout) == (0, b"1\n")
    assert b"SOURCE from backend/staging on Clovrix" in result.stderr


def test_a_refusal_on_a_bare_system(bare, faulty, store_home):
    """125 and its lines, as anywhere; the one thing that HOME was for is told by name."""
    faulty.fault("answer", status=401, body=b'{"error": "no"}')
    bare.environ.update(CLOVRIX_API_URL=faulty.url, CLOVRIX_TOKEN=TOKEN)
    start = ("backend", "staging", "--", "true")
    assert len(refusal(bare(*start, through=BARE))) == 2
    bare.environ["CLOVRIX_API_URL"] = store_home.url
    problem, _ = refusal(bare(*start, through=BARE))
    assert "CLOVRIX_MASTER_KEY is not set and without HOME its file has no folder" in problem
