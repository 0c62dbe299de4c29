"""Finds the programs in a command that read a file of variables themselves. Pure.

A command may contain a secret, so no sentence has more of it than the name of a program.
"""

from __future__ import annotations

import re

from clovrix_env.check.migrate.findings import DOTENV, Load
from clovrix_env.check.migrate.launchers import EXEC
from clovrix_env.check.migrate.start_lines import FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.check.migrate.findings import Findings
    from clovrix_env.check.migrate.start_lines import Command

UNCHANGED = f"unchanged, or put {EXEC} -- before the command"
_ORDER = "the variables of a file override the process environment"
_OPTION = re.compile(r"--env-?file(?:[ =]|$)|\b(?:honcho|foreman)\s.*?-e[ =]", re.IGNORECASE)
# Keys of poethepoet (envfile), pdm (env_file) and VS Code (envFile).
_KEY = re.compile(r"(?<![\w$-])env_?file\s*=\s*[\[{\"']|\"[\w.]*envFile\"\s*:")
_WITH_KEY = (".toml", ".json")
# Programs that read .env in the working directory by themselves.
_BY_ITSELF = re.compile(r"\b(honcho|foreman|pipenv)\s+(?:-\S+\s+)*(?:run|start|shell)\b")
_OFF = {"pipenv": "set PIPENV_DONT_LOAD_ENV=1", "honcho": "pass -e /dev/null to it"}
# A line with which the program of a file reads .env.
_IN_FILE = (
    ("just", re.compile(r"(?:^|/)\.?[Jj]ustfile$"), re.compile(r"^\s*set dotenv-load\b")),
    ("task", re.compile(r"(?:^|/)Taskfile\.ya?ml$"), re.compile(r"^\s*dotenv\s*:")),
    ("mise", re.compile(r"(?:^|/)\.?mise\.toml$"), re.compile(r"^\s*(?:_\.file|env_file)\s*=")),
    ("make", re.compile(r"(?:^|/)(?:GNUm|M|m)akefile$|\.mk$"), re.compile(r"^[-s]?include\s")),
)
_SOURCED = re.compile(rf"(?:^|[;&|(\s\"'])(?:source|\.)\s+[\"']?(?:\$\{{?\w{{1,40}}\}}?/)?{FILE}")
# `export $(cat .env)`, `env $$(grep x .env | xargs) y`, `source <(sed … .env)`, `done < .env`.
_PASSED = re.compile(
    r"\b(?:export|env|eval|source|declare)\s[\s\w\"'-]{0,20}(?:\$\$?\(|`|<\()|\bdone\s*<"
)
_TO_GITHUB = re.compile(r">>\s*[\"']?\$\{?(?:GITHUB_ENV|BASH_ENV)\b")
_FILE = re.compile(FILE)
# The command flask, which loads .env and .flaskenv if python-dotenv is installed.
_FLASK = re.compile(
    r"(?:^|[:=(\[@]|\b(?:exec(?:\s+\S{1,40})?|run|then|do|c|m|CMD|RUN|[A-Z_]{1,40}=\S{1,40})(?=\s)|--)"
    r"[\s\"'-]*(?:[\w./${}-]{0,80}/)?flask\s+(?:--?\S+\s+){0,5}[a-z][\w-]{0,40}(?:[\s\"')]|$)"
)
_NO_START = re.compile(
    r"\b(?:install|add|import|from|image|name|description|title|lock|uninstall)\b|requirements",
    re.IGNORECASE,
)


def examine(command: Command, file: str, found: Findings) -> bool:
    """Add a command whose program reads a file of variables itself. Returns whether it does."""
    text, line = command.text, command.line
    program = _program(command, file)
    if _OPTION.search(text) or (file.endswith(_WITH_KEY) and _KEY.search(command.first)):
        becomes = f"{EXEC} with -f, or without it for the default files; remove the option"
        found.change(file, line, "--env-file", becomes)
        remedy = f"remove the option, and start the program with {EXEC} --"
        sentence = "the program reads the file itself, by the rules of another reader"
        found.means("command", file, line, sentence, remedy)
    elif _SOURCED.search(text):
        found.change(file, line, "source .env", f"{EXEC} --")
        sentence = f"a shell reads the file: it runs commands in it, and {_ORDER}"
        remedy = f"start the program with {EXEC} --, or {EXEC} --override --"
        found.means("command", file, line, sentence, remedy)
    elif program:
        found.change(file, line, program, UNCHANGED)
        sentence = f"{program} reads .env itself, by the rules of another reader"
        remedy = f"start the program with {EXEC} -- and without {program}"
        if program in ("just", "task", "mise", "make"):
            remedy = f"remove the line, and start the program with {EXEC} --"
        remedy += f", or {_OFF[program]}" if program in _OFF else ""
        found.means("command", file, line, sentence, remedy)
    elif _passes(text):
        found.change(file, line, "variables from .env", f"{EXEC} --")
        sentence = f"the lines of the file are passed on as they are, with quotes, and {_ORDER}"
        remedy = f"start the program with {EXEC} --, or {EXEC} --override --"
        found.means("command", file, line, sentence, remedy)
    elif _FLASK.search(text) and not _NO_START.search(text):
        becomes = f"{UNCHANGED}: its values override those that flask loads from .env"
        found.change(file, line, "flask", becomes)
        found.loads.append(Load(file, line, DOTENV, _searched(file)))
    else:
        return False
    return True


def flaskenv(file: str, found: Findings) -> None:
    """Add a ``.flaskenv``, which the command ``flask`` reads after ``.env``."""
    found.libraries.setdefault(DOTENV)
    found.loads.append(Load(file, 0, DOTENV, _searched(file)))
    found.mentioned.add(".flaskenv")
    sentence = "the command flask reads this file itself; clovrix-exec and load_env() do not"
    remedy = "keep the command flask, or move the lines to .env and set FLASK_SKIP_DOTENV=1"
    found.means("file", file, 0, sentence, remedy)


def _searched(file: str) -> str:
    """Return the file that flask finds: in the working directory, or above it."""
    return f"{file.rpartition('/')[0]}/.env?"


def _program(command: Command, file: str) -> str:
    """Return the program that reads ``.env`` by itself, or nothing."""
    itself = _BY_ITSELF.search(command.text)
    if itself is not None:
        return itself[1]
    for program, files, line in _IN_FILE:
        if files.search(file) and line.match(command.first):
            return program if program != "make" or _FILE.search(command.first) else ""
    return ""


def _passes(text: str) -> bool:
    opened = _PASSED.search(text)
    if opened is not None:
        return _FILE.search(text, opened.end()) is not None
    return _TO_GITHUB.search(text) is not None and _FILE.search(text) is not None
