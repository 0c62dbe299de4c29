"""Which file a command runs, and what is said where none can be."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from launch.launcher import refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from launch.launcher import Launcher

    Make = Callable[[str, str], Path]

DELETED = ("sh", "-c", 'mkdir gone; cd gone; rmdir ../gone; exec "$@"', "sh")
# Root without the capability that lets it into every folder.
CONFINED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


@pytest.fixture
def make(launcher: Launcher) -> Make:
    """``make("bin/tool", content)``: an executable file below the working directory."""

    def written(name: str, content: str) -> Path:
        path = launcher.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode())
        path.chmod(0o755)
        return path

    return written


def says(word: str) -> str:
    return f"#!/bin/sh\necho {word}\n"


def same_as_env(launcher: Launcher, *command: str, **env: str | None) -> str:
    """What a command prints, which is what it prints under ``env``."""
    plain = launcher.plain("env", *command, env=env)
    result = launcher("--", *command, env=env)
    assert (result.returncode, result.stdout) == (plain.returncode, plain.stdout), result.stderr
    return result.stdout.decode().strip()


# What cannot be run, and the status; ``env`` says the same but for the last four, where it runs a
# text as a shell script or takes a missing interpreter for a missing command.


def test_not_found(launcher: Launcher) -> None:
    """127, with the name of the command."""
    assert refusal(launcher("--", "no-such-command"), 127) == ["command no-such-command not found"]
    assert refusal(launcher("--", "./no-such"), 127) == ["command ./no-such not found"]
    assert launcher.plain("env", "no-such-command").returncode == 127


def test_an_empty_command(launcher: Launcher) -> None:
    """An empty word is no command; a shell's unset variable in quotes is how it comes."""
    assert refusal(launcher("--", ""), 127) == ["command '' not found"]
    assert launcher.plain("env", "").returncode == 127


def test_a_dangling_link(launcher: Launcher) -> None:
    """There is nothing at the end of it."""
    (launcher.folder / "tool").symlink_to("nowhere")
    assert refusal(launcher("--", "./tool"), 127) == ["command ./tool not found"]
    assert launcher.plain("env", "./tool").returncode == 127


def test_not_executable(launcher: Launcher, make: Make) -> None:
    """126, and what to do."""
    make("tool", says("no")).chmod(0o644)
    assert refusal(launcher("--", "./tool"), 126) == ["./tool is not executable (chmod +x)"]
    assert launcher.plain("env", "./tool").returncode == 126


def test_a_folder(launcher: Launcher) -> None:
    """126: it is there, and no program."""
    (launcher.folder / "tool").mkdir()
    assert refusal(launcher("--", "./tool"), 126) == ["./tool is a folder"]
    assert launcher.plain("env", "./tool").returncode == 126


def test_a_loop_of_links(launcher: Launcher) -> None:
    """126, in the system's words."""
    (launcher.folder / "tool").symlink_to("tool")
    lines = refusal(launcher("--", "./tool"), 126)
    assert lines == ["./tool cannot be run: Too many levels of symbolic links"]
    assert launcher.plain("env", "./tool").returncode == 126


def test_a_folder_that_lets_nobody_in(launcher: Launcher, make: Make) -> None:
    """126: whether the command is there, nobody can tell."""
    folder = make("closed/tool", says("no")).parent
    through = CONFINED if os.geteuid() == 0 else ()
    if through and launcher.plain(*through, "true").returncode != 0:
        pytest.skip("setpriv cannot take root's capabilities away here")
    folder.chmod(0)
    try:
        result = launcher("--", "closed/tool", through=through)
        plain = launcher.plain(*through, "env", "closed/tool")
    finally:
        folder.chmod(0o755)
    assert refusal(result, 126) == ["closed/tool cannot be run: Permission denied"]
    assert plain.returncode == 126


