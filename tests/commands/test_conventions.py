"""What every command of ``clovrix-env`` keeps to."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from clovrix_env.cli.main import COMMANDS, GROUPS, cli

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commands.conftest import Run


def commands(path: tuple[str, ...], command: click.Command) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands((*path, name), found)


ALL = [path for path in commands((), cli) if path]
TOP = Path(__file__).resolve().parents[2]


def found(path: tuple[str, ...]) -> click.Command:
    at: click.Command = cli
    for name in path:
        assert isinstance(at, click.Group)
        below = at.get_command(click.Context(at), name)
        assert below is not None
        at = below
    return at


def spellings(path: tuple[str, ...]) -> list[str]:
    """Every option of a command, as it can be written."""
    options = (p for p in found(path).params if isinstance(p, click.Option) and not p.hidden)
    return [name for option in options for name in (*option.opts, *option.secondary_opts)]


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_shows_an_example(command: Run, path: tuple[str, ...]) -> None:
    """Every command, and every command of a group, by its own ``--help``."""
    text = command(*path, "--help").stdout
    assert "clovrix-" in " ".join(text.split()).partition("Example: ")[2]


def test_the_list_of_commands(command: Run) -> None:
    """Each in its group, with its whole summary."""
    text = command("--help").stdout
    assert re.findall(r"^(\w.*):$", text, re.MULTILINE) == ["Options", *GROUPS]
    for name, (_, about) in COMMANDS.items():
        assert f"  {name} " in text
        assert about in " ".join(text.split())


@pytest.mark.parametrize(
    "path", [p for p in ALL if isinstance(found(p), click.Group)], ids=" ".join
)
def test_a_family_tells_each_of_its_commands_whole(command: Run, path: tuple[str, ...]) -> None:
    """No sentence is cut off at the end of a line."""
    _, _, told = command(*path, "--help").stdout.partition("\nCommands:\n")
    assert told
    assert "..." not in told


@pytest.mark.parametrize("words", ["--help", "--version", "get --help", "run --help", "demo"])
def test_stdout_that_cannot_be_written(words: str) -> None:
    """Is one sentence and 125, also where the words are click's."""
    ran = subprocess.run(
        ["sh", "-c", f'"$0" -m clovrix_env {words} > /dev/full', sys.executable],
        env={**os.environ, "PYTHONPATH": str(TOP)},
        stderr=subprocess.PIPE,
        text=True,
        timeout=20,
        check=False,
    )
    assert ran.returncode == 125
    _, _, said = ran.stderr.partition(": ")
    assert said == "stdout cannot be written: No space left on device\n"


def test_the_list_loads_no_command() -> None:
    """Neither store nor network nor cryptography is loaded to tell what there is."""
    code = (
        "import sys\nfrom clovrix_env.cli.main import cli\n"
        "try: cli(['--help'], prog_name='clovrix-env')\nexcept SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if m.startswith(('clovrix_env.store', 'httpx',"
        " 'cryptography', 'sqlite3', 'ssl', 'clovrix_env.cli.local'))))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True
    )
    assert ran.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "message", "help_of"),
    [
        ("explian", "No such command 'explian'. Did you mean 'explain'?", "clovrix-env"),
        ("ls", "No such command 'ls'. Did you mean 'list'?", "clovrix-env"),
        ("local tokne", "No such command 'tokne'. Did you mean 'token'?", "clovrix-env local"),
        ("qqq", "No such command 'qqq'.", "clovrix-env"),
        (
            "get a=b",
            "Invalid value for 'KEY': KEY must be a key without a value",
            "clovrix-env get",
        ),
    ],
)
def test_wrong_usage(command: Run, words: str, message: str, help_of: str) -> None:
    """Is status 2, with two lines like those of any other error."""
    ran = command(*words.split(), status=2)
    assert ran.stderr == f"clovrix-env: {message}\nclovrix-env: see {help_of} --help\n"


