"""``edit``: what differs is written, all or nothing; the file lies in memory, and goes."""

import json
import os
import shlex
import shutil
import signal
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest
from accounts.person import Person, interrupt, writes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from launch.launcher import until

from clovrix_env import WriteItem
from clovrix_env.cli import edited_text
from clovrix_env.errors import ClovrixConfigError, Problems

_PLACE = ("backend", "staging")
_SECRET = "hunter2-0123456789-of-this-test"


@pytest.fixture
def memory(tmp_path):
    """Where the file to edit is made: in memory, where this system has such a place."""
    shared = Path("/dev/shm")
    made = (shared if shared.is_dir() else tmp_path) / f"clovrix-test-{uuid4().hex}"
    made.mkdir(mode=0o700)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def edits(writer, memory, tmp_path):
    """``edits(script)``: the person's editor is this script; ``$1`` is the file."""
    writer.environ.update(XDG_RUNTIME_DIR=str(memory), TMPDIR=str(memory))

    def use(script):
        path = tmp_path / "editor"
        path.write_text(f"#!/bin/sh -e\n{script}\n")
        path.chmod(0o755)
        writer.environ["EDITOR"] = shlex.quote(str(path))
        return writer

    return use


def test_the_difference_is_written(edits, clovrix, loopback):
    """A changed line and a new one, in one request; what is the same is not sent."""
    items = [WriteItem("A", "it's\r\n", False), WriteItem("B", "2", True), WriteItem("C", "a\0b")]
    clovrix.set_entries(*_PLACE, items)
    person = edits("cat $1 > shown; sed -i 's/^B=.*/B=two/' $1; echo D=\"'4 # 5'\" >> $1")
    ran = person.runs("edit").well()
    assert ran.out == "created in backend/staging: D\nupdated in backend/staging: B\n"
    assert (person.folder / "shown").read_text().startswith("# Entries of backend/staging")
    assert loopback.requests[-1].json == {
        "entries": [{"key": "B", "value": "two"}, {"key": "D", "value": "4 # 5", "is_secret": True}]
    }
    ran = edits("sed -i s/two/hunter2/ $1; echo E=hunter2 >> $1").runs("edit", "--json").well()
    place = {"version": 1, "project": "backend", "environment": "staging"}
    assert json.loads(ran.out) == {**place, "created": ["E"], "changed": ["B"]}
    assert edits(":").runs("edit").well().out == "unchanged: backend/staging\n"
    assert writes(loopback) == 2
    kept = {"A": "it's\r\n", "C": "a\0b", "D": "4 # 5"}
    assert clovrix.get_entries(*_PLACE) == {**kept, "B": "hunter2", "E": "hunter2"}


def test_contract_and_plain_say_what_a_new_key_is(edits, clovrix):
    """Secret, unless one of them denies it."""
    person = edits("echo DECLARED=1 >> $1; echo FREE=1 >> $1")
    with (person.folder / ".clovrix").open("a") as file:
        file.write("[variables.DECLARED]\nsecret = false\n")
    person.runs("edit").well()
    edits("echo PLAIN=1 >> $1").runs("edit", "--plain").well()
    keys = ("DECLARED", "FREE", "PLAIN")
    assert [clovrix.get_entry(*_PLACE, key).is_secret for key in keys] == [False, True, False]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("sed -i /^A=/d $1", "A: the line was removed, but Clovrix deletes no entry"),
        ("echo 'what is this' >> $1", "expected KEY=value"),
        ("echo A=2 >> $1", "duplicate key A"),
        ("echo lower=1 >> $1", "is not a valid key"),
        ("echo CLOVRIX_TOKEN=1 >> $1", "CLOVRIX_TOKEN is a setting"),
        ("echo 'B=${A}' >> $1", "B: ${…} is not expanded here"),
        ("printf 'B=\\377hunter2\\n' >> $1", "the text is not valid UTF-8 (line "),
        ("seq -f 'N%.0f=hunter2' 101 >> $1", "101 entries differ, and one edit writes at most 100"),
        ("printf 'B=%032769d\\n' 0 >> $1", "the value of B is 32769 bytes long"),
        ("rm $1", "does not exist; nothing was written"),
        ("echo C=3 >> $1; exit 3", "ended with 3; nothing was written"),
        ("kill -9 $$", "was ended by signal 9; nothing was written"),
        (None, "no-such-editor cannot be started: no such file or directory"),
    ],
)
def test_what_is_wrong_is_refused(edits, memory, clovrix, loopback, script, told):
    """Without a terminal at once: one sentence, no value, nothing written, no file left."""
    clovrix.set_entry(*_PLACE, "A", "hunter2")
    person = edits(script or "")
    if script is None:
        person.environ["EDITOR"] = "no-such-editor --wait"
    ran = person.runs("edit")
    assert ran.status == 125
    assert told in ran.err
    assert "hunter2" not in ran.err + ran.out
    assert writes(loopback) == 0
    assert list(memory.iterdir()) == []