def test_an_interpreter_that_is_not_executable(launcher: Launcher, make: Make) -> None:
    """126, and not the advice to make the script executable, which it is."""
    make("interpreter", says("no")).chmod(0o644)
    make("tool", f"#!{launcher.folder}/interpreter\n")
    assert refusal(launcher("--", "./tool"), 126) == ["./tool cannot be run: Permission denied"]
    assert launcher.plain("env", "./tool").returncode == 126


def test_no_interpreter_line(launcher: Launcher, make: Make) -> None:
    """126, with the command line that would run it: no shell is guessed."""
    make("tool", "echo no\n")
    lines = refusal(launcher("--", "./tool", "x"), 126)
    assert lines == ["./tool is not a program and has no #! line; run it as `-- sh ./tool`"]


def test_an_interpreter_that_is_missing(launcher: Launcher, make: Make) -> None:
    """126: the script is there, what it names is not."""
    make("tool", "#!/no/such/python -E\n")
    lines = refusal(launcher("--", "./tool"), 126)
    assert lines == ["./tool cannot be run: its interpreter /no/such/python does not exist"]


def test_a_first_line_that_ends_in_crlf(launcher: Launcher, make: Make) -> None:
    """126, and the invisible character is said."""
    make("tool", "#!/bin/sh\r\necho no\r\n")
    (line,) = refusal(launcher("--", "./tool"), 126)
    assert line == (
        "./tool cannot be run: its first line ends in CRLF, so its interpreter /bin/sh\\r "
        "does not exist"
    )


def test_a_program_for_another_machine(launcher: Launcher, make: Make) -> None:
    """126, and no advice to run it by a shell: an image of the wrong kind is how it comes."""
    tool = make("tool", "")
    with open(os.path.realpath(sys.executable), "rb") as file:
        content = bytearray(file.read(64))
    content[18] = 0xFE  # e_machine
    tool.write_bytes(content)
    lines = refusal(launcher("--", "./tool"), 126)
    assert lines == ["./tool was built for another kind of machine"]


# Which file is run: as ``env`` finds it.


def test_a_command_with_a_slash_is_relative_to_the_working_directory(
    launcher: Launcher, make: Make
) -> None:
    """PATH does not matter to it, nor does the root."""
    make("bin/tool", says("here"))
    assert same_as_env(launcher, "bin/tool", PATH="/nowhere:/usr/bin:/bin") == "here"
    below = launcher.folder / "below"
    below.mkdir()
    result = launcher("--", "../bin/tool", cwd=below, env={"CLOVRIX_ROOT": ".."})
    assert result.stdout == b"here\n"


def test_the_programs_own_path_is_searched(launcher: Launcher, make: Make) -> None:
    """PATH of the environment that is handed over, as with ``env PATH=…``."""
    make("bin/tool", says("set"))
    path = f"{launcher.folder}/bin"
    result = launcher("--set", f"PATH={path}", "--", "tool")
    assert (result.returncode, result.stdout) == (0, b"set\n")
    assert launcher.plain("env", f"PATH={path}", "tool").stdout == b"set\n"
    assert refusal(launcher("--set", "PATH=/nowhere", "--", "true"), 127)


@pytest.mark.parametrize("path", ["", ":/nowhere", "/nowhere:", "/usr/bin::/nowhere"])
def test_an_empty_element_of_path_is_the_working_directory(
    launcher: Launcher, make: Make, path: str
) -> None:
    """As POSIX has it; at the end and in the middle too."""
    make("tool", says("here"))
    result = launcher("--", "tool", env={"PATH": path})
    assert (result.returncode, result.stdout) == (0, b"here\n")
    assert launcher.plain("/usr/bin/env", "tool", env={"PATH": path}).stdout == b"here\n"


def test_without_path_the_systems_folders_are_searched(launcher: Launcher, make: Make) -> None:
    """PATH unset is not the working directory."""
    make("tool", says("here"))
    assert launcher("--", "echo", "found", env={"PATH": None}).stdout == b"found\n"
    assert refusal(launcher("--", "tool", env={"PATH": None}), 127)
    assert launcher.plain("/usr/bin/env", "tool", env={"PATH": None}).returncode == 127