# What has no --json, and why; and the same of -q.
NO_JSON = {
    "completion": "a script for a shell",
    "demo": "a show for people",
    "export": "its formats are for programs, JSON among them",
    "hook install": "says what was done",
    "hook path": "one path, for $(…)",
    "hook uninstall": "says what was done",
    "init": "says what was done",
    "local backup": "says what was done",
    "local environment create": "says what was done",
    "local init": "says what was done",
    "local project create": "says what was done",
    "local token create": "one token, for $(…)",
    "local token revoke": "says what was done",
    "run": "the program's own output",
    "schema": "a schema, or a file, for programs",
}
NO_QUIET = {
    **dict.fromkeys(
        ("check", "diff", "doctor", "explain", "get", "version", "whoami"), "an answer"
    ),
    **dict.fromkeys(("cache status", "hook status", "local billing"), "an answer"),
    **dict.fromkeys(("local project list", "local token list"), "an answer"),
    **dict.fromkeys(("completion", "demo", "hook path", "run", "schema"), NO_JSON["run"]),
}
LEAVES = [path for path in ALL if not isinstance(found(path), click.Group)]


@pytest.mark.parametrize(("option", "without"), [("--json", NO_JSON), ("-q", NO_QUIET)])
def test_what_is_told_can_be_json_or_nothing(option: str, without: dict[str, str]) -> None:
    """``--json`` where there is output, ``-q`` where there is chatter; else it is said why not."""
    lacking = {" ".join(path) for path in LEAVES if option not in spellings(path)}
    assert lacking == set(without)


@pytest.mark.parametrize("spelling", ["--json", "-q", "-p", "-e", "--timeout", "--reveal", "-y"])
def test_an_option_is_one_thing(spelling: str) -> None:
    """What is spelled the same takes a value in every command, or in none."""
    same = {
        option.is_flag
        for path in LEAVES
        for option in found(path).params
        if isinstance(option, click.Option) and spelling in option.opts
    }
    assert len(same) == 1


def test_an_environment_is_named_the_same_everywhere() -> None:
    """``-e``, ``--env`` and ``--environment`` are one; what makes some takes ``--env``."""
    named = [set(spellings(path)) & {"-e", "--env", "--environment"} for path in LEAVES]
    assert {frozenset(names) for names in named if names} == {
        frozenset({"-e", "--env", "--environment"}),
        frozenset({"--env"}),
    }


def test_what_json_prints_is_in_the_reference() -> None:
    """An object of each command that has ``--json``, or a link to its page."""
    page = (TOP / "docs/reference/json.md").read_text(encoding="utf-8")
    with_json = {path for path in LEAVES if "--json" in spellings(path)}
    assert not [
        path
        for path in with_json
        if not re.search(rf"clovrix-env {' '.join(path)} .*--json|`{' '.join(path)}`.*\.md#", page)
    ]


def test_every_command_and_option_is_in_the_reference() -> None:
    """Each with a line of its own: 0 undocumented."""
    page = (TOP / "docs/reference/clovrix-env.md").read_text(encoding="utf-8")
    for path in LEAVES:
        _, _, behind = page.partition(f"### `clovrix-env {' '.join(path)}`\n")
        section = behind.partition("\n### ")[0]
        assert section, path
        undocumented = [name for name in spellings(path) if f"`{name}" not in section]
        assert undocumented == [], path


def test_options_say_what_they_do() -> None:
    """Every option has its sentence, in help and in the reference."""
    silent = [
        (path, parameter.name)
        for path in LEAVES
        for parameter in found(path).params
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert silent == []


def test_colour_is_for_terminals(command: Run) -> None:
    """No escape goes into a pipe, whatever TERM says."""
    for words in (("doctor",), ("--help",), ("version",), ("cache", "status")):
        ran = command(*words, status=1 if words == ("doctor",) else 0, env={"TERM": "xterm"})
        assert "\x1b" not in ran.stdout + ran.stderr
