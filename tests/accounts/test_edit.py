"""``edit``: what differs is written, all or nothing; the file lies in memory, and goes."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from accounts.person import Person, ProcessList, files_with, interrupt

from clovrix_env import WriteItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from condition.terminal import Terminal
    from conftest import StoreHome
    from loopback import Loopback

    from clovrix_env import Client

_PLACE = ("backend", "staging")
_SECRET = "hunter2-0123456789-of-this-test"
_AWKWARD = {
    "BACKSLASH": "C:\\dir\\",
    "CRLF": "a\r\nb\r",
    "DOLLAR": "pa$$word ${NOT_LOOKED_UP} $X \\${Y}",
    "EMPTY": "",
    "LINES": "-----BEGIN\n  a=b # c\n-----END\n",
    "QUOTES": 'it\'s "quoted" `so` \\\' \\" \\\\',
    "SPACES": "  two  \t",
    "UNICODE": "ü 漢 \u2028 \x85 \U0001f511",
    "URL": "https://user:p%40ss@host:1/x?y=1&z=#f",
}


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """Where the file to edit is made: in memory, where this system has such a place."""
    shared = Path("/dev/shm")
    made = (shared if shared.is_dir() else tmp_path) / f"clovrix-test-{uuid4().hex}"
    made.mkdir(mode=0o700)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def edits(writer: Person, memory: Path, tmp_path: Path) -> Callable[..., Person]:
    """``edits(script)``: the person's editor is this script; ``$1`` is the file."""
    writer.environ.update(XDG_RUNTIME_DIR=str(memory), TMPDIR=str(memory))

    def use(script: str) -> Person:
        path = tmp_path / "editor"
        path.write_text(f"#!/bin/sh -e\n{script}\n")
        path.chmod(0o755)
        writer.environ["EDITOR"] = shlex.quote(str(path))
        return writer

    return use


def writes(loopback: Loopback) -> int:
    return sum(request.method == "POST" for request in loopback.requests)


def test_the_difference_is_written(
    edits: Callable[..., Person], clovrix: Client, loopback: Loopback
) -> None:
    """A changed line and a new one, in one request; what is the same is not sent."""
    clovrix.set_entries(
        *_PLACE, [WriteItem("A", "1", False), WriteItem("B", "2", True), WriteItem("C", "3")]
    )
    person = edits("sed -i 's/^B=.*/B=two/' $1; echo D=\"'4 # 5'\" >> $1")
    ran = person.runs("edit").well()
    assert ran.out == "created in backend/staging: D\nupdated in backend/staging: B\n"
    assert loopback.requests[-1].json == {
        "entries": [{"key": "B", "value": "two"}, {"key": "D", "value": "4 # 5", "is_secret": True}]
    }
    assert writes(loopback) == 1
    assert clovrix.get_entries(*_PLACE) == {"A": "1", "B": "two", "C": "3", "D": "4 # 5"}


def test_nothing_changed_is_nothing_written(
    edits: Callable[..., Person], clovrix: Client, loopback: Loopback
) -> None:
    """Whatever the values hold: every one is read back as it was."""
    clovrix.set_entries(*_PLACE, [WriteItem(key, value) for key, value in _AWKWARD.items()])
    person = edits("cat $1 > shown")
    assert person.runs("edit").well().out == "unchanged: backend/staging\n"
    assert writes(loopback) == 0
    shown = (person.folder / "shown").read_text()
    assert "cannot be edited" not in shown
    assert shown.startswith("# Entries of backend/staging")


def test_what_no_line_can_hold_is_left_alone(
    edits: Callable[..., Person], clovrix: Client, loopback: Loopback
) -> None:
    """It is said in the file, and its absence is no removal."""
    clovrix.set_entries(*_PLACE, [WriteItem("A", "1"), WriteItem("NUL", "a\0b")])
    person = edits("grep '^# NUL cannot be edited here' $1; sed -i 's/^A=1/A=2/' $1")
    person.runs("edit").well()
    assert clovrix.get_entries(*_PLACE) == {"A": "2", "NUL": "a\0b"}


