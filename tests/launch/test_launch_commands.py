"""Which file a command runs, and what is said where none can be."""

import os
import shlex
import stat
import sys

import pytest
from launch.launcher import refusal

NO_LINE = "is not a program and has no #! line; run it as `-- sh {}`"
DELETED = ("sh", "-c", 'mkdir gone; cd gone; rmdir ../gone; exec "$@"', "sh")


@pytest.fixture
def make(launcher):
    """``make("bin/tool", content)``: an executable file below the working directory."""

    def written(name, content):
        path = launcher.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode())
        path.chmod(0o755)
        return path

    return written


def says(word):
    return f"#!/bin/sh\necho {word}\n"


def same_as_env(launcher, *command, **env):
    """What a command prints, which is what it prints under ``env``."""
    plain = launcher.plain("env", *command, env=env)
    result = launcher("--", *command, env=env)
    assert (result.returncode, result.stdout) == (plain.returncode, plain.stdout), result.stderr
    return result.stdout.decode().strip()


CRLF = "its first line ends in CRLF, so its interpreter /bin/sh\\r does not exist"
PYTHON = shlex.quote(os.path.realpath(sys.executable))
# Its e_machine is no processor's.
FOREIGN = rf"head -c 18 {PYTHON} > tool; printf '\376' >> tool; tail -c +20 {PYTHON} >> tool"
# How ./tool is made, the status and the line. ``env`` has the same status but for the last four:
# it runs a text as a shell script, and takes a missing interpreter for a missing command.
CANNOT_RUN = [
    ("true", 127, "command ./tool not found"),
    ("touch tool", 126, "./tool is not executable (chmod +x)"),
    ("mkdir tool", 126, "./tool is a folder"),
    ("ln -s tool tool", 126, "./tool cannot be run: Too many levels of symbolic links"),
    (
        "touch sh; echo '#!./sh' > tool; chmod +x tool",
        126,
        "./tool cannot be run: Permission denied",
    ),
    ("echo echo no > tool; chmod +x tool", 126, f"./tool {NO_LINE.format('./tool')}"),
    (
        "echo '#!/no/such/python -E' > tool; chmod +x tool",
        *(126, "./tool cannot be run: its interpreter /no/such/python does not exist"),
    ),
    (r"printf '#!/bin/sh\r\n' > tool; chmod +x tool", 126, f"./tool cannot be run: {CRLF}"),
    # An image of the wrong kind is how it comes; no advice to run it by a shell.
    (f"{FOREIGN}; chmod +x tool", 126, "./tool was built for another kind of machine"),
]


@pytest.mark.parametrize(("made", "status", "line"), CANNOT_RUN, ids=lambda case: str(case)[:30])
def test_what_cannot_be_run(launcher, made, status, line):
    """127 where there is nothing, 126 where something is there, and why."""
    assert launcher.plain("sh", "-ec", made).returncode == 0
    assert refusal(launcher("--", "./tool"), status) == [line]
    if line not in [line for *_, line in CANNOT_RUN[-4:]]:
        assert launcher.plain("env", "./tool").returncode == status


@pytest.mark.parametrize(("command", "named"), [("no-such", "no-such"), ("", "''")])
def test_what_is_not_found_on_path(launcher, command, named):
    """127; the empty word is a shell's unset variable in quotes."""
    assert refusal(launcher("--", command), 127) == [f"command {named} not found"]


def test_a_command_with_a_slash_is_relative_to_the_working_directory(launcher, make):
    """PATH does not matter to it, nor does the root."""
    make("bin/tool", says("here"))
    assert same_as_env(launcher, "bin/tool", PATH="/nowhere:/usr/bin:/bin") == "here"
    below = launcher.folder / "below"
    below.mkdir()
    result = launcher("--", "../bin/tool", cwd=below, env={"CLOVRIX_ROOT": ".."})
    assert result.stdout == b"here\n"


def test_the_programs_own_path_is_searched(launcher, make):
    """PATH of the environment that is handed over, as with ``env PATH=…``."""
    make("bin/tool", says("set"))
    path = f"PATH={launcher.folder}/bin"
    assert launcher("--set", path, "--", "tool").stdout == b"set\n"
    assert launcher.plain("env", path, "tool").stdout == b"set\n"
    assert refusal(launcher("--set", "PATH=/nowhere", "--", "true"), 127)


