"""``clovrix-env export`` as a command: what it takes, where it writes, what it says."""

import json
import os
import stat

import pytest
from launch.launcher import Launcher
from programs import finish
from transfer import readers

from clovrix_env import Client

KINDS = ("dotenv", "shell", "json", "yaml", "docker", "systemd")


def test_it_is_what_a_program_would_be_given(at_store, store_home):
    """Clovrix below the files, and --set above them: as clovrix-exec has it."""
    with Client(base_url=store_home.url) as client:
        client.set_entry("backend", "staging", "LEVEL", "info")
        client.set_entry("backend", "staging", "REGION", "eu")
    at_store.write(".env", "LEVEL=debug\n")
    words = ("export", "--format", "json", "-q", "--set", "EXTRA=1", "--exclude", "NOTHING")
    found = json.loads(at_store.done(*words))
    assert found == {"REGION": "eu", "LEVEL": "debug", "EXTRA": "1"}


def test_the_process_environments_own_are_left_out_and_told(command):
    """They are there already where it is run, and are nobody's business elsewhere."""
    command.write(".env", "A=file\nB=file\n")
    result = command("export", "--format", "json", env={"A": "mine"})
    assert json.loads(result.stdout) == {"B": "file"}
    assert b"A is left out: the process environment sets it (--override)" in result.stderr
    overridden = command("export", "--format", "json", "--override", env={"A": "mine"})
    assert json.loads(overridden.stdout) == {"A": "file", "B": "file"}
    assert command("export", "--format", "json", "-q", env={"A": "mine"}).stderr == b""


@pytest.mark.parametrize(
    ("files", "words", "sentence"),
    [({".clovrix": "[variables.NEED]\nrequired = true\n"}, "json", "NEED is required"),
     ({".env": "KEY='planted-${value}'\n"}, "dotenv", "KEY: contains ${"),
     ({}, "dotenv -o no/such/file", "no/such/file cannot be written: no such file or directory"),
     ({}, "github", "GITHUB_ENV is not set"),
     ({}, "github -o out --set GITHUB_TOKEN=1", "GITHUB_TOKEN: cannot be set for later steps"),
     ({}, "github -o out --set RUNNER_OS=1", "RUNNER_OS: cannot be set for later steps")],
)  # fmt: skip
def test_it_is_refused_in_one_sentence(command, files, words, sentence):
    """That names what is wrong, without a value; no file and no folder is made."""
    for name, text in {".env": "A=1\n", **files}.items():
        command.write(name, text)
    before = os.listdir(command.folder)
    said = command.refused("export", "--format", *words.split())
    assert sentence in said
    assert "planted" not in said
    assert os.listdir(command.folder) == before


def test_where_nothing_would_be_added_there_is_nothing_to_export(command):
    """CLOVRIX_DISABLED: an error, for an empty file would be taken for a configuration."""
    command.write(".env", "A=1\n")
    command.environ.update(CLOVRIX_DISABLED="1")
    assert "CLOVRIX_DISABLED is set" in command.refused("export", "--format", "json")


def test_below_a_launcher_it_is_the_same(command):
    """The names that stand in the environment are the launcher's, and not the process's own."""
    command.write(".env", "A=1\n")
    words = Launcher.argv("--", *command.argv("export", "--format", "json"))
    launched = finish(words, command.folder, command.environ)
    assert (json.loads(launched.stdout), launched.stderr) == ({"A": "1"}, "")


def test_a_terminal_is_not_given_what_would_command_it(command):
    """It would obey and not show; other values are shown as they are."""
    command.write(".env", 'A="\x1b[31m"\n')
    command.write("plain.env", "A=1\n")
    words, at = ("export", "--format", "shell"), ("stdout",)
    ran, screen = command.on_terminal(*words, "-f", "plain.env", at=at)
    assert (ran.returncode, screen, ran.stderr) == (0, b"export A='1'\r\n", b"")
    ran, screen = command.on_terminal(*words, at=at)
    assert (ran.returncode, screen) == (125, b"")
    assert b"--output" in ran.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_every_problem_is_told_at_once_with_its_name(command, kind):
    """A name that no reader takes is an error, and so is each other one."""
    command.write(".env", "A=1\n")
    words = ("--set", "a b=1", "--set", "c\nd=2")
    if kind in ("json", "yaml"):
        assert "a b" in command.done("export", "--format", kind, *words)
        return
    said = command.refused("export", "--format", kind, *words)
    assert "'a b':" in said
    assert "'c\\nd':" in said
    assert "--exclude" in said


def test_what_is_no_utf_8_fits_nowhere(command):
    """Bytes of the process environment that a file refers to."""
    command.write(".env", "A=${RAW}\n")
    command.environ.update(RAW=os.fsdecode(b"\xff"))
    for kind in KINDS:
        assert "A: is not UTF-8" in command.refused("export", "--format", kind)


