"""Finds start commands and other readers of ``.env`` files, command by command. Pure.

A line may contain a secret, so no sentence has more of it than the name of a program or a file.
"""

from __future__ import annotations

import re

from clovrix_env.check.migrate import compose, file_readers, launchers, start_lines
from clovrix_env.check.migrate.file_readers import UNCHANGED
from clovrix_env.check.migrate.findings import DOPPLER
from clovrix_env.check.migrate.launchers import EXEC, NAME
from clovrix_env.check.migrate.start_lines import files_of, options_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.check.migrate.findings import Findings
    from clovrix_env.check.migrate.start_lines import Command

# Hidden folders with such files, which the list of the project's files leaves out.
FOLDERS = (".github/workflows", ".circleci", ".vscode", ".devcontainer")
# The files that can start a program, by their names.
_FILES = re.compile(
    r"(?:^|/)(?:Procfile[\w.-]*|[\w.-]*Dockerfile[\w.-]*|Containerfile|(?:docker-)?compose[\w.-]*"
    r"\.ya?ml|(?:GNUm|M|m)akefile|[\w.-]+\.mk|\.?[Jj]ustfile|Taskfile\.ya?ml|package\.json"
    r"|pyproject\.toml|Pipfile|Jenkinsfile|[\w.-]*crontab|[\w.-]+\.cron|railway\.json|app\.ya?ml"
    r"|\.gitmodules|\.flaskenv|\.mise\.toml"
    r"|tox\.ini|pytest\.ini|setup\.cfg|noxfile\.py|[\w.-]+\.service|[\w.-]+\.(?:sh|bash)|\.envrc"
    r"|(?:fly|railway|mise)\.toml|(?:render|heroku|\.gitlab-ci|bitbucket-pipelines)\.ya?ml"
    r"|supervisord?\.conf|doppler\.ya?ml)$"
    r"|^\.(?:github/workflows|circleci)/[\w.-]+\.ya?ml$"
    r"|^\.(?:vscode|devcontainer)/[\w.-]+\.json$"
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
# A default that the shell or compose gives to an unset variable.
_DEFAULT = re.compile(r"\$\{([A-Za-z_]\w{0,200}):?[-=+?]")
# A command that starts the program in production, by a variable that chooses its environment.
_PRODUCTION = re.compile(
    r"(?<![\w$-])(?:(?:CLOVRIX_ENVIRONMENT|ENV|APP_ENV|ENVIRONMENT|FLASK_ENV)=[\"']?"
    r"(?:production|prod)|DJANGO_SETTINGS_MODULE=[\"']?[\w.]{0,200}\.prod(?:uction)?)(?![\w./-])"
)
_STARTS = re.compile(
    r"(?:^|/)(?:[\w.-]*Dockerfile[\w.-]*|Procfile[\w.-]*|[\w.-]+\.(?:sh|service))$"
)
_BUILDS = re.compile(r"^\s*(?:ARG|RUN)\s", re.IGNORECASE)
# Servers, which run a program of the project.
_SERVER = re.compile(
    r"(?:^|[\s\"'/(@])(gunicorn|uvicorn|hypercorn|daphne|waitress-serve|celery|streamlit)\s+[\w-]"
)
_NO_START = re.compile(r"\b(?:install|add|import|from|image|pkill|name)\b")
_SCRIPT = re.compile(
    r"(?:^|/)(?:[\w.-]+\.(?:sh|bash|mk)|(?:GNUm|M|m)akefile|\.?[Jj]ustfile|Taskfile\.ya?ml|Pipfile"
    r"|Jenkinsfile|\.?mise\.toml|(?:fly|railway)\.toml)$"
)
# The lines with a command in a crontab, for supervisord and for platforms.
_CRON = re.compile(r"^\s*(?:(?:[\d*/,-]+\s+){5}|@\w+\s+)\S")
_SUPERVISED = re.compile(r"^\s*command\s*=")
_PLATFORM = re.compile(r"[\"']?\b(?:startCommand|releaseCommand)[\"']?\s*[:=]")


def is_one(path: str) -> bool:
    """Whether a file may contain start commands."""
    return _FILES.search(path) is not None


def examine(text: str, file: str, found: Findings) -> None:
    """Add what becomes of each start command in a file."""
    base = file.rpartition("/")[2]
    if base.startswith("doppler."):
        _doppler_file(text, file, found)
    elif base == ".gitmodules":
        _submodules(text, file, found)
    elif base == ".flaskenv":
        file_readers.flaskenv(file, found)
    else:
        found.also_read.update(_DEFAULT.findall(text))
        _commands(text, file, found)


def _commands(text: str, file: str, found: Findings) -> None:
    base = file.rpartition("/")[2]
    others = compose.others(text) if compose.is_one(base) else ()
    for command in start_lines.commands(text):
        is_start = _SERVER.search(command.text) if base.endswith(".sh") else _STARTS.search(file)
        if is_start and not _BUILDS.match(command.first) and _PRODUCTION.search(command.text):
            found.production.append((file, command.line))
        if launchers.examine(command.text, file, command.line, found):
            continue
        count = len(found.meanings)
        if command.line in others:
            _of_another(command, file, found)
        elif not file_readers.examine(command, file, found):
            _own_start(command, base, file, found)
        if len(found.meanings) > count:
            found.mentioned.update(files_of(command.text))


def _submodules(text: str, file: str, found: Findings) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"\s*path\s*=", line):
            found.change(file, number, "a submodule", "not read: run clovrix-env migrate in it")


