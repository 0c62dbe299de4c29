"""The command line: what is ours stands before the first ``--``, the rest is the program's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from launch.launcher import TOKEN, environment, refusal

import clovrix_env

if TYPE_CHECKING:
    from launch.launcher import Launcher
    from loopback import Loopback

SHOW = ("--", "env", "-0")
USAGE = "run clovrix-exec PROJECT ENVIRONMENT -- COMMAND, or see clovrix-exec --help"
HELP = "see clovrix-exec --help"


@pytest.fixture
def remote(launcher: Launcher, faulty: Loopback) -> Loopback:
    """Clovrix, which answers each request with SOURCE=clovrix; ``launcher`` knows how to ask."""
    body = json.dumps({"entries": {"SOURCE": "clovrix"}}).encode()
    faulty.fault("answer", body=body)
    launcher.environ.update(CLOVRIX_API_URL=faulty.url, CLOVRIX_TOKEN=TOKEN)
    return faulty


def asked_for(remote: Loopback) -> str:
    (request,) = remote.requests
    return request.path.partition("/projects/")[2].partition("/entries")[0]


# What is the program's.


@pytest.mark.parametrize("options", [(), ("--set", "A=1")], ids=["by hand", "by click"])
def test_the_programs_words_are_untouched(launcher: Launcher, options: tuple[str, ...]) -> None:
    """Its own ``--``, its options that look like ours, empty words and spaces: all as typed."""
    words = ["-v", "--", "--set", "x", "", " a b ", "*", "$HOME", "--help", "-p", "é\n"]
    result = launcher(*options, "--", "printf", "[%s]", *words)
    assert result.stdout.decode() == "".join(f"[{word}]" for word in words)


def test_the_programs_name_is_as_typed(launcher: Launcher) -> None:
    """``argv[0]`` is the word that stands there, not the path that it was found at."""
    result = launcher("--", "sh", "-c", "tr '\\0' '\\n' < /proc/$$/cmdline; exit 0")
    assert result.stdout.splitlines()[:2] == [b"sh", b"-c"]


def test_nothing_before_the_command(launcher: Launcher) -> None:
    """Where the environment says all of it, ``-- COMMAND`` is enough: one image for every stage."""
    assert launcher("--", "echo", "out").stdout == b"out\n"


# Every option.


@pytest.mark.parametrize(
    "words",
    [
        ("backend", "production"),
        ("-p", "backend", "-e", "production"),
        ("--project", "backend", "--environment=production"),
        ("backend", "-e", "production"),
        ("-v", "backend", "production"),
        ("backend", "-v", "production"),
    ],
)
def test_project_and_environment(
    launcher: Launcher, remote: Loopback, words: tuple[str, ...]
) -> None:
    """As arguments, as options, or one of each: the same request."""
    found = environment(launcher(*words, *SHOW))
    assert found[b"SOURCE"] == b"clovrix"
    assert asked_for(remote) == "backend/environments/production"


@pytest.mark.parametrize("option", ["-f", "--file"])
def test_named_files_replace_the_default_ones(launcher: Launcher, option: str) -> None:
    """Repeatable, the last wins, relative to the working directory."""
    (launcher.folder / "a").write_text("A=a\nBOTH=a\n")
    (launcher.folder / "b").write_text("B=b\nBOTH=b\n")
    found = environment(launcher(option, "a", option, "b", *SHOW))
    assert (found[b"A"], found[b"B"], found[b"BOTH"]) == (b"a", b"b", b"b")
    assert b"GREETING" not in found
    assert refusal(launcher(option, "missing", *SHOW))[0] == "missing does not exist"


def test_the_root(launcher: Launcher) -> None:
    """``--root`` is where the files lie; the program's working directory stays what it was."""
    (launcher.folder / "else").mkdir()
    (launcher.folder / "else" / ".env").write_text("GREETING=else\n")
    found = environment(launcher("--root", "else", *SHOW))
    assert found[b"GREETING"] == b"else"
    result = launcher("--root", "else", "--", "pwd")
    assert result.stdout.decode().strip() == str(launcher.folder)
    assert refusal(launcher("--root", "missing", *SHOW))[0] == "--root (missing) is not a folder"


