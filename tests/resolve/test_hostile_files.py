"""Files that are too large, endless or not text: each has a limit, and a sentence that names it."""

import os
import signal
import threading
from pathlib import Path

import pytest

from clovrix_env import ClovrixConfigError, resolve_env

pytestmark = pytest.mark.usefixtures("little_cpu")
_MIB = 1024 * 1024
_PARTS = ".".join("a" * 40_000)  # each is a table: gigabytes
_LIMITS = {
    "key": (f"{_PARTS} = 1\n", ".clovrix:1: the key has too many parts"),
    "table": (f"[{_PARTS}]\n", ".clovrix:1: the key has too many parts"),
    "not plain": (f"x = 0x10\n{_PARTS} = 1\n", ".clovrix:2: the key has too many parts"),
    "many globs": ("[select]\nonly = [" + '"A*", ' * 1001 + "]\n",
                   ".clovrix:2: select.only has more than 1,000 items"),
    "long glob": (f'[select]\nonly = ["{"a" * 10_001}"]\n',
                  ".clovrix:2: select.only has an item of more than 1,000 characters"),
    "long pattern": (f'[variables.A]\npattern = "{"a" * 10_001}"\n',
                     ".clovrix:2: variables.A.pattern has more than 10,000 characters"),
    "large .clovrix": ("#" * (_MIB + 1), ".clovrix is larger than 1 MiB"),
    "bytes in .clovrix": (b"# \xff\n", ".clovrix is not valid UTF-8 (line 1): save it as UTF-8"),
    "spaces": ("A='x'\nB=x" + " " * 10_000 + "y\n", ".env: has more than 2,000 spaces in a row"),
    "long name": ("A" * 1_001 + "=1\n", ".env:1: the key has more than 1,000 characters"),
    "many lines": ("A=1\n" * 20_001, ".env: has more than 20,000 lines"),
    "large .env": ("A=" + "x" * (_MIB - 2) + "\n", ".env is larger than 1 MiB"),
    "Latin-1": (b"A=\xe9", ".env is not valid UTF-8 (line 1): save it as UTF-8"),
    **{codec: ("A=é\nB=2\n".encode(codec), ".env looks like UTF-16: save it as UTF-8")
       for codec in ("utf-16", "utf-16-le", "utf-16-be")},
    "marks": ("\ufeff\ufeffA=1\n",
              ".env starts with two byte order marks: save it as UTF-8 with one or none"),
    "NUL, which is not UTF-16": ("A=x\0y\n", ".env:1: A: the value contains a NUL character"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), _LIMITS.values(), ids=_LIMITS)
def test_texts_have_limits(project, refused, text, problem):
    """Every text that a repository can write is refused beyond them, and not read in part."""
    project.write(".clovrix" if problem.startswith(".clovrix") else ".env", text)
    assert refused() == [problem]


def test_exactly_one_mebibyte_is_read(project):
    """With a byte order mark, which is no part of the first name."""
    project.write(".env", "\ufeffA=" + "x" * (_MIB - 6) + "\n")
    assert len(resolve_env()["A"]) == _MIB - 6


def test_log_named_by_mistake_is_not_told_line_by_line(project, refused):
    """20,000 lines that are no assignments take 21 sentences."""
    project.write(".env", "2026-11-25 12:00:00 INFO started\n" * 20_000)
    first, *_, last = told = refused()
    assert (len(told), first) == (21, ".env:1: expected KEY=value")
    assert last == ".env: and more lines like these; is it a .env file?"


def test_many_problems(project):
    """All are in ``problems``; a message shows a hundred, and how many more there are."""
    project.write(".env", "".join(f"LD_{number}=1\n" for number in range(150)))
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env()
    assert len(caught.value.problems) == 150
    lines = str(caught.value).split("\n")
    assert lines[99].startswith(".env:100: LD_99 ")
    assert lines[100] == "and 50 more problems"