def _of_another(command: Command, file: str, found: Findings) -> None:
    """Add a line of a service that runs another program, such as a database."""
    for what, line in (("env_file", _COMPOSE), ("command", _COMMAND)):
        if line.match(command.first):
            found.change(file, command.line, what)
            found.mentioned.update(files_of(command.text) if what == "env_file" else ())


def _own_start(command: Command, base: str, file: str, found: Findings) -> None:
    """Add a line that runs a program of the project, or names a file for another reader."""
    line, number = command.first, command.line
    server = _SERVER.search(command.text) if _SCRIPT.search(file) else None
    if base.startswith("Procfile"):
        process = _PROCESS.match(line)
        if process is not None:
            found.change(file, number, f"the process {process[1]}", UNCHANGED)
    elif compose.is_one(base) and _COMPOSE.match(line):
        options = options_of(command.text.partition("env_file")[2], file.rpartition("/")[0])
        also = "make the folder of the project available in the container"
        _other_reader(found, file, number, "env_file", "docker compose", also, options)
    elif compose.is_one(base) and _COMMAND.match(line):
        found.change(file, number, "command", UNCHANGED)
    elif base.endswith(".service") and _SYSTEMD.match(line):
        also = "set WorkingDirectory= to the folder of the project"
        _other_reader(found, file, number, "EnvironmentFile", "systemd", also)
    elif base.endswith(".service") and _EXEC.match(line):
        found.change(file, number, "ExecStart", UNCHANGED)
    elif base.endswith(".conf") and _SUPERVISED.match(line):
        found.change(file, number, "command", UNCHANGED)
    elif base.endswith(("crontab", ".cron")) and _CRON.match(line):
        found.change(file, number, "a job", f"{UNCHANGED}, in the folder of the project")
    elif ("ockerfile" in base or base == "Containerfile") and _IMAGE.match(line):
        word = line.split(maxsplit=1)[0].upper()
        found.change(file, number, word, f'unchanged, or {word} ["{EXEC}", "--", …]')
    elif base.endswith((".ini", ".toml", ".cfg")) and (_PYTEST.match(line) or _TOX.match(line)):
        found.change(file, number, "files of tests", f"unchanged, or {EXEC} -- pytest")
        sentence = "the test runner reads the file itself, by the rules of another reader"
        found.means("command", file, number, sentence, f"run {EXEC} -f FILE -- pytest")
    elif base == ".envrc" and _DIRENV.match(line):
        _other_reader(found, file, number, "dotenv", "direnv", "")
    elif base.endswith((".json", ".toml", ".yaml", ".yml")) and _PLATFORM.search(line):
        found.change(file, number, "start command", UNCHANGED)
    elif server is not None and not _NO_START.search(command.text):
        found.change(file, number, server[1], UNCHANGED)


def _other_reader(
    found: Findings, file: str, number: int, what: str, reader: str, also: str, options: str = ""
) -> None:
    becomes = f"unchanged, or remove it and put {EXEC}{options} -- before the command"
    found.change(file, number, what, becomes)
    sentence = f"{reader} reads the file by its own rules, and its values override clovrix-env's"
    steps = (
        "remove the line",
        f"start the program with {EXEC}{options} --",
        *([also] * bool(also)),
    )
    found.means("command", file, number, sentence, ", ".join(steps[:-1]) + f", and {steps[-1]}")


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