def test_local_reads_the_files_in_production(launcher: Launcher, remote: Loopback) -> None:
    """Without it a ``.env`` is not read there, and one line says so."""
    result = launcher("backend", "production", *SHOW)
    assert b"GREETING" not in environment(result)
    assert result.stderr == b"clovrix-exec: .env not read in production (--local reads it)\n"
    result = launcher("--local", "backend", "production", *SHOW)
    assert environment(result)[b"GREETING"] == b"hello"
    assert result.stderr == b""


def test_no_remote_asks_nobody(launcher: Launcher, remote: Loopback) -> None:
    """Files and defaults only, though a project is named."""
    found = environment(launcher("--no-remote", "backend", "staging", *SHOW))
    assert found[b"GREETING"] == b"hello"
    assert b"SOURCE" not in found
    assert remote.requests == []


def test_override_lets_the_files_win(launcher: Launcher) -> None:
    """Over the process environment, which wins without it."""
    given = {"GREETING": "process"}
    assert environment(launcher(*SHOW, env=given))[b"GREETING"] == b"process"
    assert environment(launcher("--override", *SHOW, env=given))[b"GREETING"] == b"hello"


def test_set_wins_over_everything(launcher: Launcher) -> None:
    """Repeatable; the value is all behind the first =, and nothing in it is expanded."""
    words = ("--set", "GREETING=set", "--set", "B=x=${HOME} y", "--set", "EMPTY=")
    found = environment(launcher(*words, *SHOW, env={"GREETING": "process"}))
    assert (found[b"GREETING"], found[b"B"], found[b"EMPTY"]) == (b"set", b"x=${HOME} y", b"")


def test_allow_lets_a_name_pass(launcher: Launcher) -> None:
    """A name that would run code in the program is refused from a file, unless it is allowed."""
    (launcher.folder / ".env").write_text("PYTHONSTARTUP=x.py\nEDITOR=vi\n")
    problems = refusal(launcher(*SHOW))
    assert [line.partition(": ")[0] for line in problems[:2]] == [".env:1", ".env:2"]
    assert "--allow EDITOR" in problems[2]
    found = environment(launcher("--allow", "EDITOR", "--allow", "PYTHONSTARTUP", *SHOW))
    assert (found[b"EDITOR"], found[b"PYTHONSTARTUP"]) == (b"vi", b"x.py")


def test_verbose_tells_sources_and_times_and_no_value(launcher: Launcher, remote: Loopback) -> None:
    """Root, files, Clovrix with address and milliseconds, and every name with its origin."""
    given = {"GREETING": "from the process"}
    result = launcher("-v", "backend", "staging", "--set", "B=b-value", "--", "true", env=given)
    assert (result.returncode, result.stdout) == (0, b"")
    lines = result.stderr.decode().splitlines()
    assert all(line.startswith("clovrix-exec: ") for line in lines)
    told = "\n".join(line[len("clovrix-exec: ") :] for line in lines)
    assert f"root {launcher.folder} (working directory)" in told
    assert ".env: 1 " in told
    assert f"backend/staging on Clovrix: 1 entry ({remote.url}, " in told
    assert " ms)" in told
    assert "GREETING from process environment (hides .env:1)" in told
    assert "SOURCE from backend/staging on Clovrix" in told
    assert "B from --set" in told
    for value in ("hello", "from the process", "b-value", TOKEN):
        assert value not in told


def test_verbose_in_words(launcher: Launcher) -> None:
    """``--verbose`` is the long form."""
    assert b"GREETING from .env:1" in launcher("--verbose", "--", "true").stderr


def test_version(launcher: Launcher) -> None:
    """Program and version on stdout; nothing is resolved for it."""
    (launcher.folder / ".env").write_text("broken line\n")
    result = launcher("--version")
    assert result.returncode == 0
    assert result.stdout.decode() == f"clovrix-exec {clovrix_env.__version__}\n"


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(launcher: Launcher, option: str) -> None:
    """Every option, the statuses and an example, on stdout; also before a command."""
    for words in ((option,), ("-p", "backend", option), ("backend", option, "--", "true")):
        result = launcher(*words)
        assert (result.returncode, result.stderr) == (0, b"")
        text = result.stdout.decode()
        assert text.startswith("Usage: clovrix-exec [OPTIONS] [PROJECT [ENVIRONMENT]] -- COMMAND")
        for word in (
            "-p,",
            "-e,",
            "-f,",
            "-v,",
            "-h,",
            "--root",
            "--local",
            "--no-remote",
            "--override",
            "--set",
            "--allow",
            "--timeout",
            "--pass-token",
            "--version",
            "125",
            "126",
            "127",
            "gunicorn",
        ):
            assert word in text