def test_visual_comes_before_editor(edits, clovrix):
    """With its arguments; our token is not the editor's."""
    person = edits("exit 9")
    person.write("visual", '#!/bin/sh\nenv > environ\necho "A=$1" >> "$2"\n', 0o755)
    person.environ["VISUAL"] = "./visual --wait"
    person.runs("edit").well()
    assert clovrix.get_entry(*_PLACE, "A").value == "--wait"
    assert "CLOVRIX_TOKEN" not in (person.folder / "environ").read_text()


def test_who_wrote_meanwhile_is_not_overwritten(edits, clovrix, loopback):
    """What was changed elsewhere while it was edited is told."""
    clovrix.set_entries(*_PLACE, [WriteItem("A", "1", False), WriteItem("B", "1", False)])
    command = shlex.join(Person.command("set", "A", "--value", "theirs", "--plain", "-q"))
    person = edits(f"CLOVRIX_TOKEN=$TOKEN {command}; sed -i s/=1/=ours/ $1")
    person.environ["TOKEN"] = person.environ["CLOVRIX_TOKEN"]
    ran = person.runs("edit")
    assert ran.status == 125
    assert "A was changed by another program during this edit" in ran.err
    assert clovrix.get_entries(*_PLACE) == {"A": "theirs", "B": "1"}


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="this system has no place in memory")
def test_the_file_is_private_and_in_memory(edits, memory, clovrix):
    """Below ``$XDG_RUNTIME_DIR`` where that is in memory, else in ``/dev/shm``."""
    person = edits('stat -c "%a %n" $1 "$(dirname $1)" > modes; stat -f -c %T $1 >> modes')
    clovrix.set_entry(*_PLACE, "A", "1")
    for runtime, place in ((str(memory), memory), (str(person.folder), Path("/dev/shm"))):
        person.runs("edit", env={"XDG_RUNTIME_DIR": runtime}).well()
        file, folder, kind = (person.folder / "modes").read_text().splitlines()
        assert file.startswith(f"600 {place}/")
        assert folder.startswith(f"700 {place}/")
        assert kind == "tmpfs"


def editing(person):
    """An edit whose editor has begun, and made the file ``started``."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    place = {"cwd": person.folder, "env": person.given({}), "start_new_session": True}
    process = subprocess.Popen(person.command("edit"), **pipes, **place)
    until((person.folder / "started").exists)
    return process


_SIGNALS = "SIGTERM SIGHUP SIGINT SIGQUIT SIGUSR1 SIGXCPU"


@pytest.mark.parametrize("number", [signal.Signals[name] for name in _SIGNALS.split()])
def test_a_signal_leaves_no_file(edits, memory, clovrix, loopback, number):
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


def test_no_core_file_is_written_of_values(edits, clovrix):
    """Neither of ours nor of the editor's, whatever the limit was before."""
    clovrix.set_entry(*_PLACE, "A", _SECRET)
    person = edits("ulimit -S -c > limits; grep core /proc/$PPID/limits >> limits")
    command = ("sh", "-c", 'ulimit -c unlimited && exec "$@"', "sh", *person.command("edit"))
    assert person.plain(*command).returncode == 0
    editors, ours = (person.folder / "limits").read_text().splitlines()
    assert (editors, ours.split()[4]) == ("0", "0")


