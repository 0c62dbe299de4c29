"""Finds the programs that load variables and start another one: doppler run, dotenv run. Pure.

A command may contain a secret, so no sentence has more of it than the names of Doppler's project
and config.
"""

from __future__ import annotations

import re

from clovrix_env.check.migrate.findings import DOPPLER, DOTENV
from clovrix_env.check.migrate.start_lines import files_of, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovrix_env.check.migrate.findings import Findings

EXEC = "clovrix-exec"
NAME = re.compile(r"(?!dp\.)[A-Za-z0-9_.-]{1,64}")
_PROGRAM = re.compile(r"(?:^|[/\\({\[:=@])(doppler|dotenv|dotenvx)(?:\.exe)?$")
_OTHER_COMMANDS = ("setup", "secrets", "configure", "login", "import", "configs")
_VARIABLE = re.compile(r"\bDOPPLER_(?:PROJECT|CONFIG|ENVIRONMENT|TOKEN)\b")
# Options of doppler run that clovrix-exec does not have, with what replaces each.
_UNKNOWN = {
    "command": 'put a shell before it: clovrix-exec --override -- sh -c "…"',
    "mount": "write the file before the start: clovrix-env export --format dotenv > FILE",
    "fallback": "set [cache] in .clovrix",
    "fallback-only": "set [cache] in .clovrix",
    "name-transformer": "name the variables as the program reads them",
    "watch": "restart the program to get new values",
    "only-secrets": "name each variable: clovrix-exec --only A --only B --",
    "scope": "name the folder: clovrix-exec --root FOLDER --",
}
# The options of doppler run without a value.
_SWITCHES = (
    *("preserve-env", "fallback-only", "fallback-readonly", "no-fallback", "no-cache", "watch"),
    *("silent", "no-check-version", "no-verify-tls", "debug", "json", "print-config", "no-timeout"),
    *("forward-signals", "no-exit-on-write-failure", "exit-on-missing-only-secrets"),
)
_OF_DOPPLER = ("-p", "--project", "-c", "--config", "-t", "--token")
_WITH_VALUE = ("-f", "--file", "-q", "--quote", "-e", "--export", "-v", "-c", "-p")
_EDITS = ("set", "unset", "get", "list")
_OF_CLI = ("-e", "-c", "-v", "-o", "-p")
_SHORT = {"-p": "project", "-c": "config", "-t": "token"}


def examine(command: str, file: str, line: int, found: Findings) -> bool:
    """Add what becomes of a command that runs a launcher. Returns whether it does."""
    given = words(command)
    known = False
    for at, word in enumerate(given):
        program = _PROGRAM.search(word)
        if program is None:
            continue
        after = given[at + 1 :]
        known = _READERS[program[1]](after, file, line, found) or known
        if known and program[1] != "doppler":  # doppler run can run doppler run
            found.mentioned.update(files_of(command))
            return True
    if not known and _VARIABLE.search(command):
        _other_doppler(file, line, found)
        return True
    return known


def _doppler(after: Sequence[str], file: str, line: int, found: Findings) -> bool:
    command = _command_of(after, _OF_DOPPLER)
    if command in _OTHER_COMMANDS:
        _other_doppler(file, line, found)
        return True
    if command != "run":
        return False
    found.libraries.setdefault(DOPPLER)
    options = _options(after)
    shown = "".join(
        f" {short} {options[name]}"
        for short, name in (("-p", "project"), ("-e", "config"))
        if NAME.fullmatch(options.get(name, ""))
    )
    keeps, shell = "preserve-env" in options, " sh -c …" if "command" in options else ""
    override = "" if keeps else " --override"
    found.change(file, line, "doppler run --", f"{EXEC}{shown}{override} --{shell}")
    found.remote(file, line)
    config = options.get("config", "").lower()
    if config in ("production", "prod"):
        found.production.append((file, line))
    for name, remedy in _UNKNOWN.items():
        if name in options:
            found.means("option", file, line, f"{EXEC} has no --{name}", remedy)
    if not keeps:
        remedy = f"write {EXEC} --override -- for the same order"
        sentence = "with doppler run its values override the process environment"
        found.means("order", file, line, sentence, remedy)
    return True


def _options(after: Sequence[str]) -> dict[str, str]:
    """Return the options before ``--`` with their values, which are secret unless known."""
    options: dict[str, str] = {}
    given = iter(after)
    for word in given:
        if word == "--":
            break
        name, equals, value = word.partition("=")
        name = _SHORT.get(name, name[2:] if name.startswith("--") else "")
        if name and not equals and name not in _SWITCHES:
            value = next(given, "")
        if name:
            options[name] = value
    return options


def _other_doppler(file: str, line: int, found: Findings) -> None:
    found.libraries.setdefault(DOPPLER)
    becomes = "clovrix-env export, login or import; CLOVRIX_PROJECT, CLOVRIX_ENVIRONMENT"
    found.change(file, line, "a command or a variable of Doppler", becomes)


def _dotenv(after: Sequence[str], file: str, line: int, found: Findings) -> bool:
    command, before = _command_of(after, _WITH_VALUE), _before(after)
    if command == "run":
        found.libraries.setdefault(DOTENV)
        named = " -f FILE" if any(word.startswith(("-f", "--file")) for word in before) else ""
        keeps = "--no-override" in before
        if not keeps:
            remedy = f"write {EXEC} --override -- for the same order"
            sentence = "with dotenv run the variables of a file override the process environment"
            found.means("order", file, line, sentence, remedy)
        found.change(file, line, "dotenv run", f"{EXEC}{named}{'' if keeps else ' --override'} --")
    elif command in _EDITS:
        found.libraries.setdefault(DOTENV)
        found.change(file, line, "dotenv set, get or list")
    elif "--" in after or (before and before[0].split("=")[0] in _OF_CLI):
        _reads_itself("dotenv --", "dotenv-cli", "expands $NAME too", file, line, found)
    else:
        return False
    return True


def _dotenvx(after: Sequence[str], file: str, line: int, found: Findings) -> bool:
    if _command_of(after, _WITH_VALUE) != "run":
        return False
    also = "decrypts values, which clovrix-env does not"
    _reads_itself("dotenvx run", "dotenvx", also, file, line, found)
    return True


def _before(after: Sequence[str]) -> Sequence[str]:
    return after[: [*after].index("--")] if "--" in after else after


def _command_of(after: Sequence[str], with_value: Sequence[str]) -> str:
    """Return the first word that is neither an option nor the value of one."""
    given = iter(_before(after))
    for word in given:
        if not word.startswith("-"):
            return word
        if word in with_value:
            next(given, "")
    return ""


def _reads_itself(
    what: str, program: str, also: str, file: str, line: int, found: Findings
) -> None:
    found.change(file, line, what, f"{EXEC} --, or {EXEC} -f FILE --")
    sentence = f"{program} reads the file by its own rules, and {also}"
    remedy = f"start the program with {EXEC} -- instead, and compare the values with --explain"
    found.means("command", file, line, sentence, remedy)


_READERS = {"doppler": _doppler, "dotenv": _dotenv, "dotenvx": _dotenvx}
