"""Settings: argument > ``CLOVRIX_*`` > ``.clovrix`` > default. What was asked, and what counts."""

from __future__ import annotations

import os

from clovrix_env.api import limits
from clovrix_env.errors import ClovrixConfigError, Problems
from clovrix_env.model.names import OURS
from clovrix_env.model.record import Record
from clovrix_env.model.type_checks import is_texts
from clovrix_env.settings import project_file
from clovrix_env.settings.project_file import Cache, ProjectFile
from clovrix_env.settings.root import Root, found_root, named_root
from clovrix_env.system import files, folders
from clovrix_env.system.deadline import checked_timeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovrix_env.client.client import Client
    from clovrix_env.model.layer import Layer

TIMEOUT = 10.0
# The user's own configuration, in our folder.
CONFIGURATION = "config.toml"

# Every variable of ours: the values that it takes (empty for any text), and what it says.
VARIABLES: dict[str, tuple[tuple[str, ...], str]] = {
    "CLOVRIX_PROJECT": ((), "the project"),
    "CLOVRIX_ENVIRONMENT": ((), "the environment"),
    "CLOVRIX_ROOT": ((), "the folder of `.clovrix` and the `.env` files"),
    "CLOVRIX_TOKEN": ((), "the API token; empty counts as unset"),
    "CLOVRIX_TOKEN_FILE": ((), "a file that holds the token"),
    "CLOVRIX_API_URL": ((), "`https://host[:port]`, or `file:PATH` for the embedded store"),
    "CLOVRIX_ALLOW_HTTP": ((), "`host[:port]` that may be asked without TLS"),
    "CLOVRIX_ALLOW": ((), "names that the guard lets pass, separated by commas"),
    "CLOVRIX_CACHE": ((), "`max_age=…,stale_if_error=…`: replaces `[cache]`"),
    "CLOVRIX_CACHE_DIR": ((), "where last known values lie"),
    "CLOVRIX_OFFLINE": (("1",), "last known values only"),
    "CLOVRIX_REMOTE": (("off",), "files, process and defaults only"),
    "CLOVRIX_DISABLED": (("1",), "clovrix-env does nothing"),
    "CLOVRIX_MASTER_KEY": ((), "the embedded store's master key: the line itself"),
    "CLOVRIX_AUTOLOAD": (("1",), "the start-up hook loads"),
    "CLOVRIX_AUTOLOAD_ON_ERROR": (("exit", "warn"), "what the hook does when it cannot"),
}


class Wording(Record):
    """How a door spells what its messages recommend."""

    program: str
    local: str
    allow: str
    root: str
    asks_now: str = ""
    starts: bool = False  # whether each load is a process of its own


FUNCTION_WORDING = Wording("clovrix-env", "local=True", "allow=", "root=")
LAUNCHER_WORDING = Wording(
    "clovrix-exec", "--local", "--allow", "--root", "; --no-backoff asks now", starts=True
)
COMMAND_WORDING = LAUNCHER_WORDING.replaced(program="clovrix-env")
HOOK_WORDING = FUNCTION_WORDING.replaced(allow="")


class LoadOptions(Record):
    """What a door was asked for: its arguments as they were given, or their defaults.

    ``rootless``: there is no root, and so no ``.clovrix``: the process environment says it all.
    """

    project: str | None = None
    environment: str | None = None
    root: str | None = None
    files: tuple[str, ...] | None = None
    local: bool | None = None
    override: bool = False
    overrides: Layer | None = None
    remote: bool = True
    offline: bool = False
    only: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    allow: tuple[str, ...] = ()
    timeout: float | None = None
    client: Client | None = None
    backoff: bool = True
    wording: Wording = FUNCTION_WORDING
    rootless: bool = False

    @property
    def asks_only_for_a_place(self) -> bool:
        """Whether nothing but project, environment, selection and root was said."""
        return (
            self.files is None
            and self.local is None
            and not self.override
            and self.overrides is None
            and self.remote
            and not self.offline
            and self.client is None
        )


