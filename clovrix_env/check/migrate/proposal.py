"""The ``.clovrix`` for a project, from its reads and the values that its files have now. Pure."""

from __future__ import annotations

import re

from clovrix_env.contract.variable import Variable, text_of, why_contradictory
from clovrix_env.model.type_checks import is_name
from clovrix_env.resolution.guard import refusal_reason
from clovrix_env.settings.user_config_edit import toml_string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from clovrix_env.check.migrate.findings import Default, Findings, Load, Read

_SECRET = re.compile(
    r"SECRET|PASSWORD|PASSWD|TOKEN|CREDENTIAL|PRIVATE|API_?KEY|(?:^|_)(?:KEY|PASS|PWD|DSN|SALT)(?:_|$)",
    re.IGNORECASE,
)
# A default such as postgres://user:password@host.
_USER_INFO = re.compile(r"://\S*@")
# Values with the form of a key of a service, a reference, or many letters and digits in a row.
_KEY = re.compile(
    r"\$\{|-----BEGIN|^(?:[sp]k|rk|gh[a-z]|xox[a-z]|glpat|dp|eyJ|AKIA|AIza)[._-]?\w"
    r"|(?=[A-Za-z0-9+/_=-]*[0-9])(?=[A-Za-z0-9+/_=-]*[A-Za-z])[A-Za-z0-9+/_=-]{20,}"
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
# Names that the system or a platform sets; their reads are not the program's configuration.
_SYSTEM = re.compile(
    r"^(?:HOME|PATH|PWD|USER|USERNAME|LOGNAME|SHELL|TERM|LANG|TZ|TMPDIR|TEMP|TMP|EDITOR|PAGER|DISPLAY"
    r"|CI|NO_COLOR|VIRTUAL_ENV|APPDATA|LOCALAPPDATA|USERPROFILE|HOSTNAME|COLUMNS|LINES"
    r"|(?:XDG|LC|PYTHON|PYTEST|GITHUB|CLOVRIX|__CLOVRIX|CONDA|DOPPLER)_.*|PYTHON.*)$"
)
# Names that servers, clients and libraries read themselves: gunicorn listens on every address if
# PORT is set, and boto3 ignores its own files if AWS_REGION is.
_READ_BY_OTHERS = re.compile(
    r"^(?:PORT|WEB_CONCURRENCY|FORWARDED_ALLOW_IPS|NODE_ENV|KUBECONFIG|DOCKER_HOST|PG[A-Z]+"
    r"|(?:AWS|AZURE|GOOGLE|OPENAI|ANTHROPIC|HF|SENTRY|OTEL|DD|NEW_RELIC|SSL|REQUESTS|CURL|GIT"
    r"|FLASK|DJANGO|UVICORN|GUNICORN|CELERY|MYSQL|NPM|PIP|UV)_.*|.*_PROXY)$",
    re.IGNORECASE,
)
# Names whose value may be a secret although the default is none, such as sqlite:///db.
_MAY_HAVE_PASSWORD = re.compile(r"UR[IL]|CONN|HOOK|AUTH|CERT|DATABASE|BROKER|PROXY", re.IGNORECASE)
# Types for which every library refuses an empty text.
_REFUSE_EMPTY = ("int", "float", "json")
_LONGEST_DEFAULT = 200
_HEAD = """\
# The sources of the configuration of this program, for clovrix-exec and load_env().
# Proposed by clovrix-env migrate. Commit this file; it contains no secrets.
"""


def looks_secret(name: str, default: Default = None) -> bool:
    """Whether a name or a default looks like that of a secret."""
    if _SECRET.search(name):
        return True
    patterns = (_SECRET, _USER_INFO, _KEY) if isinstance(default, str) else ()
    return any(pattern.search(str(default)) for pattern in patterns)


def declares(name: str) -> bool:
    """Whether a name that the code reads belongs into the contract."""
    return is_name(name) and not _SYSTEM.match(name) and refusal_reason(name) is None


def propose(
    found: Findings,
    values: Mapping[str, Sequence[str]],
    files: Iterable[str],
    project: str | None,
    environment: str | None,
) -> str:
    """Return the text of the file; adds reads whose default cannot be kept.

    ``values`` are those of the project's files: a type that one of them does not fit is left out.
    ``files`` are further files that the code loads. Without a ``project``, that of Doppler is a
    comment: until its values are on Clovrix, no program would start.
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
    names = list(files)
    if names:
        lines.append(f"\n[files]\nnames = [{', '.join(map(toml_string, names))}]\n")
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
    remarks: list[str] = []
    if any(not _fits(name, kind, value) for value in values):
        remarks.append(f'# type = "{kind}" does not fit the value in a file')
        kind = "str"
    if kind != "str" and not all(read.is_strict for read in reads):
        remarks.append(f'# type = "{kind}"  # stricter than the code: {_STRICTER[kind]}')
        kind = "str"
    if kind != "str" and not any(read.is_certain for read in reads):
        remarks.append(f'# type = "{kind}"  # {_place(reads[0])} reads it later than at the start')
        kind = "str"
    lines = [f"\n[variables.{name}]\n"]
    default, remark = _default_of(name, kind, reads, found)
    if default is not None and values and found.production:
        default, remark = None, "# its default is left out: in production it would override a file"
    if remark:
        remarks.append(remark)
    if kind != "str":
        lines.append(f'type = "{kind}"\n')
    stops = [read for read in reads if read.stops]
    if stops and default is None and not any(read.optional for read in reads):
        why = _why_not_required(stops, values, found)
        lines.append("required = true\n" if not why else f"# required = true  # {why}\n")
    if default is not None:
        lines.append(f"default = {_toml(default)}\n")
        if not looks_secret(name) and not _MAY_HAVE_PASSWORD.search(name):
            lines.append("secret = false\n")
    lines += (f"{remark}\n" for remark in remarks)
    return "".join(lines)


def _why_not_required(stops: Sequence[Read], values: Sequence[str], found: Findings) -> str:
    """Return why a program could start today without a value; empty if none could."""
    place = _place(stops[0])
    if not found.is_one_program:
        return f"{place} needs it; other programs may not"
    if not any(read.is_strict or read.type in _REFUSE_EMPTY for read in stops):
        return f"{place} needs it, but accepts an empty text"
    if not values or not all(values) or found.unread is not None:
        return f"{place} needs it, but no file that clovrix-env reads has it"
    return ""


def _default_of(
    name: str, kind: str, reads: Sequence[Read], found: Findings
) -> tuple[Default, str]:
    """Return the default for the file, and a comment that says why there is none."""
    defaults = {(type(read.default), read.default) for read in reads if read.optional}
    if len(defaults) > 1:
        first, *others = [read for read in reads if read.optional]
        other = next(r for r in others if r.default != first.default or r.type != first.type)
        sentence = f"{name} has another default than in {first.file}:{first.line}"
        remedy = f"leave the defaults of {name} in the code, or make them the same"
        found.means("default", other.file, other.line, sentence, remedy)
        return None, "# its defaults in the code differ"
    if not defaults or any(not read.optional for read in reads):
        return None, ""
    default = defaults.pop()[1]
    if default is None or default == "":
        return None, ""
    if found.unread is not None:
        return None, f"# default: left in the code, or {_place(found.unread)} could not override it"
    if found.is_tested(name):
        return None, "# its default is left out: the code tests whether it is set"
    if _READ_BY_OTHERS.match(name):
        return None, "# its default is left out: other programs and libraries read this name, too"
    if len(str(default)) > _LONGEST_DEFAULT or not str(default).isprintable():
        return None, "# its default in the code is too long, or is not one line"
    if looks_secret(name, default):
        return None, "# its default in the code is left out: it may be a secret"
    if any(read.type == "str" for read in reads) and not isinstance(default, str):
        return None, "# its default in the code is not text"
    if not _fits(name, kind, text_of(default)):
        return None, f"# its default in the code is not a valid {kind}"
    return default, ""


def _place(of: Read | Load) -> str:
    return f"{of.file}:{of.line}"


def _fits(name: str, kind: str, value: str) -> bool:
    variable = Variable(name, kind, 0, {"default": value})
    return not [*why_contradictory(variable)]


def _toml(default: Default) -> str:
    return toml_string(default) if isinstance(default, str) else text_of(default)
