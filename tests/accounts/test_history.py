"""``history``, ``rollback``, ``delete`` and ``log``: refusals, prompts, and no value anywhere."""

import json
import subprocess

import pytest

from clovrix_env import NotFoundError

CANARY = "canary-51c0de"
AT = ("backend", "staging", "KEY")


@pytest.fixture(autouse=True)
def _versions(clovrix):
    for value in ("1", "2"):
        clovrix.set_entry(*AT, CANARY + value)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ("rollback KEY --to 1", 2, "stdin or stderr is not a terminal; add --yes"),
        ("delete KEY", 2, "stdin or stderr is not a terminal; add --yes"),
        ("rollback KEY --to 1 --json", 2, "--json shows no prompt: add --yes"),
        ("rollback KEY --yes", 2, "Missing option '--to'"),
        ("rollback KEY --to 9 --yes", 3, "backend/staging: KEY has no version 9"),
        ("delete OTHER --yes", 3, "backend/staging: OTHER never had a value"),
        ("history OTHER", 3, "backend/staging: OTHER never had a value"),
        ("log -p absent", 3, "absent: there is no project 'absent' here"),
        ("log -e absent", 3, "backend/absent: there is no project 'backend'"),
    ],
)
def test_refused(writer, clovrix, words, status, message):
    """With its reason, and nothing is written."""
    ran = writer.runs(*words.split())
    assert (ran.status, ran.out) == (status, "")
    assert message in ran.err
    assert CANARY not in ran.err
    assert len(clovrix.get_history(*AT)) == 2


def test_written_with_yes(writer, clovrix):
    """By a token, whose public id is shown, without a value."""
    ran = [
        writer.runs(*words.split()).well().out
        for words in ("rollback KEY --to 1 -y", "delete KEY -y --json", "history KEY", "log")
    ]
    assert ran[0] == "KEY restored in backend/staging: version 3 has the value of version 1\n"
    assert json.loads(ran[1]) == {"version": 1, "key": "KEY", "number": 4}
    public_id = clovrix.get_history(*AT)[-1].token
    assert public_id
    assert all(public_id in text for text in ran[2:])
    assert CANARY not in "".join(ran)
    with pytest.raises(NotFoundError):
        clovrix.get_entry(*AT)


@pytest.mark.quick
def test_a_log_needs_no_environment(writer):
    """It is the project's, unless -e names one."""
    writer.write(".clovrix", 'project = "backend"\n')
    document = json.loads(writer.runs("log", "-n", "1", "--json").well().out)
    assert (document["environment"], document["events"][0]["key"]) == (None, "KEY")


def test_yes_on_a_terminal(writer, clovrix, terminal):
    """The question names key and place."""
    terminal.type(" ".join(writer.command("delete", "KEY")))
    terminal.see(r"Delete the value of KEY in backend/staging\? \[y/N\]: ")
    terminal.answer("y\n")
    terminal.see(r"KEY deleted in backend/staging \(version 3\)")
    assert clovrix.get_history(*AT)[-1].change == "deleted"


def test_follow(writer, clovrix):
    """An event is shown soon after it is written, as one line of JSON."""
    words = writer.command("log", "--follow", "--json", "-n", "1")
    place = {"cwd": writer.folder, "env": writer.given({})}
    follower = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **place)
    try:
        assert json.loads(follower.stdout.readline())["version"] == 2
        clovrix.delete_entry(*AT)
        event = json.loads(follower.stdout.readline())
        assert (event["action"], event["version"]) == ("delete_entry", 3)
    finally:
        follower.kill()
        follower.communicate()