def test_contract_and_plain_say_what_a_new_key_is(
    edits: Callable[..., Person], clovrix: Client
) -> None:
    """Secret, unless one of them denies it."""
    person = edits("echo DECLARED=1 >> $1; echo FREE=1 >> $1")
    person.write(
        ".clovrix",
        'project = "backend"\ndefault_environment = "staging"\n'
        "[variables.DECLARED]\nsecret = false\n",
    )
    person.runs("edit").well()
    edits("echo PLAIN=1 >> $1").runs("edit", "--plain").well()
    keys = ("DECLARED", "FREE", "PLAIN")
    assert [clovrix.get_entry(*_PLACE, key).is_secret for key in keys] == [False, True, False]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("sed -i /^A=/d $1", "A: the line was removed, but Clovrix deletes no entry"),
        ("echo 'what is this' >> $1", "expected KEY=value"),
        ("echo ALONE >> $1", "this line is directly below a value without quotes"),
        ("echo A=2 >> $1", "duplicate key A"),
        ("echo lower=1 >> $1", "is not a valid key"),
        ("echo CLOVRIX_TOKEN=1 >> $1", "CLOVRIX_TOKEN is a setting"),
        ("echo 'B=${A}' >> $1", "B: ${…} is not expanded here"),
        ("printf 'B=\\377hunter2\\n' >> $1", "the text is not UTF-8 (line "),
        ("seq -f 'N%.0f=hunter2' 101 >> $1", "101 entries differ, and one edit writes at most 100"),
        ("printf 'B=%032769d\\n' 0 >> $1", "the value of B has 32769 bytes"),
        ("rm $1", "does not exist; nothing was written"),
        ("echo C=3 >> $1; exit 3", "ended with 3; nothing was written"),
        ("kill -9 $$", "was ended by signal 9; nothing was written"),
    ],
)
def test_what_is_wrong_is_refused(
    edits: Callable[..., Person],
    memory: Path,
    clovrix: Client,
    loopback: Loopback,
    script: str,
    told: str,
) -> None:
    """Without a terminal at once: one sentence, no value, nothing written, no file left."""
    clovrix.set_entry(*_PLACE, "A", "hunter2")
    ran = edits(script).runs("edit")
    assert ran.status == 125
    assert told in ran.err
    assert "hunter2" not in ran.err + ran.out
    assert writes(loopback) == 0
    assert list(memory.iterdir()) == []


def test_a_text_that_was_emptied_is_not_told_line_by_line(
    edits: Callable[..., Person], clovrix: Client
) -> None:
    """Three of the lines that are gone, and how many more."""
    clovrix.set_entries(*_PLACE, [WriteItem(f"A{at}", "1") for at in range(50)])
    ran = edits(": > $1").runs("edit")
    assert ran.status == 125
    assert ran.err.splitlines()[3] == "clovrix-env: and 47 more lines were removed"


def test_an_editor_that_is_not_there(writer: Person) -> None:
    """It is named, and what names it."""
    writer.environ["VISUAL"] = "no-such-editor --wait"
    ran = writer.runs("edit")
    assert ran.status == 125
    assert "no-such-editor cannot be started: no such file or directory" in ran.err
    assert "set VISUAL or EDITOR" in ran.err


def test_visual_comes_before_editor(edits: Callable[..., Person], clovrix: Client) -> None:
    """With its arguments; our token is not the editor's."""
    person = edits("exit 9")
    person.write("visual", '#!/bin/sh\nenv > environ\necho "A=$1" >> "$2"\n', 0o755)
    person.environ["VISUAL"] = "./visual --wait"
    person.runs("edit").well()
    assert clovrix.get_entry(*_PLACE, "A").value == "--wait"
    assert "CLOVRIX_TOKEN" not in (person.folder / "environ").read_text()


def test_who_wrote_meanwhile_is_not_overwritten(
    edits: Callable[..., Person], clovrix: Client, loopback: Loopback
) -> None:
    """What was changed elsewhere while it was edited is told."""
    clovrix.set_entries(*_PLACE, [WriteItem("A", "1", False), WriteItem("B", "1", False)])
    command = shlex.join(Person.command("set", "A", "--value", "theirs", "--plain", "-q"))
    person = edits(f"CLOVRIX_TOKEN=$TOKEN {command}; sed -i s/=1/=ours/ $1")
    person.environ["TOKEN"] = person.environ["CLOVRIX_TOKEN"]
    ran = person.runs("edit")
    assert ran.status == 125
    assert "A was changed on Clovrix during this edit" in ran.err
    assert clovrix.get_entries(*_PLACE) == {"A": "theirs", "B": "1"}