# Wrong usage: 125, what is wrong, and what to do.


@pytest.mark.parametrize(
    "words",
    [
        ("backend", "production", "python", "app.py"),
        ("true",),
        ("backend", "production", "python", "-c", "pass"),
        ("backend", "production", "psql", "-h", "localhost"),
        ("backend", "production", "python", "--version"),
        ("-p", "backend", "-e", "production", "psql", "-h", "localhost"),
        ("--set", "A=1", "ls", "-v"),
    ],
)
def test_a_forgotten_separator_is_said_as_that(launcher: Launcher, words: tuple[str, ...]) -> None:
    """The program's options are not taken for ours: its ``-h`` is a host, no cry for help."""
    assert refusal(launcher(*words)) == ["-- is missing before the command", USAGE]


@pytest.mark.parametrize("words", [(), ("--",), ("a", "b", "--"), ("-p", "a"), ("-p", "a", "--")])
def test_no_command(launcher: Launcher, words: tuple[str, ...]) -> None:
    """Nothing to run is said, not run."""
    assert refusal(launcher(*words)) == ["the command is missing", USAGE]


@pytest.mark.parametrize("options", [(), ("-v",)], ids=["by hand", "by click"])
def test_too_many_words(launcher: Launcher, options: tuple[str, ...]) -> None:
    """Three words before ``--`` are one too many."""
    problem, remedy = refusal(launcher(*options, "a", "b", "c", "--", "true"))
    assert problem == "expected PROJECT and ENVIRONMENT before --, found 3 words"
    assert remedy == "run clovrix-exec PROJECT ENVIRONMENT -- COMMAND"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("backend", "-p", "backend"), "project"),
        (("backend", "staging", "-e", "staging"), "environment"),
    ],
)
def test_one_thing_named_twice(launcher: Launcher, words: tuple[str, ...], kind: str) -> None:
    """An argument and an option for the same is a mistake, even where they agree."""
    lines = refusal(launcher(*words, "--", "true"))
    assert lines == [f"name the {kind} once, as an argument or as an option", HELP]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--verison",), "--verison"),
        (("--verison", "--", "true"), "--verison"),
        (("-x", "--", "true"), "-x"),
        (("-p", "--", "true"), "-p"),
        (("--timeout", "soon", "--", "true"), "--timeout"),
        (("--local=yes", "--", "true"), "--local"),
        (("--set", "A", "--", "true"), "--set has no = (write K=V)"),
        (("--set", "=x", "--", "true"), "--set"),
        (("--set", "CLOVRIX_TOKEN=x", "--", "true"), "CLOVRIX_TOKEN"),
    ],
)
def test_a_wrong_option(launcher: Launcher, words: tuple[str, ...], said: str) -> None:
    """The option by its name, and where the right ones are told."""
    problem, remedy = refusal(launcher(*words))
    assert said in problem
    assert remedy == HELP


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "86400"])
def test_a_timeout_that_is_none(launcher: Launcher, seconds: str) -> None:
    """A deadline is a number of seconds above 0 and below a day."""
    lines = refusal(launcher(f"--timeout={seconds}", "--", "true"))
    assert lines[0].startswith("timeout must be a number of seconds")


def test_an_option_behind_the_separator_is_the_programs(launcher: Launcher) -> None:
    """``-- COMMAND --set`` sets nothing, and is not looked at."""
    assert launcher("--", "echo", "--set", "nonsense").stdout == b"--set nonsense\n"


@pytest.mark.parametrize(
    "words", [("",), ("backend", ""), ("-p", ""), (".", "x"), ("a" * 1025, "x")]
)
def test_a_word_that_is_no_name(launcher: Launcher, words: tuple[str, ...]) -> None:
    """An empty word, as an unset variable leaves it, is refused before anything is asked."""
    lines = refusal(launcher(*words, "--", "true"))
    assert any(word in lines[0] for word in ("project", "environment"))
