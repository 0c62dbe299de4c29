"""Finds start commands and other readers of ``.env`` files, line by line. Pure.

A line may contain a secret, so no sentence has more of it than the name of a program or a file.
"""

from __future__ import annotations

import re

from clovrix_env.check.migrate.findings import DOPPLER, DOTENV, STAYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.check.migrate.findings import Findings

# The files that can start a program, by their names.
_FILES = re.compile(
    r"(?:^|/)(?:Procfile[\w.-]*|[\w.-]*Dockerfile[\w.-]*|Containerfile|(?:docker-)?compose[\w.-]*"
    r"\.ya?ml|Makefile|[\w.-]+\.mk|[Jj]ustfile|Taskfile\.ya?ml|package\.json|pyproject\.toml"
    r"|tox\.ini|pytest\.ini|setup\.cfg|noxfile\.py|[\w.-]+\.service|[\w.-]+\.(?:sh|bash)|\.envrc"
    r"|fly\.toml|\.gitlab-ci\.yml|doppler\.ya?ml)$|^\.github/workflows/[\w.-]+\.ya?ml$"
)
_LONGEST_LINE = 2_000
_FILE = r"(?:[\w./-]*\.env[\w.-]*|[\w./-]*\.flaskenv)"
_NAME = r"([A-Za-z0-9_.-]{1,64})"
_DOPPLER = re.compile(r"\bdoppler\s+run\b")
_DOPPLER_OTHER = re.compile(r"\bdoppler\s+(setup|secrets|configure|login|import)\b")
_DOPPLER_NAME = re.compile(rf"(?:--project|-p)[ =]{_NAME}")
_DOPPLER_CONFIG = re.compile(rf"(?:--config|-c)[ =]{_NAME}")
_DOPPLER_VARIABLE = re.compile(r"\bDOPPLER_(?:PROJECT|CONFIG|ENVIRONMENT)\b")
_DOPPLER_OPTION = re.compile(
    r"--(command|mount|fallback|fallback-only|preserve-env|name-transformer|watch)\b"
)
_DOTENV_RUN = re.compile(r"\bdotenv\b(?:(?:\s+-\S+(?:\s+[\w./-]*\.env\S*)?)*)\s+run\b")
_PYTHON_DOTENV = re.compile(r"\bdotenv\s+(?:\S+\s+)*?(?:set|get|list)\b")
_OPTION = re.compile(rf"--env-?file[ =]\"?{_FILE}?|\b(?:honcho|foreman)\s.*?-e[ =]")
_SOURCED = re.compile(
    rf"(?:^|[;&|(\s])(?:source|\.)\s+{_FILE}|export\s+\$\((?:cat|grep|xargs).*?{_FILE}"
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
_EXEC_ENV = "clovrix-exec"
_ORDER = "the variables of a file override the process environment"
_NO_VALUES = "with -f, or without it for the default files"


def is_one(path: str) -> bool:
    """Whether a file may contain start commands."""
    return _FILES.search(path) is not None


def examine(text: str, file: str, found: Findings) -> None:
    """Add what becomes of each start command in a file."""
    base = file.rpartition("/")[2]
    if base.startswith("doppler."):
        _doppler_file(text, file, found)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith(("#", "//")) or len(line) > _LONGEST_LINE:
            continue
        if not _known_program(line, file, number, found):
            _own_start(line, base, file, number, found)


def _known_program(line: str, file: str, number: int, found: Findings) -> bool:
    """Add a line that runs another loader of variables. Returns whether it is one."""
    if _DOPPLER.search(line):
        _doppler_run(line, file, number, found)
    elif _DOPPLER_OTHER.search(line) or _DOPPLER_VARIABLE.search(line):
        found.libraries.setdefault(DOPPLER)
        becomes = "clovrix-env export, login or import; CLOVRIX_PROJECT, CLOVRIX_ENVIRONMENT"
        found.change(file, number, "a command or a variable of Doppler", becomes)
    elif _DOTENV_RUN.search(line):
        found.libraries.setdefault(DOTENV)
        if "--no-override" not in line:
            remedy = f"write {_EXEC_ENV} --override -- for the same order"
            found.means("order", file, number, f"with dotenv run {_ORDER}", remedy)
        found.change(file, number, "dotenv run", f"{_EXEC_ENV} --override --")
    elif _PYTHON_DOTENV.search(line) and not file.endswith(".envrc"):
        found.libraries.setdefault(DOTENV)
        found.change(file, number, "dotenv set, get or list")
    elif _OPTION.search(line):
        found.change(file, number, "--env-file", f"{_EXEC_ENV} {_NO_VALUES}; remove the option")
        remedy = f"remove the option, and start the program with {_EXEC_ENV} --"
        sentence = "the program reads the file itself, by the rules of another reader"
        found.means("command", file, number, sentence, remedy)
    elif _SOURCED.search(line):
        sentence = f"a shell reads the file: it runs commands in it, and {_ORDER}"
        remedy = f"start the program with {_EXEC_ENV} --, or {_EXEC_ENV} --override --"
        found.means("command", file, number, sentence, remedy)
        found.change(file, number, "source .env", f"{_EXEC_ENV} --")
    else:
        return False
    return True


def _own_start(line: str, base: str, file: str, number: int, found: Findings) -> None:
    """Add a line that starts a program of the project, or names a file for another reader."""
    becomes = f"{STAYS}; or {_EXEC_ENV} -- before the command"
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
        found.change(file, number, word, f'{STAYS}; or {word} ["{_EXEC_ENV}", "--", …]')
    elif base.endswith((".ini", ".toml", ".cfg")) and (_PYTEST.match(line) or _TOX.match(line)):
        found.change(file, number, "files of tests", f"{STAYS}; or {_EXEC_ENV} -- pytest")
        sentence = "the test runner reads the file itself, by the rules of another reader"
        found.means("command", file, number, sentence, f"run {_EXEC_ENV} -f FILE -- pytest")
    elif base == ".envrc" and _DIRENV.match(line):
        _other_reader(found, file, number, "dotenv", "direnv", "remove the line")


def _other_reader(
    found: Findings, file: str, number: int, what: str, reader: str, also: str
) -> None:
    found.change(file, number, what, f"{STAYS}; or {_EXEC_ENV} -- before the command")
    sentence = f"{reader} reads the file by its own rules, and its values override clovrix-env's"
    remedy = f"remove the line, start the program with {_EXEC_ENV} --, and {also}"
    found.means("command", file, number, sentence, remedy)


def _doppler_run(line: str, file: str, number: int, found: Findings) -> None:
    found.libraries.setdefault(DOPPLER)
    project, config = _DOPPLER_NAME.search(line), _DOPPLER_CONFIG.search(line)
    options = "".join(
        (f" -p {project[1]}" if project else "", f" -e {config[1]}" if config else "")
    )
    found.change(file, number, "doppler run --", f"{_EXEC_ENV}{options} --")
    option = _DOPPLER_OPTION.search(line)
    if option is not None:
        remedy = f"see the page for what replaces --{option[1]}"
        found.means("option", file, number, f"{_EXEC_ENV} has no --{option[1]}", remedy)
    if "--preserve-env" not in line:
        remedy = f"write {_EXEC_ENV} --override -- for the same order"
        sentence = "with doppler run its values override the process environment"
        found.means("order", file, number, sentence, remedy)


def _doppler_file(text: str, file: str, found: Findings) -> None:
    found.libraries.setdefault(DOPPLER)
    keys = {"project": "project", "config": "default_environment"}
    for number, line in enumerate(text.split("\n"), 1):
        given = re.match(rf"^[\s-]*(project|config)\s*:\s*[\"']?{_NAME}", line)
        if given is None:
            continue
        found.change(file, number, f"{given[1]}: {given[2]}", f"{keys[given[1]]} in .clovrix")
        if given[1] == "project":
            found.project = found.project or given[2]
        else:
            found.environment = found.environment or given[2]