def test_json(edits: Callable[..., Person], clovrix: Client) -> None:
    """Names only."""
    clovrix.set_entry(*_PLACE, "A", "1")
    ran = edits("sed -i s/=1/=hunter2/ $1; echo B=hunter2 >> $1").runs("edit", "--json").well()
    assert json.loads(ran.out) == {
        "version": 1,
        "project": "backend",
        "environment": "staging",
        "created": ["B"],
        "changed": ["A"],
    }


def test_a_token_of_a_file_does_not_write(
    edits: Callable[..., Person], store_home: StoreHome, loopback: Loopback
) -> None:
    """Said before the editor is started."""
    person = edits("echo A=1 >> $1; touch started")
    del person.environ["CLOVRIX_TOKEN"]
    person.write(".env", f"CLOVRIX_TOKEN={store_home.token}\n")
    ran = person.runs("edit")
    assert ran.status == 125
    assert "a token from a file can only read" in ran.err
    assert not (person.folder / "started").exists()


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="this system has no place in memory")
def test_the_file_is_private_and_in_memory(
    edits: Callable[..., Person], memory: Path, clovrix: Client
) -> None:
    """Below ``$XDG_RUNTIME_DIR`` where that is in memory, else in ``/dev/shm``."""
    person = edits('stat -c "%a %n" $1 "$(dirname $1)" > modes; stat -f -c %T $1 >> modes')
    clovrix.set_entry(*_PLACE, "A", "1")
    for given, place in ((str(memory), memory), (str(person.folder), Path("/dev/shm"))):
        person.runs("edit", env={"XDG_RUNTIME_DIR": given}).well()
        file, folder, kind = (person.folder / "modes").read_text().splitlines()
        assert file.startswith(f"600 {place}/")
        assert folder.startswith(f"700 {place}/")
        assert kind == "tmpfs"


def test_a_secret_shows_nowhere(
    edits: Callable[..., Person], memory: Path, clovrix: Client
) -> None:
    """Neither in a command line, nor in a file afterwards, nor in what is printed."""
    clovrix.set_entry(*_PLACE, "A", f"{_SECRET}-before", True)
    person = edits("sed -i 's/-before/-after/' $1")
    with ProcessList() as processes:
        ran = person.runs("edit").well()
    assert clovrix.get_entry(*_PLACE, "A").value == f"{_SECRET}-after"
    assert _SECRET not in ran.out + ran.err
    assert not any(_SECRET.encode() in line for line in processes.seen)
    assert files_with(_SECRET, person.home, person.folder, memory) == []


