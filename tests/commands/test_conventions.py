"""What every command of ``clovrix-env`` keeps to."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from clovrix_env.cli.main import COMMANDS, GROUPS, cli


def commands(path, command):
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from commands((*path, name), command.get_command(context, name))


ALL = {path: command for path, command in commands((), cli) if path}
NO_VALUE = "KEY must be a key without a value"
TOP = Path(__file__).resolve().parents[2]


def spellings(path):
    """Every option of a command, as it can be written."""
    options = (p for p in ALL[path].params if isinstance(p, click.Option) and not p.hidden)
    return [name for option in options for name in (*option.opts, *option.secondary_opts)]


@pytest.mark.parametrize("path", [path for path in ALL if path != ("run",)], ids=" ".join)
def test_help_shows_an_example(path):
    """Every command, and every command of a group; and a group tells its commands whole."""
    ran = CliRunner().invoke(cli, [*path, "--help"], prog_name="clovrix-env")
    assert ran.exit_code == 0, ran.output
    text = ran.output
    assert "clovrix-" in " ".join(text.split()).partition("Example: ")[2]
    _, _, told = text.partition("\nCommands:\n")
    assert bool(told) == isinstance(ALL[path], click.Group)
    assert "..." not in told


def test_the_list_of_commands(command):
    """Each in its group, with its whole summary."""
    text = command("--help").stdout
    assert re.findall(r"^(\w.*):$", text, re.MULTILINE) == ["Options", *GROUPS]
    for name, (_, about) in COMMANDS.items():
        assert f"  {name} " in text
        assert about in " ".join(text.split())


def test_the_list_loads_no_command():
    """Neither store nor network nor cryptography is loaded to tell what there is."""
    code = (
        "import sys\nfrom clovrix_env.cli.main import cli\n"
        "try: cli(['--help'], prog_name='clovrix-env')\nexcept SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if m.startswith(('clovrix_env.store', 'httpx',"
        " 'cryptography', 'sqlite3', 'ssl', 'clovrix_env.cli.local'))))"
    )
    out = subprocess.check_output([sys.executable, "-c", code], text=True, timeout=20)
    assert out.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "message", "help_of"),
    [
        ("explian", "No such command 'explian'. Did you mean 'explain'?", "clovrix-env"),
        ("ls", "No such command 'ls'. Did you mean 'list'?", "clovrix-env"),
        ("local tokne", "No such command 'tokne'. Did you mean 'token'?", "clovrix-env local"),
        ("setup", "No such command 'setup'. Did you mean 'init'?", "clovrix-env"),
        ("qqq", "No such command 'qqq'.", "clovrix-env"),
        ("get a=b", f"Invalid value for 'KEY': {NO_VALUE}", "clovrix-env get"),
    ],
)
def test_wrong_usage(command, words, message, help_of):
    """Is status 2, with two lines like those of any other error."""
    ran = command(*words.split(), status=2)
    assert ran.stderr == f"clovrix-env: {message}\nclovrix-env: see {help_of} --help\n"


def test_an_option_before_its_command(command):
    """The remedy is its place behind the command."""
    ran = command("-p", "backend", "list", status=2)
    assert "write options after the command: clovrix-env COMMAND -p; see" in ran.stderr


# What has no --json, because it only says what was done or writes for a program; and no -q, because
# it is an answer.
NO_JSON = {
    *("completion", "demo", "export", "hook install", "hook path", "hook uninstall", "init"),
    *("local backup", "local init", "local restore", "run", "schema", "serve"),
}
NO_QUIET = {
    *("cache status", "check", "completion", "demo", "diff", "doctor", "explain", "get"),
    *(
        "hook path",
        "hook status",
        "local billing",
        "local project list",
        "local token list",
        "migrate",
    ),
    *("run", "schema", "serve", "version", "whoami"),
}
LEAVES = [path for path in ALL if not isinstance(ALL[path], click.Group)]


@pytest.mark.parametrize(("option", "without"), [("--json", NO_JSON), ("-q", NO_QUIET)])
def test_what_is_told_can_be_json_or_nothing(option, without):
    """``--json`` where there is output, ``-q`` where there is chatter."""
    assert {" ".join(path) for path in LEAVES if option not in spellings(path)} == without


@pytest.mark.parametrize("spelling", ["--json", "-q", "-p", "-e", "--timeout", "--reveal", "-y"])
def test_an_option_is_one_thing(spelling):
    """What is spelled the same takes a value in every command, or in none."""
    options = [option for path in LEAVES for option in ALL[path].params]
    assert len({option.is_flag for option in options if spelling in option.opts}) == 1


def test_an_environment_is_named_the_same_everywhere():
    """``-e``, ``--env`` and ``--environment`` are one; what makes some takes ``--env``."""
    named = [set(spellings(path)) & {"-e", "--env", "--environment"} for path in LEAVES]
    whole = {"-e", "--env", "--environment"}
    assert all(names in (set(), whole, {"--env"}) for names in named)
    assert whole in named


def test_what_json_prints_is_in_the_reference():
    """An object of each command that has ``--json``, or a link to its page."""
    page = (TOP / "docs/reference/json.md").read_text(encoding="utf-8")
    with_json = {path for path in LEAVES if "--json" in spellings(path)}
    for name in map(" ".join, with_json):
        assert re.search(rf"clovrix-env {name} .*--json|`{name}`.*\.md#", page), name


def test_every_command_and_option_is_in_the_reference():
    """Each with a line of its own, and with its sentence in help."""
    page = (TOP / "docs/reference/clovrix-env.md").read_text(encoding="utf-8")
    for path in LEAVES:
        _, _, behind = page.partition(f"### `clovrix-env {' '.join(path)}`\n")
        section = behind.partition("\n### ")[0]
        assert section, path
        undocumented = [name for name in spellings(path) if f"`{name}" not in section]
        assert undocumented == [], path
        options = [each for each in ALL[path].params if isinstance(each, click.Option)]
        assert [each.name for each in options if not each.help] == [], path


def test_colour_is_for_terminals(command):
    """No escape goes into a pipe, whatever TERM says."""
    for words in (("doctor",), ("--help",)):
        ran = command(*words, status=1 if words == ("doctor",) else 0, env={"TERM": "xterm"})
        assert "\x1b" not in ran.stdout + ran.stderr
