"""The command line: what is ours stands before the first ``--``, the rest is the program's."""

import os

import pytest
from launch.launcher import TOKEN, environment, refusal

import clovrix_env
from clovrix_env.cli import exec as command_line

SHOW = ("--", "env", "-0")
USAGE = "run clovrix-exec PROJECT ENVIRONMENT -- COMMAND, or see clovrix-exec --help"
HELP = "see clovrix-exec --help"
OPTIONS = """
-p, -e, -f, -v, -h, --root --local --no-remote --override --set --allow --timeout --pass-token
--version 125 126 127 gunicorn
"""


@pytest.fixture
def remote(remote):
    """Clovrix, which answers each request with SOURCE=clovrix."""
    remote.fault("answer", body=b'{"entries": {"SOURCE": "clovrix"}}')
    return remote


@pytest.mark.parametrize("options", [(), ("--set", "A=1")], ids=["by hand", "by click"])
def test_the_programs_words_are_untouched(launcher, options):
    """Its own ``--``, its options that look like ours, empty words and spaces: all as typed."""
    words = ["-v", "--", "--set", "x", "", " a b ", "*", "$HOME", "--help", "-p", "é\n"]
    result = launcher(*options, "--", "printf", "[%s]", *words)
    assert result.stdout.decode() == "".join(f"[{word}]" for word in words)
    result = launcher("--", "sh", "-c", "tr '\\0' '\\n' < /proc/$$/cmdline; exit 0")
    assert result.stdout.splitlines()[:2] == [b"sh", b"-c"]  # as typed, not as found


PRODUCTION = {"SOURCE": "clovrix", "GREETING": None}
EFFECTS = {
    "backend production": ({}, PRODUCTION),
    "-p backend -e production": ({}, PRODUCTION),
    "--project backend --environment=production": ({}, PRODUCTION),
    "backend -v -e production": ({}, PRODUCTION),
    "--local backend production": ({}, {"SOURCE": "clovrix", "GREETING": "hello"}),
    "--no-remote backend staging": ({}, {"SOURCE": None, "GREETING": "hello"}),
    "-f a --file b": ({}, {"A": "a", "B": "b", "BOTH": "b", "GREETING": None}),
    "-f a -f b --only B* --exclude BOTH --set A=set": ({}, {"B": "b", "BOTH": None, "A": "set"}),
    "--root else": ({}, {"GREETING": "else"}),
    "": ({"GREETING": "process"}, {"GREETING": "process"}),
    "--override": ({"GREETING": "process"}, {"GREETING": "hello"}),
    # The value is all behind the first =, and nothing in it is expanded.
    "--set GREETING=set": ({"GREETING": "process"}, {"GREETING": "set"}),
    "--set B=x=${HOME} --set EMPTY=": ({}, {"B": "x=${HOME}", "EMPTY": ""}),
    "-f editor --allow EDITOR --allow PS4": ({}, {"EDITOR": "vi", "PS4": "x"}),
}


@pytest.mark.parametrize("line", EFFECTS)
def test_option(launcher, remote, line):
    """What the program finds set, and what Clovrix is asked for."""
    env, expected = EFFECTS[line]
    files = {"a": "A=a\nBOTH=a\n", "b": "B=b\nBOTH=b\n", "editor": "EDITOR=vi\nPS4=x\n"}
    (launcher.folder / "else").mkdir()
    for name, text in {**files, "else/.env": "GREETING=else\n"}.items():
        (launcher.folder / name).write_text(text)
    found = environment(launcher(*line.split(), *SHOW, env=env))
    texts = {name.decode(): value.decode() for name, value in found.items()}
    assert {name: texts.get(name) for name in expected} == expected
    asked = [request.path.partition("/projects/")[2] for request in remote.requests]
    assert asked == (["backend/environments/production/entries"] if b"SOURCE" in found else [])


def test_what_an_option_names_has_to_be_there(launcher):
    """A file, a folder."""
    assert refusal(launcher("-f", "missing", *SHOW))[0] == "missing does not exist"
    assert refusal(launcher("--root", "missing", *SHOW))[0] == "--root (missing) is not a folder"


def test_files_that_are_not_read_are_told(launcher, remote):
    """In one line, unless ``--local`` reads them; the program's folder stays what it was."""
    line = b"clovrix-exec: .env not read in production (--local reads it)\n"
    assert launcher("backend", "production", "--", "true").stderr == line
    result = launcher("--local", "--root", "..", "backend", "production", "--", "pwd")
    assert (result.stdout.decode(), result.stderr) == (f"{launcher.folder}\n", b"")