@pytest.mark.parametrize("path", ["", "/nowhere:", "/usr/bin::/nowhere"])
def test_an_empty_element_of_path_is_the_working_directory(launcher, make, path):
    """As POSIX has it; at the end and in the middle too."""
    make("tool", says("here"))
    assert launcher("--", "tool", env={"PATH": path}).stdout == b"here\n"
    assert launcher.plain("/usr/bin/env", "tool", env={"PATH": path}).stdout == b"here\n"


def test_without_path_the_systems_folders_are_searched(launcher, make):
    """PATH unset is not the working directory."""
    make("tool", says("here"))
    assert launcher("--", "echo", "found", env={"PATH": None}).stdout == b"found\n"
    assert refusal(launcher("--", "tool", env={"PATH": None}), 127)
    assert launcher.plain("/usr/bin/env", "tool", env={"PATH": None}).returncode == 127


@pytest.mark.parametrize("first", ["file", "folder", "interpreter"])
def test_what_cannot_be_run_hides_nothing_behind_it(launcher, make, first):
    """The search goes on: past a file without x, a folder, a script without its interpreter."""
    make("later/tool", says("later"))
    if first == "folder":
        (launcher.folder / "first" / "tool").mkdir(parents=True)
    else:
        make("first/tool", "#!/no/such\n").chmod(0o644 if first == "file" else 0o755)
    path = f"{launcher.folder}/.env:/nowhere:{launcher.folder}/first:{launcher.folder}/later"
    assert same_as_env(launcher, "tool", PATH=f"{path}:/usr/bin:/bin") == "later"


@pytest.mark.parametrize(
    ("text", "mode", "line"),
    [
        # Over folders that do not have it.
        (says("no"), 0o644, "is not executable (chmod +x)"),
        # env would run this very file, by a shell: another one of that name is not run instead.
        ("echo first\n", 0o755, NO_LINE),
    ],
)
def test_what_was_found_first_is_told(launcher, make, text, mode, line):
    """126 for the file that was found, whatever the folders after it have."""
    tool = make("first/tool", text)
    tool.chmod(mode)
    later = make("later/tool", says("later")).parent if mode == 0o755 else "/nowhere"
    env = {"PATH": f"/nowhere:{tool.parent}:{later}:/usr/bin:/bin"}
    assert refusal(launcher("--", "tool", env=env), 126) == [f"{tool} {line.format(tool)}"]
    plain = launcher.plain("/usr/bin/env", "tool", env=env)
    assert (plain.returncode, plain.stdout) == ((126, b"") if mode == 0o644 else (0, b"first\n"))


def test_names_that_are_no_utf_8(launcher):
    """A file system's names are bytes: such a command runs, and such a name is told in one line."""
    path = os.fsencode(launcher.folder) + b"/t\xff\x1b[31m\nool"
    with open(path, "wb") as file:
        file.write(says("here").encode())
    os.chmod(path, 0o755)
    assert launcher("--", path).stdout == b"here\n"
    os.chmod(path, stat.S_IRUSR)
    (line,) = refusal(launcher("--", path), 126)
    assert line.endswith("/t\\udcff\\x1b[31m ool is not executable (chmod +x)")


def test_a_deleted_working_directory(launcher):
    """Where nothing is to be found, it is said; where we do nothing, the program starts."""
    lines = refusal(launcher("--", "true", through=DELETED))
    assert lines[0] == "the working directory was deleted"
    assert len(lines) == 2
    lines = refusal(launcher("--root", ".", "--", "true", through=DELETED))
    problem = "--root is relative, and the working directory was deleted"
    assert lines == [problem, "use an absolute path"]
    rooted = launcher("--root", str(launcher.folder), "--", "echo", "out", through=DELETED)
    disabled = launcher("--", "echo", "out", through=DELETED, env={"CLOVRIX_DISABLED": "1"})
    for result in (rooted, disabled):
        assert (result.returncode, result.stdout, result.stderr) == (0, b"out\n", b"")
