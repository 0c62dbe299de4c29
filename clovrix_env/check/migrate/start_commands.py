"""Finds start commands and other readers of ``.env`` files, command by command. Pure.

A line may contain a secret, so no sentence has more of it than the name of a program or a file.
"""

from __future__ import annotations

import re

from clovrix_env.check.migrate import launchers, start_lines
from clovrix_env.check.migrate.findings import DOPPLER, STAYS
from clovrix_env.check.migrate.launchers import EXEC, NAME
from clovrix_env.check.migrate.start_lines import FILE, files_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.check.migrate.findings import Findings
    from clovrix_env.check.migrate.start_lines import Command

# Hidden folders with such files, which the list of the project's files leaves out.
FOLDERS = (".github/workflows", ".circleci", ".vscode", ".devcontainer")
# The files that can start a program, by their names.
_FILES = re.compile(
    r"(?:^|/)(?:Procfile[\w.-]*|[\w.-]*Dockerfile[\w.-]*|Containerfile|(?:docker-)?compose[\w.-]*"
    r"\.ya?ml|Makefile|[\w.-]+\.mk|[Jj]ustfile|Taskfile\.ya?ml|package\.json|pyproject\.toml"
    r"|tox\.ini|pytest\.ini|setup\.cfg|noxfile\.py|[\w.-]+\.service|[\w.-]+\.(?:sh|bash)|\.envrc"
    r"|(?:fly|railway|mise)\.toml|(?:render|heroku|\.gitlab-ci|bitbucket-pipelines)\.ya?ml"
    r"|supervisord?\.conf|doppler\.ya?ml)$"
    r"|^\.(?:github/workflows|circleci)/[\w.-]+\.ya?ml$"
    r"|^\.(?:vscode|devcontainer)/[\w.-]+\.json$"
)
_OPTION = re.compile(r"--env-?file(?:[ =]|$)|\b(?:honcho|foreman)\s.*?-e[ =]", re.IGNORECASE)
# Keys of poethepoet (envfile), pdm (env_file) and VS Code (envFile).
_KEY = re.compile(r"(?<![\w$-])env_?file\s*=\s*[\[{\"']|\"[\w.]*envFile\"\s*:")
_WITH_KEY = (".toml", ".json")
# Programs that read .env in the working directory by themselves.
_BY_ITSELF = re.compile(
    r"\b(honcho|foreman|pipenv)\s+(?:-\S+\s+)*(?:run|start|shell)\b|^\s*set dotenv-load\b"
    r"|^dotenv\s*:\s*\["
)
_SOURCED = re.compile(
    rf"(?:^|[;&|(\s])(?:source|\.)\s+{FILE}|export\s+\$\((?:cat|grep|xargs).*?{FILE}"
)
_COMPOSE = re.compile(r"^\s*env_file\s*:")
_SYSTEMD = re.compile(r"^\s*EnvironmentFile\s*=")
_EXEC = re.compile(r"^\s*ExecStart\s*=")
_IMAGE = re.compile(r"^\s*(CMD|ENTRYPOINT)\s", re.IGNORECASE)
_PROCESS = re.compile(r"^([A-Za-z0-9_-]+):\s*\S")
_COMMAND = re.compile(r"^\s*(command|entrypoint)\s*:")
_PYTEST = re.compile(r"^\s*(env_files|env_override_existing_values)\s*=")
_TOX = re.compile(r"^\s*(?:set_?env)\s*=\s*file\||^\s*file\|")
_DIRENV = re.compile(r"^\s*dotenv(?:_if_exists)?\b")
# A default that the shell or compose gives to an unset variable, and a name of a production.
_DEFAULT = re.compile(r"\$\{([A-Za-z_]\w{0,200}):?[-=+?]")
_PRODUCTION = re.compile(
    r"\b[A-Z_]{0,40}ENV(?:IRONMENT)?\b[\"']?\s*[:= ]\s*[\"']?(?:production|prod)\b"
)
_OFF = {"pipenv": "set PIPENV_DONT_LOAD_ENV=1", "honcho": "pass -e /dev/null to it"}
_ORDER = "the variables of a file override the process environment"
_NO_VALUES = "with -f, or without it for the default files"


def is_one(path: str) -> bool:
    """Whether a file may contain start commands."""
    return _FILES.search(path) is not None