def test_verbose_tells_sources_and_times_and_no_value(launcher, remote):
    """Root, files, Clovrix with address and milliseconds, and every name with its origin."""
    given = {"GREETING": "from the process"}
    result = launcher("-v", "backend", "staging", "--set", "B=b-value", "--", "true", env=given)
    assert (result.returncode, result.stdout) == (0, b"")
    lines = result.stderr.decode().splitlines()
    assert all(line.startswith("clovrix-exec: ") for line in lines)
    told = "\n".join(line[len("clovrix-exec: ") :] for line in lines)
    for expected in (
        f"root {launcher.folder} (working directory)",
        ".env: 1 ",
        f"backend/staging on Clovrix: 1 entry ({remote.url}, ",
        " ms)",
        "GREETING from process environment (hides .env:1)",
        "SOURCE from backend/staging on Clovrix",
        "B from --set",
    ):
        assert expected in told
    for value in ("hello", "from the process", "b-value", TOKEN):
        assert value not in told


def test_version(launcher):
    """Program and version on stdout; nothing is resolved for it."""
    (launcher.folder / ".env").write_text("broken line\n")
    result = launcher("--version")
    assert result.returncode == 0
    assert result.stdout.decode() == f"clovrix-exec {clovrix_env.__version__}\n"


@pytest.mark.parametrize("words", ["--help", "-p backend -h", "backend --help -- true"])
def test_help(launcher, words):
    """Every option, the statuses and an example, on stdout; also before a command."""
    result = launcher(*words.split())
    assert (result.returncode, result.stderr) == (0, b"")
    text = result.stdout.decode()
    assert text.startswith("Usage: clovrix-exec [OPTIONS] [PROJECT [ENVIRONMENT]] -- COMMAND")
    assert [word for word in OPTIONS.split() if word not in text] == []


@pytest.fixture
def usage(launcher, monkeypatch, capsys):
    """What ``clovrix-exec`` says to these words, in this process: it must not become another."""
    monkeypatch.chdir(launcher.folder)
    monkeypatch.setattr(os, "execve", None)

    def told(*words):
        with pytest.raises(SystemExit) as ended:
            command_line.run(words)
        printed = capsys.readouterr()
        assert (ended.value.code, printed.out) == (125, "")
        return [line[len("clovrix-exec: ") :] for line in printed.err.splitlines()]

    return told


FORGOTTEN = ("-- is missing before the command", USAGE)
THREE_WORDS = (
    "expected PROJECT and ENVIRONMENT before --, found 3 words",
    "run clovrix-exec PROJECT ENVIRONMENT -- COMMAND",
)
# The program's options are not taken for ours: its -h is a host, no cry for help.
FORGOTTEN_LINES = (
    *("true", "backend production python app.py", "backend production python -c pass"),
    *("backend production psql -h localhost", "backend production python --version"),
    *("-p backend -e production psql -h localhost", "--set A=1 ls -v"),
)
WRONG = {
    **dict.fromkeys(FORGOTTEN_LINES, FORGOTTEN),
    **dict.fromkeys(("", "--", "a b --", "-p a", "-p a --"), ("the command is missing", USAGE)),
    **dict.fromkeys(("a b c -- true", "-v a b c -- true"), THREE_WORDS),
    "a -p a -- true": ("name the project once, as an argument or as an option", HELP),
    "a b -e b -- true": ("name the environment once, as an argument or as an option", HELP),
}
WRONG_OPTIONS = {
    **{f"--timeout={n}": "timeout must be a number" for n in (0, -1, "nan", "inf", 86400)},
    **{line: line.split()[0] for line in ("--verison", "-x", "-p", "--timeout soon")},
    "--verison -- true": "--verison",
    "--local=yes": "--local",
    "--set A": "--set has no = (write K=V)",
    "--set =x": "--set",
    "--set CLOVRIX_TOKEN=x": "CLOVRIX_TOKEN",
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_usage(usage, line):
    """What is missing, or said twice even where both agree, and the form of a command line."""
    assert usage(*line.split()) == list(WRONG[line])


@pytest.mark.parametrize("line", WRONG_OPTIONS)
def test_a_wrong_option(usage, line):
    """The option by its name, and where the right ones are told."""
    lines = usage(*line.split(), *(() if line.startswith("--verison --") else ("--", "true")))
    assert WRONG_OPTIONS[line] in lines[0]
    assert lines[1:] == [HELP] or line.startswith("--timeout=")


def test_usage_is_refused_by_the_real_process(launcher):
    """Two of them, with the status that a shell sees; behind ``--`` nothing is looked at."""
    assert refusal(launcher("backend", "production", "psql", "-h", "localhost")) == list(FORGOTTEN)
    assert refusal(launcher("backend", "", "--", "true"))[0] == "the environment is empty"
    assert launcher("--", "echo", "--set", "nonsense").stdout == b"--set nonsense\n"