def editing(person: Person) -> subprocess.Popen[bytes]:
    """An edit whose editor has begun, and made the file ``started``."""
    process = subprocess.Popen(
        person.command("edit"),
        cwd=person.folder,
        env=person.given({}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    end = time.monotonic() + 20
    while not (person.folder / "started").exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    return process


_SIGNALS = "SIGTERM SIGHUP SIGINT SIGQUIT SIGUSR1 SIGUSR2 SIGALRM SIGXCPU"


@pytest.mark.parametrize("number", [signal.Signals[name] for name in _SIGNALS.split()])
def test_a_signal_leaves_no_file(
    edits: Callable[..., Person],
    memory: Path,
    clovrix: Client,
    loopback: Loopback,
    number: signal.Signals,
) -> None:
    """We end by it, and the editor with us; Ctrl-C reaches both, and is the editor's to obey."""
    clovrix.set_entry(*_PLACE, "A", _SECRET)
    person = edits("echo A=2 > $1; echo $$ > pid; touch started; exec sleep 60")
    process = editing(person)
    assert len(list(memory.iterdir())) == 1
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode == (125 if number == signal.SIGINT else -number)
    assert list(memory.iterdir()) == []
    assert writes(loopback) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(int((person.folder / "pid").read_text()), 0)


def test_no_core_file_is_written_of_values(edits: Callable[..., Person], clovrix: Client) -> None:
    """Neither of ours nor of the editor's, whatever the limit was before."""
    clovrix.set_entry(*_PLACE, "A", _SECRET)
    person = edits("ulimit -S -c > limits; grep core /proc/$PPID/limits >> limits")
    command = ("sh", "-c", 'ulimit -c unlimited && exec "$@"', "sh", *person.command("edit"))
    assert person.plain(*command).returncode == 0
    editors, ours = (person.folder / "limits").read_text().splitlines()
    assert (editors, ours.split()[4]) == ("0", "0")


def test_what_a_killed_edit_left_is_swept(
    edits: Callable[..., Person], memory: Path, clovrix: Client
) -> None:
    """By the next one, which says so; the folder of one that is at work stays."""
    clovrix.set_entry(*_PLACE, "A", _SECRET)
    killed = editing(edits("touch started; exec sleep 60"))
    (left,) = memory.iterdir()
    (edits("exit 1").folder / "started").unlink()
    at_work = editing(edits("touch started; exec sleep 60"))
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    ran = edits("exit 0").runs("edit").well()
    assert ran.err.startswith(f"clovrix-env: removed {left}, left by an edit that was killed\n")
    assert len(list(memory.iterdir())) == 1
    at_work.terminate()
    at_work.communicate()
    assert list(memory.iterdir()) == []


_READ_ONLY = """
mount -t tmpfs -o ro none /dev/shm || exit 9
for folder in /tmp /var/tmp; do
    mount --bind $folder $folder && mount -o remount,ro,bind $folder || exit 9
done
exec "$@"
"""


def test_where_no_folder_can_be_made_the_reason_is_told(
    edits: Callable[..., Person], clovrix: Client
) -> None:
    """Every place with its own reason, and the working directory is none of them."""
    clovrix.set_entry(*_PLACE, "A", _SECRET)
    person = edits("touch started")
    around = ("unshare", "-m", "sh", "-c", _READ_ONLY, "sh")
    if person.plain(*around, "true").returncode != 0:
        pytest.skip("nothing can be mounted here")
    before = sorted(os.listdir(person.folder))
    ran = person.plain(
        *around, *person.command("edit"), env={"XDG_RUNTIME_DIR": None, "TMPDIR": None}
    )
    assert ran.returncode == 125
    places = "; ".join(f"{f}: read-only file system" for f in ("/dev/shm", "/tmp", "/var/tmp"))
    told = ran.stderr.decode().splitlines()
    assert told[0] == f"clovrix-env: no folder can hold the file to edit ({places})"
    assert sorted(os.listdir(person.folder)) == before


def test_editing_goes_on(edits: Callable[..., Person], clovrix: Client, terminal: Terminal) -> None:
    """On a terminal what is wrong is told, and the text that was typed is still there."""
    clovrix.set_entry(*_PLACE, "A", "1")
    person = edits(
        "[ -e once ] && { grep -q '^B=2' $1; echo A=1 >> $1; exit; }; "
        "touch once; sed -i s/^A=.*/B=2/ $1"
    )
    terminal.line("env", f"EDITOR={person.environ['EDITOR']!s}", *person.command("edit"))
    terminal.see("A: the line was removed")
    terminal.see("Continue editing\\? \\[Y/n\\]: ")
    terminal.type("")
    terminal.see("created in backend/staging: B")
    assert terminal.status() == 0
    assert clovrix.get_entries(*_PLACE) == {"A": "1", "B": "2"}


def test_editing_can_be_given_up(
    edits: Callable[..., Person], memory: Path, clovrix: Client, terminal: Terminal
) -> None:
    """Status 1, nothing written, no file left."""
    clovrix.set_entry(*_PLACE, "A", "1")
    person = edits("echo nonsense here > $1")
    terminal.line("env", f"EDITOR={person.environ['EDITOR']!s}", *person.command("edit"))
    terminal.see("Continue editing\\? ")
    terminal.type("n")
    terminal.see("cancelled")
    assert terminal.status() == 1
    assert list(memory.iterdir()) == []
    assert clovrix.get_entries(*_PLACE) == {"A": "1"}


def test_interrupt_at_the_question_leaves_no_file(
    edits: Callable[..., Person], memory: Path, terminal: Terminal
) -> None:
    """Ctrl-C there gives up."""
    person = edits("echo nonsense here > $1")
    terminal.line("env", f"EDITOR={person.environ['EDITOR']!s}", *person.command("edit"))
    terminal.see("Continue editing\\? ")
    interrupt(terminal)
    terminal.see("\n")
    assert terminal.status() == 130
    assert list(memory.iterdir()) == []