def test_the_file_is_its_owners_alone(command):
    """Mode 0600 whatever the umask, and nothing on stdout."""
    command.write(".env", "A=1\n")
    for umask in (0o000, 0o777):
        name = f"out-{umask}"
        assert command.done("export", "--format", "dotenv", "-o", name, umask=umask) == ""
        path = command.folder / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text() == "A=1\n"


def test_a_file_is_replaced_only_by_force(command):
    """Without it, what is there stays as it is."""
    command.write(".env", "A=1\n")
    path = command.write("out", "precious")
    said = command.refused("export", "--format", "dotenv", "-o", "out")
    assert "out exists already" in said
    assert "--force" in said
    assert path.read_text() == "precious"
    command.done("export", "--format", "dotenv", "-o", "out", "--force")
    assert path.read_text() == "A=1\n"
    assert sorted(os.listdir(command.folder)) == [".env", ".git", "out"]


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_link_is_never_followed(command, tmp_path, force):
    """Whoever put it there would choose where the values go."""
    command.write(".env", "A=1\n")
    for target in ("elsewhere", "nowhere"):
        (tmp_path / "elsewhere").write_text("theirs")
        link = command.folder / target
        link.symlink_to(tmp_path / target)
        command.refused("export", "--format", "dotenv", "-o", target, *force)
        assert link.is_symlink()
        assert not (tmp_path / "nowhere").exists()
        assert (tmp_path / "elsewhere").read_text() == "theirs"


def test_options_that_do_not_go_together_are_wrong_usage(command):
    """Status 2, and the sentence says which."""
    for words in (
        *(("--format", "k8s-secret"), ("--format", "json", "--name", "app")),
        *(("--format", "k8s-secret", "--name", "Not_A_Name"), ("--format", "json", "--force"), ()),
    ):
        assert "see clovrix-env export --help" in command.refused("export", *words, status=2)


def test_a_secret_of_kubernetes_has_its_name_and_kind(command):
    """The manifest is one that kubectl applies."""
    command.write(".env", "A=1\n")
    text = command.done("export", "--format", "k8s-secret", "--name", "app.config")
    assert text.startswith('apiVersion: v1\nkind: Secret\nmetadata:\n  name: "app.config"\n')
    assert "type: Opaque\n" in text


def test_what_is_too_large_for_a_format_names_the_largest(command):
    """A .env file of more than 1 MiB would not be read, nor a Secret taken."""
    for number in range(3):
        command.write(f"{number}.env", f"KEY_{number}={'x' * 500_000}\n")
    words = [word for number in range(3) for word in ("-f", f"{number}.env")]
    for kind in (("dotenv",), ("k8s-secret", "--name", "app")):
        said = command.refused("export", "--format", *kind, *words)
        assert "the largest: KEY_0 (5000" in said
    command.done("export", "--format", "systemd", *words)


def test_nothing_at_all_is_an_empty_document(command):
    """Each format has one."""
    command.write(".env", "")
    texts = {kind: command.done("export", "--format", kind) for kind in KINDS}
    assert texts == {**dict.fromkeys(KINDS, ""), "json": "{}\n", "yaml": "{}\n"}


def test_github_masks_first_and_appends_to_its_file(command):
    """Commands go to stdout, values to the file; what others wrote there stays."""
    command.write(".clovrix", "[variables.LEVEL]\nsecret = false\n")
    command.write(".env", "KEY='100%\nsure'\nLEVEL=debug\nEMPTY=\n")
    path = command.write("github", "OTHER=1")
    printed = command.done("export", "--format", "github", env={"GITHUB_ENV": str(path)})
    assert readers.masked(printed) == {"sure"}
    other, rest = path.read_text().split("\n", 1)
    assert other == "OTHER=1"
    assert readers.by_github_rules([rest], command.folder) == [
        {"KEY": "100%\nsure", "LEVEL": "debug", "EMPTY": ""}
    ]


def test_githubs_delimiter_is_never_the_same(command):
    """A value that knew it could end its own heredoc, and begin another name's."""
    command.write(".env", "KEY=1\n")
    drawn = set()
    for number in range(3):
        path = command.write(f"github-{number}", "")
        command.done("export", "--format", "github", env={"GITHUB_ENV": str(path)})
        drawn.add(path.read_text().splitlines()[0])
    assert len(drawn) == 3


def test_github_takes_no_name_that_the_runner_refuses(command):
    """Even where a start would allow it; CI is taken, and without GITHUB_ENV a file."""
    command.write(".env", "CI=1\n")
    command.environ.update(CLOVRIX_ALLOW="NODE_OPTIONS")
    words = ("export", "--format", "github", "-o", "out")
    said = command.refused(*words, "--set", "NODE_OPTIONS=x")
    assert "NODE_OPTIONS: cannot be set for later steps" in said
    assert "CI:" not in said
    assert command.done(*words) == "::add-mask::1\n"
    assert (command.folder / "out").read_text().startswith("CI<<clovrix_")
