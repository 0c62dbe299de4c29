"""The ``.clovrix`` for a project: what its code requires, with no value and no default. Pure.

A default would be set by clovrix-env, and could override a file, a platform or another program that
only the code knows. It is a comment.
"""

from __future__ import annotations

import re

from clovrix_env.check.migrate.findings import SYSTEM
from clovrix_env.contract.variable import Variable, text_of, why_contradictory
from clovrix_env.model.type_checks import is_name
from clovrix_env.resolution.guard import refusal_reason
from clovrix_env.settings.user_config_edit import toml_string
from clovrix_env.system.terminal import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from clovrix_env.check.migrate.findings import Default, Findings, Read

# In doubt a name or a default is that of a secret.
_SECRET = re.compile(
    r"SECRET|PASS|PHRASE|PW(?:D|_|$)|TOKEN|CRED|PRIVATE|KEY|DSN|SALT|SEED|OTP|PIN(?:_|$)|COOKIE|SIGN"
    r"|SESSION|JWT|BEARER|BASIC|AUTH|CERT|LICEN[CS]E|HOOK|HASH|HMAC|NONCE|PEPPER|CONN",
    re.IGNORECASE,
)
# A plain default: a word, a number, an address or a list without spaces and signs.
_PLAIN = re.compile(r"(?:[a-z+]{1,20}://)?[A-Za-z0-9./][\w.,:/-]{0,99}")
# Forms of keys: a known beginning, or many letters and digits in a row.
_KEY = re.compile(
    r"^(?:[sprw]k|gh[a-z]|github_|xox[a-z]|glpat|dp|eyJ|AKIA|AIza|hf|ya29)[._-]?\w{4}"
    r"|(?=[\w-]*[0-9])(?=[\w-]*[A-Za-z])[\w-]{16,}"
)
# Texts that a type refuses, and that most libraries accept.
_STRICTER = {
    "bool": "it refuses an empty text and other words",
    "float": "it refuses spaces around the number, inf and nan",
    "int": "it refuses spaces around the number, and 1_000",
    "json": "it refuses NaN",
    "list": "it refuses an empty item",
    "url": "it refuses an empty text and sqlite://:memory:",
}
# Types for which every library refuses an empty text.
_REFUSE_EMPTY = ("int", "float", "json")
# Findings after which a program may get a value that is unknown here.
_UNKNOWN = ("file", "unread", "syntax", "settings-file")
_MOST_DEFAULTS = 3
_HEAD = """\
# The sources of the configuration of this program, for clovrix-exec and load_env().
# Proposed by clovrix-env migrate. Commit this file; it contains no secrets.
"""
_EACH = "# The programs read different files: name them, such as clovrix-exec -f FILE --\n"


def declares(name: str) -> bool:
    """Whether a name that the code reads belongs into the contract."""
    return is_name(name) and not SYSTEM.match(name) and refusal_reason(name) is None


def propose(
    found: Findings,
    values: Mapping[str, Sequence[str]],
    names: Iterable[str],
    project: str | None,
    environment: str | None,
) -> str:
    """Return the text of the file.

    ``values`` are those of the project's files: a type that one of them does not fit is left out.
    ``names`` are those for ``[files]``. Without a ``project``, that of Doppler is a comment: until
    its values are on Clovrix, no program would start.
    """
    lines = [_HEAD]
    if project is not None:
        lines.append(f"project = {toml_string(project)}\n")
        environment = environment or found.environment or "development"
    elif found.project:
        lines.append(
            f"# project = {toml_string(found.project)}  # when its values are on Clovrix\n"
        )
    else:
        lines.append('# project = "…"  # to load values from Clovrix, too\n')
    if environment is not None:
        lines.append(f"default_environment = {toml_string(environment)}\n")
    elif found.project:
        named = toml_string(found.environment or "development")
        lines.append(f"# default_environment = {named}\n")
    listed = ", ".join(map(toml_string, names))
    if listed:
        lines.append(f"\n[files]\nnames = [{listed}]\n")
    elif found.files_differ:
        lines.append(_EACH)
    reads: dict[str, list[Read]] = {}
    for read in found.reads:
        by_scheme = read.name in found.schemes and read.type == "str" and not read.optional
        if declares(read.name) and not by_scheme:
            reads.setdefault(read.name, []).append(read)
    lines += [
        _declaration(name, reads[name], values.get(name, ()), found) for name in sorted(reads)
    ]
    return "".join(lines)


def _declaration(name: str, reads: Sequence[Read], values: Sequence[str], found: Findings) -> str:
    kinds = {read.type for read in reads}
    kind = kinds.pop() if len(kinds) == 1 else "str"
    why = _why_no_type(name, kind, reads, values)
    lines = [f"\n[variables.{name}]\n"]
    if kind != "str":
        lines.append(_active_unless(why, f'type = "{kind}"'))
    stops = [read for read in reads if read.stops]
    if stops and not any(read.optional for read in reads):
        lines.append(_active_unless(_why_not_required(stops, values, found), "required = true"))
    lines += _defaults(name, kind, reads)
    return "".join(lines)


def _active_unless(why: str, line: str) -> str:
    return f"# {line}  # {why}\n" if why else f"{line}\n"


def _why_no_type(name: str, kind: str, reads: Sequence[Read], values: Sequence[str]) -> str:
    """Return why the type may be stricter than the code; empty if it cannot be."""
    if any(not _fits(name, kind, value) for value in values):
        return "does not fit the value in a file"
    if not all(read.is_strict for read in reads):
        return f"stricter than the code: {_STRICTER.get(kind, '')}"
    if not any(read.is_certain for read in reads):
        return f"{_place(reads[0])} reads it later than at the start"
    return ""


def _why_not_required(stops: Sequence[Read], values: Sequence[str], found: Findings) -> str:
    """Return why a program could start today without a value; empty if none could."""
    place = _place(stops[0])
    if not found.is_one_program:
        return f"{place} needs it; other programs may not"
    if not any(read.is_strict or read.type in _REFUSE_EMPTY for read in stops):
        return f"{place} needs it, but accepts an empty text"
    if not values or not all(values) or any(one.rule in _UNKNOWN for one in found.meanings):
        return f"{place} needs it, but no file that clovrix-env reads has it"
    return ""


def _defaults(name: str, kind: str, reads: Sequence[Read]) -> list[str]:
    """Return a comment for each default of the code that is plain and cannot be a secret."""
    lines: dict[str, str] = {}
    for read in reads:
        default = read.default
        if not read.optional or default in (None, "") or _may_be_secret(name, default):
            continue
        if _fits(name, kind, text_of(default)):
            lines.setdefault(f"# default = {_toml(default)}", f"  # {_place(read)}\n")
    return [f"{line}{place}" for line, place in lines.items()][:_MOST_DEFAULTS]


def _may_be_secret(name: str, default: Default) -> bool:
    if isinstance(default, str):
        return bool(
            any(_SECRET.search(part) for part in (name, default))
            or not (default.isascii() and _PLAIN.fullmatch(default))
            or _KEY.search(default)
        )
    return _SECRET.search(name) is not None


def _place(of: Read) -> str:
    return one_line(f"{of.file}:{of.line}")


def _fits(name: str, kind: str, value: str) -> bool:
    variable = Variable(name, kind, 0, {"default": value})
    return not [*why_contradictory(variable)]


def _toml(default: Default) -> str:
    return toml_string(default) if isinstance(default, str) else text_of(default)