def test_what_a_killed_edit_left_is_swept(edits, memory, clovrix):
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


def test_where_no_folder_can_be_made_the_reason_is_told(edits, clovrix):
    """Every place with its own reason, and the working directory is none of them."""
    clovrix.set_entry(*_PLACE, "A", _SECRET)
    person = edits("touch started")
    around = ("unshare", "-m", "sh", "-c", _READ_ONLY, "sh")
    if person.plain(*around, "true").returncode != 0:
        pytest.skip("nothing can be mounted here")
    before = sorted(os.listdir(person.folder))
    unset = {"XDG_RUNTIME_DIR": None, "TMPDIR": None}
    ran = person.plain(*around, *person.command("edit"), env=unset)
    assert ran.returncode == 125
    places = "; ".join(f"{f}: read-only file system" for f in ("/dev/shm", "/tmp", "/var/tmp"))
    told = ran.stderr.decode().splitlines()
    assert told[0] == f"clovrix-env: no folder can hold the file to edit ({places})"
    assert sorted(os.listdir(person.folder)) == before


def test_editing_goes_on(edits, clovrix, terminal):
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


@pytest.mark.parametrize("status", [1, 130])
def test_editing_can_be_given_up(edits, memory, clovrix, terminal, status):
    """By a no or Ctrl-C: nothing is written, and no file is left."""
    clovrix.set_entry(*_PLACE, "A", "1")
    person = edits("echo nonsense here > $1")
    terminal.line("env", f"EDITOR={person.environ['EDITOR']!s}", *person.command("edit"))
    terminal.see("Continue editing\\? ")
    if status == 1:
        terminal.type("n")
        terminal.see("cancelled")
    else:
        interrupt(terminal)
        terminal.see("\n")
    assert terminal.status() == status
    assert list(memory.iterdir()) == []
    assert clovrix.get_entries(*_PLACE) == {"A": "1"}


_STEADY = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_KEYS = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)
_VALUES = st.text(
    st.one_of(st.sampled_from("'\"\\$ {}#=\n\r\t`A:-?+"), st.characters(codec="utf-8")), max_size=30
)


@settings(_STEADY, max_examples=100)
@given(st.dictionaries(_KEYS, _VALUES, max_size=6))
def test_an_untouched_text_changes_nothing(entries):
    """And holds everything but what a ``.env`` cannot: a NUL; some values that end in ``\\``."""
    draft = edited_text.draft(entries, "backend/staging", "secret")
    problems = Problems()
    assert edited_text.changes(draft.text, entries, draft.left_out, problems) == {}
    assert not problems
    assert all(f"# {key} cannot be edited here" in draft.text for key in draft.left_out)
    assert all("\0" in entries[key] or entries[key].endswith("\\") for key in draft.left_out)


@settings(_STEADY, max_examples=50)
@given(st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=6), st.data())
def test_one_line_changes_one_entry(entries, data):
    """Whatever stands around it."""
    key = data.draw(st.sampled_from(sorted(entries)))
    before = {**entries, key: f"{entries[key]}x"}
    draft = edited_text.draft(entries, "backend/staging", "secret")
    problems = Problems()
    changed = edited_text.changes(draft.text, before, draft.left_out, problems)
    assert changed == ({} if key in draft.left_out else {key: entries[key]})
    assert not problems


def test_several_lines_that_are_gone_have_one_remedy():
    """A sentence each says which; what to do is said once."""
    problems = Problems()
    edited_text.changes("", {"A": "1", "B": "2"}, (), problems)
    with pytest.raises(ClovrixConfigError) as caught:
        problems.raise_if_any()
    assert len(caught.value.problems) == 2
    assert caught.value.remedy == "put the line back; KEY= writes an empty value"
    edited_text.changes("", {f"A{at}": "1" for at in range(50)}, (), more := Problems())
    with pytest.raises(ClovrixConfigError, match="and 47 more lines were removed"):
        more.raise_if_any()