class Settings(Record):
    """What counts after all sources were asked. ``sources`` says who named the place."""

    root: Root
    declared: ProjectFile
    declared_state: files.State
    project: str | None
    environment: str | None
    sources: Mapping[str, str]
    remote: bool
    offline: bool
    only: tuple[str, ...]
    exclude: tuple[str, ...]
    allow: frozenset[str]
    timeout: float
    cache: Cache | None
    cache_folder: str | None
    api_url: str | None

    @property
    def projects(self) -> tuple[str, ...]:
        """Every project that is asked, lowest first; none where no project is named."""
        if self.project is None:
            return ()
        below = dict.fromkeys(name for name in self.declared.extends if name != self.project)
        return (*below, self.project)

    def selects(self, name: str) -> bool:
        """Whether ``[select]`` lets a name through: ``exclude`` beats ``only``."""
        return not (self.only or self.exclude) or not self.why_left_out(name)

    def why_left_out(self, name: str) -> str:
        """Why the selection leaves a name out; empty where it does not."""
        from fnmatch import fnmatchcase

        for glob in self.exclude:
            if fnmatchcase(name, glob):
                return f"exclude {glob}"
        if self.only and not any(fnmatchcase(name, glob) for glob in self.only):
            return f"not in only {', '.join(self.only)}"
        return ""


def settings_of(
    request: LoadOptions, environ: Mapping[str, str], problems: Problems, notes: list[str]
) -> Settings:
    """The settings of a request. What is wrong goes to ``problems``; without a root it raises."""
    root, declared, state, readable = Root("", ""), ProjectFile(), files.State(""), False
    own, cache, timeout = OwnConfiguration(), None, TIMEOUT
    with problems:
        check_variables(environ)
    with problems:
        if not request.rootless:
            root = root_of(request, environ, notes)
            declared, state = declared_in(root, problems)
        readable = True
    with problems:
        own = _own_configuration(environ)
    with problems:
        cache = _cache(environ, declared)
    with problems:
        timeout = (
            TIMEOUT if request.timeout is None else checked_timeout(request.timeout, "timeout")
        )
    sources: dict[str, str] = {}
    project = _first(
        sources,
        "project",
        ("argument", request.project),
        ("CLOVRIX_PROJECT", environ.get("CLOVRIX_PROJECT") or None),
        (project_file.NAME, declared.project),
    )
    environment = _first(
        sources,
        "environment",
        ("argument", request.environment),
        ("CLOVRIX_ENVIRONMENT", environ.get("CLOVRIX_ENVIRONMENT") or None),
        (project_file.NAME, declared.default_environment),
    )
    for kind, name in (
        ("project", project),
        ("environment", environment),
        *(("project in extends", name) for name in declared.extends),
    ):
        with problems:
            if name is not None:
                limits.check_segment(kind, name)
    if project is not None and environment is None and readable:
        problems.add(
            f"project {project} is asked for without an environment",
            "name an environment, or set default_environment in .clovrix, or CLOVRIX_ENVIRONMENT",
        )
    if not root.path:
        problems.raise_if_any()
    return Settings(
        root=root,
        declared=declared,
        declared_state=state,
        project=project,
        environment=environment if isinstance(environment, str) else None,
        sources=sources,
        remote=request.remote and environ.get("CLOVRIX_REMOTE") != "off",
        offline=request.offline or environ.get("CLOVRIX_OFFLINE") == "1",
        only=declared.only if request.only is None else request.only,
        exclude=declared.exclude if request.exclude is None else request.exclude,
        allow=frozenset((*request.allow, *_names(environ.get("CLOVRIX_ALLOW", "")), *own.allow)),
        timeout=timeout,
        cache=cache,
        cache_folder=folders.cache_folder(environ),
        api_url=own.api_url,
    )


def check_variables(environ: Mapping[str, str]) -> None:
    """Refuse a variable of ours that is empty or has a value that means nothing."""
    problems: list[str] = []
    for name, (values, _) in VARIABLES.items():
        value = environ.get(name)
        if value is None or (not value and name == "CLOVRIX_TOKEN"):
            continue
        if not value:
            problems.append(f"{name} is set and empty")
        elif values and value not in values:
            problems.append(
                f"{name} is {' or '.join(values)}, or unset; it is set to something else"
            )
    if problems:
        raise ClovrixConfigError(problems, "unset it, or give it a value")


