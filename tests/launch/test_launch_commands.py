"""Which file a command runs, and what is said where none can be."""

import os
import stat
import sys

import pytest
from launch.launcher import refusal

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


def foreign_program(make):
    with open(os.path.realpath(sys.executable), "rb") as file:
        content = bytearray(file.read(64))
    content[18] = 0xFE  # e_machine
    make("./tool", "").write_bytes(content)


def interpreter_without_x(make):
    interpreter = make("interpreter", says("no"))
    interpreter.chmod(0o644)
    make("tool", f"#!{interpreter}\n")


CRLF = "its first line ends in CRLF, so its interpreter /bin/sh\\r does not exist"
# What ./tool is, the status and the line. ``env`` has the same status but for the last four: it
# runs a text as a shell script, and takes a missing interpreter for a missing command.
CANNOT_RUN = {
    "not there": (lambda make: None, 127, "command ./tool not found"),
    "not executable": (
        lambda make: make("tool", says("no")).chmod(0o644),
        *(126, "./tool is not executable (chmod +x)"),
    ),
    "folder": (lambda make: make("tool/x", ""), 126, "./tool is a folder"),
    "loop of links": (
        lambda make: make("x", "").with_name("tool").symlink_to("tool"),
        *(126, "./tool cannot be run: Too many levels of symbolic links"),
    ),
    "interpreter without x": (
        interpreter_without_x,
        *(126, "./tool cannot be run: Permission denied"),
    ),
    "no #! line": (
        lambda make: make("tool", "echo no\n"),
        *(126, "./tool is not a program and has no #! line; run it as `-- sh ./tool`"),
    ),
    "interpreter missing": (
        lambda make: make("tool", "#!/no/such/python -E\n"),
        *(126, "./tool cannot be run: its interpreter /no/such/python does not exist"),
    ),
    "first line ends in CRLF": (
        lambda make: make("tool", "#!/bin/sh\r\necho no\r\n"),
        *(126, f"./tool cannot be run: {CRLF}"),
    ),
    # An image of the wrong kind is how it comes; no advice to run it by a shell.
    "another machine": (foreign_program, 126, "./tool was built for another kind of machine"),
}


@pytest.mark.parametrize("kind", CANNOT_RUN)
def test_what_cannot_be_run(launcher, make, kind):
    """127 where there is nothing, 126 where something is there, and why."""
    prepare, status, line = CANNOT_RUN[kind]
    prepare(make)
    assert refusal(launcher("--", "./tool"), status) == [line]
    if kind not in list(CANNOT_RUN)[-4:]:
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
        ("echo first\n", 0o755, "is not a program and has no #! line; run it as `-- sh {}`"),
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