_COSTLY = "takes more than 1 s or 64 MiB"
_BACKTRACKING = {
    "time": ("[variables.CODE]\npattern = '(a+)+$'\n", f"CODE={'a' * 40}!\n",
             f".clovrix:1: CODE: the pattern {_COSTLY}"),
    "globs": (f"[select]\nexclude = {['*A?' * 300 + str(n) for n in range(900)]}\n",
              f"{'A' * 900}=1\n" * 1_000, "[select]: its globs take" + _COSTLY[5:]),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("declared", "value", "problem"), _BACKTRACKING.values(), ids=_BACKTRACKING
)
def test_launcher_ends_what_backtracks(launched, project, declared, value, problem):
    """With a line that says what to write, and without the value."""
    project.declare(declared)
    project.write(".env", value)
    ended = launched("--", "true")
    lines = ended.stderr.decode().splitlines()
    assert (ended.returncode, len(lines)) == (125, 2)
    assert lines[0].startswith(f"clovrix-exec: {problem}")
    assert lines[1].startswith("clovrix-exec: write ")
    assert "aaaa" not in ended.stderr.decode()


def test_program_of_its_own_is_not_limited(project):
    """Timers and handlers are the program's: a pattern may take as long as it needs there."""
    project.declare("[variables.A]\npattern = 'a+'\n")
    project.write(".env", "A=aaa\n")
    before = signal.getsignal(signal.SIGVTALRM)
    assert resolve_env()["A"] == "aaa"
    assert signal.getsignal(signal.SIGVTALRM) is before


@pytest.mark.parametrize("begun", [False, True])
def test_named_fifo_ends_at_the_deadline(project, refused, begun):
    """Without a writer, or with one that does not close it: 5 s later it would be read."""
    os.mkfifo("secrets")
    late = threading.Timer(5, Path("secrets").write_text, ["A=1\n"])
    if begun:
        writer = os.open("secrets", os.O_RDWR)
        os.write(writer, b"A=1\n")
        late = threading.Timer(5, os.close, [writer])
    late.start()
    assert refused(files=["secrets"], timeout=0.2) == [
        "secrets is a FIFO that no program wrote to in time"
    ]
    late.cancel()
    if begun:
        os.close(writer)


def test_default_file_may_be_missing_a_folder_or_a_link(project, tmp_path):
    """Old virtual environments are folders called ``.env``; a link to nothing is an absent file."""
    (project.folder / ".env").mkdir()
    (project.folder / ".env.dev").symlink_to("nowhere")
    (tmp_path / "elsewhere").write_text("A=1\n")
    (project.folder / ".env.local").symlink_to(tmp_path / "elsewhere")
    assert dict(resolve_env(environment="dev")) == {"A": "1"}
    assert dict(resolve_env(files=[os.devnull])) == {}


def test_loop_of_links_is_refused(project, refused):
    """What cannot be opened is told, with the system's reason."""
    (project.folder / ".env").symlink_to(".env")
    assert refused() == [".env cannot be read: too many levels of symbolic links"]


def test_unreadable_file_is_refused(refused, closed):
    """A default file that this user cannot read is an error: values would be missing."""
    folder = closed(".env")
    assert refused(root=folder) == [f"{folder}/.env cannot be read: permission denied"]


@pytest.mark.parametrize(
    ("files", "told"),
    [(["one", "nowhere/deep"], ["one does not exist", "nowhere/deep does not exist"]),
     (["folder", ""], ["folder is a folder", "'' is a folder"]),
     (["/dev/zero"], ["/dev/zero is a device or a socket"]),
     (["nul\0character"], ["nul\0character has a NUL character in its name"]),
     (["x" * 300], ["x" * 300 + " does not exist"]),
     (".env", ["files= must be a list of paths"])],
)  # fmt: skip
def test_named_file_that_is_none_is_an_error(project, refused, files, told):
    """Who names a file wants it; all that are wrong are told at once."""
    (project.folder / "folder").mkdir()
    assert refused(files=files) == told