def examine(text: str, file: str, found: Findings) -> None:
    """Add what becomes of each start command in a file."""
    base = file.rpartition("/")[2]
    found.tested.update(_DEFAULT.findall(text))
    if base.startswith("doppler."):
        _doppler_file(text, file, found)
        return
    for command in start_lines.commands(text):
        if _PRODUCTION.search(command.text):
            found.production.append((file, command.line))
        if launchers.examine(command.text, file, command.line, found):
            continue
        count = len(found.meanings)
        if not _other_program(command, file, found):
            _own_start(command.first, base, file, command.line, found)
        if len(found.meanings) > count:
            found.mentioned.update(files_of(command.text))


def _other_program(command: Command, file: str, found: Findings) -> bool:
    """Add a command whose program reads a file of variables itself. Returns whether it does."""
    number = command.line
    itself = _BY_ITSELF.search(command.text)
    if _OPTION.search(command.text) or (file.endswith(_WITH_KEY) and _KEY.search(command.first)):
        found.change(file, number, "--env-file", f"{EXEC} {_NO_VALUES}; remove the option")
        remedy = f"remove the option, and start the program with {EXEC} --"
        sentence = "the program reads the file itself, by the rules of another reader"
        found.means("command", file, number, sentence, remedy)
    elif _SOURCED.search(command.text):
        sentence = f"a shell reads the file: it runs commands in it, and {_ORDER}"
        remedy = f"start the program with {EXEC} --, or {EXEC} --override --"
        found.means("command", file, number, sentence, remedy)
        found.change(file, number, "source .env", f"{EXEC} --")
    elif itself is not None:
        program = itself[1] or ("just" if "set" in itself[0] else "task")
        found.change(file, number, program, f"{STAYS}; or {EXEC} -- before the command")
        sentence = f"{program} reads .env itself, by the rules of another reader"
        remedy = f"start the program with {EXEC} -- and without {program}"
        remedy += f", or {_OFF[program]}" if program in _OFF else ""
        found.means("command", file, number, sentence, remedy)
    else:
        return False
    return True


def _own_start(line: str, base: str, file: str, number: int, found: Findings) -> None:
    """Add a line that starts a program of the project, or names a file for another reader."""
    becomes = f"{STAYS}; or {EXEC} -- before the command"
    in_compose = "compose" in base and base.endswith((".yml", ".yaml"))
    if base.startswith("Procfile"):
        process = _PROCESS.match(line)
        if process is not None:
            found.change(file, number, f"the process {process[1]}", becomes)
    elif in_compose and _COMPOSE.match(line):
        _other_reader(found, file, number, "env_file", "docker compose", "mount the folder")
    elif in_compose and _COMMAND.match(line):
        found.change(file, number, "command", becomes)
    elif base.endswith(".service") and _SYSTEMD.match(line):
        _other_reader(found, file, number, "EnvironmentFile", "systemd", "set WorkingDirectory")
    elif base.endswith(".service") and _EXEC.match(line):
        found.change(file, number, "ExecStart", becomes)
    elif ("ockerfile" in base or base == "Containerfile") and _IMAGE.match(line):
        word = line.split(maxsplit=1)[0].upper()
        found.change(file, number, word, f'{STAYS}; or {word} ["{EXEC}", "--", …]')
    elif base.endswith((".ini", ".toml", ".cfg")) and (_PYTEST.match(line) or _TOX.match(line)):
        found.change(file, number, "files of tests", f"{STAYS}; or {EXEC} -- pytest")
        sentence = "the test runner reads the file itself, by the rules of another reader"
        found.means("command", file, number, sentence, f"run {EXEC} -f FILE -- pytest")
    elif base == ".envrc" and _DIRENV.match(line):
        _other_reader(found, file, number, "dotenv", "direnv", "remove the line")


def _other_reader(
    found: Findings, file: str, number: int, what: str, reader: str, also: str
) -> None:
    found.change(file, number, what, f"{STAYS}; or {EXEC} -- before the command")
    sentence = f"{reader} reads the file by its own rules, and its values override clovrix-env's"
    remedy = f"remove the line, start the program with {EXEC} --, and {also}"
    found.means("command", file, number, sentence, remedy)


def _doppler_file(text: str, file: str, found: Findings) -> None:
    found.libraries.setdefault(DOPPLER)
    keys = {"project": "project", "config": "default_environment"}
    for number, line in enumerate(text.split("\n"), 1):
        given = re.match(rf"^[\s-]*(project|config)\s*:\s*[\"']?({NAME.pattern})", line)
        if given is None:
            continue
        found.change(file, number, f"{given[1]}: {given[2]}", f"{keys[given[1]]} in .clovrix")
        if given[1] == "project":
            found.remote(file, number)
            found.project = found.project or given[2]
        else:
            found.environment = found.environment or given[2]