def why_no_override(name: object, value: object) -> str:
    """What is wrong with one item of ``overrides=`` or ``--set``; empty where nothing is."""
    if not isinstance(name, str) or not name or "=" in name or "\0" in name:
        return f"has {name!a}, which is no name of a variable"
    if name.startswith(OURS):
        return f"has {name}, which is ours: set it in the process environment"
    if not isinstance(value, str):
        return f"gives {name} a {type(value).__name__}, not a text"
    return f"gives {name} a NUL character" if "\0" in value else ""


def is_disabled(environ: Mapping[str, str]) -> bool:
    return environ.get("CLOVRIX_DISABLED") == "1"


def asks_nobody(environ: Mapping[str, str]) -> bool:
    """Whether Clovrix is not to be asked, whatever a door is asked for."""
    return is_disabled(environ) or environ.get("CLOVRIX_REMOTE") == "off"


def _first(sources: dict[str, str], what: str, *found: tuple[str, str | None]) -> str | None:
    for source, value in found:
        if value is not None:
            sources[what] = source
            return value
    return None


def root_of(request: LoadOptions, environ: Mapping[str, str], notes: list[str]) -> Root:
    """The folder that counts: named by the caller or by ``CLOVRIX_ROOT``, else searched."""
    if request.root is not None:
        return named_root(request.root, request.wording.root.rstrip("="))
    if environ.get("CLOVRIX_ROOT"):
        return named_root(environ["CLOVRIX_ROOT"], "CLOVRIX_ROOT")
    return found_root(notes, request.wording.root)


def declared_in(root: Root, problems: Problems) -> tuple[ProjectFile, files.State]:
    """What the ``.clovrix`` of a folder declares, and the file's state as it was read."""
    shown = root.shown(project_file.NAME)
    try:
        read = files.read_text(root.project_file)
    except files.Unreadable as error:
        raise ClovrixConfigError(f"{shown} {error}") from None
    if read is None:
        return ProjectFile(), files.State(root.project_file)
    text, state = read
    return project_file.parse(text, shown, problems), state


class OwnConfiguration(Record):
    """The user's own ``config.toml``."""

    api_url: str | None = None
    allow: tuple[str, ...] = ()


def _own_configuration(environ: Mapping[str, str]) -> OwnConfiguration:
    folder = folders.config_folder(environ)
    if folder is None:
        return OwnConfiguration()
    path = os.path.join(folder, CONFIGURATION)
    try:
        read = files.read_text(path)
    except files.Unreadable as error:
        raise ClovrixConfigError(f"{path} {error}") from None
    if read is None:
        return OwnConfiguration()
    found = project_file.load_toml(read[0], path)
    api_url, allow = found.get("api_url"), found.get("allow", [])
    problems = Problems()
    for key in sorted(found.keys() - set(OwnConfiguration.__match_args__)):
        problems.add(f"{path}: {key} is not known", "known here: api_url, allow")
    if api_url is not None and not isinstance(api_url, str):
        problems.add(f"{path}: api_url is no text")
    if not is_texts(allow):
        problems.add(f"{path}: allow is no list of texts")
    problems.raise_if_any()
    return OwnConfiguration(api_url, tuple(allow))


def _cache(environ: Mapping[str, str], declared: ProjectFile) -> Cache | None:
    text = environ.get("CLOVRIX_CACHE")
    if not text:
        return declared.cache
    from clovrix_env.model.ages import duration

    ages = {"max_age": Cache().max_age, "stale_if_error": Cache().stale_if_error}
    for item in text.split(","):
        key, _, value = item.strip().partition("=")
        seconds = duration(value)
        if key not in ages or seconds is None:
            raise ClovrixConfigError(
                "CLOVRIX_CACHE cannot be read", "write max_age=30s,stale_if_error=24h"
            )
        ages[key] = seconds
    return Cache(**ages)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in (item.strip() for item in text.split(",")) if name)