@pytest.mark.parametrize("first", ["file", "folder", "interpreter"])
def test_what_cannot_be_run_hides_nothing_behind_it(
    launcher: Launcher, make: Make, first: str
) -> None:
    """The search goes on: past a file without x, a folder, a script without its interpreter."""
    make("later/tool", says("later"))
    if first == "folder":
        (launcher.folder / "first" / "tool").mkdir(parents=True)
    else:
        make("first/tool", "#!/no/such\n").chmod(0o644 if first == "file" else 0o755)
    path = f"{launcher.folder}/.env:/nowhere:{launcher.folder}/first:{launcher.folder}/later"
    assert same_as_env(launcher, "tool", PATH=f"{path}:/usr/bin:/bin") == "later"


def test_what_cannot_be_run_is_remembered_over_what_is_not_there(
    launcher: Launcher, make: Make
) -> None:
    """126 for the one that was found, though folders without it came after."""
    tool = make("first/tool", says("no"))
    tool.chmod(0o644)
    env = {"PATH": f"/nowhere:{tool.parent}:/usr/bin:/bin"}
    assert refusal(launcher("--", "tool", env=env), 126) == [f"{tool} is not executable (chmod +x)"]
    assert launcher.plain("/usr/bin/env", "tool", env=env).returncode == 126


def test_a_script_without_interpreter_line_ends_the_search(launcher: Launcher, make: Make) -> None:
    """``env`` would run this very file, by a shell: another one of that name is not run instead."""
    make("first/tool", "echo first\n")
    make("later/tool", says("later"))
    env = {"PATH": f"{launcher.folder}/first:{launcher.folder}/later:/usr/bin:/bin"}
    assert launcher.plain("/usr/bin/env", "tool", env=env).stdout == b"first\n"
    (line,) = refusal(launcher("--", "tool", env=env), 126)
    assert line.startswith(f"{launcher.folder}/first/tool is not a program")


def test_names_that_are_no_utf_8(launcher: Launcher) -> None:
    """A file system's names are bytes: such a command runs, and such a name is told in one line."""
    path = os.fsencode(launcher.folder) + b"/t\xff\x1b[31m\nool"
    with open(path, "wb") as file:
        file.write(says("here").encode())
    os.chmod(path, 0o755)
    assert launcher("--", path).stdout == b"here\n"  # type: ignore[arg-type]
    os.chmod(path, stat.S_IRUSR)
    (line,) = refusal(launcher("--", path), 126)  # type: ignore[arg-type]
    assert line.endswith("/t\\udcff\\x1b[31m ool is not executable (chmod +x)")


def test_a_deleted_working_directory(launcher: Launcher) -> None:
    """Where nothing is to be found, it is said; where we do nothing, the program starts."""
    lines = refusal(launcher("--", "true", through=DELETED))
    assert lines[0] == "the working directory was deleted"
    assert len(lines) == 2
    rooted = launcher("--root", str(launcher.folder), "--", "echo", "out", through=DELETED)
    disabled = launcher("--", "echo", "out", through=DELETED, env={"CLOVRIX_DISABLED": "1"})
    for result in (rooted, disabled):
        assert (result.returncode, result.stdout, result.stderr) == (0, b"out\n", b"")


@pytest.mark.parametrize(
    ("named", "env"),
    [
        (("--root", "."), {}),
        (("--root", "/", "-f", "x.env"), {}),
        (("--root", "/"), {"CLOVRIX_CACHE_DIR": "x"}),
        (("--root", "/"), {"CLOVRIX_API_URL": "file:x.db"}),
        ((), {"CLOVRIX_ROOT": "."}),
    ],
)
def test_what_is_relative_to_a_deleted_working_directory(
    launcher: Launcher, named: tuple[str, ...], env: dict[str, str]
) -> None:
    """Each is said by its name, and nothing but a sentence comes of it."""
    result = launcher("-p", "x", "-e", "y", *named, "--", "true", through=DELETED, env=env)
    told, remedy = refusal(result)
    assert told.endswith(" is relative, and the working directory was deleted")
    assert remedy == "use an absolute path"
