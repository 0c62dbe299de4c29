"""``Settings``: the settings of one load: argument > ``CLOVRIX_*`` > ``.clovrix`` > default."""

from __future__ import annotations

from clovrix_env.api import limits
from clovrix_env.model.record import Record
from clovrix_env.settings import project_file
from clovrix_env.settings.project_file import ProjectFile
from clovrix_env.settings.root import Root, declared_in, root_of
from clovrix_env.settings.user_config import UserConfig, user_config
from clovrix_env.settings.variables import allowed_names, cache_of, check_variables, near_misses
from clovrix_env.system import files, folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Union

    from clovrix_env.errors import Problems
    from clovrix_env.settings.load_options import LoadOptions
    from clovrix_env.settings.project_file import Cache

    # A name and its source.
    Named = tuple[Union[str, None], str]

TIMEOUT = 10.0


class Settings(Record):
    """The settings of one load.

    ``sources`` has the sources of project and environment; ``log`` has lines for ``-v``.
    """

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
    log: tuple[str, ...] = ()

    @property
    def projects(self) -> tuple[str, ...]:
        """All projects to fetch, lowest first; empty without a project."""
        if self.project is None:
            return ()
        below = dict.fromkeys(name for name in self.declared.extends if name != self.project)
        return (*below, self.project)

    def selects(self, name: str) -> bool:
        """Whether ``[select]`` selects a name: ``exclude`` takes precedence over ``only``."""
        return not self.why_left_out(name)

    def why_left_out(self, name: str) -> str:
        """Return why the selection leaves a name out; empty if it selects the name."""
        if not (self.only or self.exclude):
            return ""
        from clovrix_env.settings.globs import globs_of

        glob = globs_of(self.exclude).first(name)
        if glob is not None:
            return f"exclude {glob}"
        only = globs_of(self.only)
        return f"not in only {only.shown}" if self.only and only.first(name) is None else ""


def settings_of(
    options: LoadOptions, environ: Mapping[str, str], problems: Problems, notes: list[str]
) -> Settings:
    """Return the settings of a load. Adds all errors to ``problems``; raises without a root."""
    root, declared, state = Root("", ""), ProjectFile(), files.State("")
    log: list[str] = []
    user, cache, timeout = UserConfig(), None, TIMEOUT
    with problems:
        check_variables(environ)
    notes.extend(near_misses(environ))
    with problems:
        if not options.rootless:
            root = root_of(options.root, environ, options.wording.root, notes)
            if not options.root_is_named:
                root = root.replaced(is_named=False)
            declared, state = declared_in(root, problems, notes)
    with problems:
        user = user_config(environ, log)
    with problems:
        cache = cache_of(environ) or declared.cache
    with problems:
        if options.timeout is not None:
            from clovrix_env.system.deadline import checked_timeout

            timeout = checked_timeout(options.timeout, "timeout")
    project = _named(options.project, environ, "CLOVRIX_PROJECT", declared.project)
    environment = _named(
        options.environment, environ, "CLOVRIX_ENVIRONMENT", declared.default_environment
    )
    _check_names(project[0], environment[0], declared.extends, problems)
    if not root.path:
        problems.raise_if_any()
    # An unreadable .clovrix might have set the environment.
    readable = options.rootless or bool(state.path)
    if project[0] is not None and environment[0] is None and readable:
        problems.add(
            f"project {project[0]} needs an environment", _remedy(project[0], options.wording.root)
        )
    return Settings(
        root=root,
        declared=declared,
        declared_state=state,
        project=project[0],
        environment=environment[0] if isinstance(environment[0], str) else None,
        sources={"project": project[1], "environment": environment[1]},
        remote=options.remote and environ.get("CLOVRIX_REMOTE") != "off",
        offline=options.offline or environ.get("CLOVRIX_OFFLINE") == "1",
        only=declared.only if options.only is None else options.only,
        exclude=declared.exclude if options.exclude is None else options.exclude,
        allow=frozenset((*options.allow, *allowed_names(environ), *user.allow)),
        timeout=timeout,
        cache=cache,
        cache_folder=folders.cache_folder(environ),
        api_url=user.api_url,
        log=(*log, *_log_of(root, state)),
    )


def _remedy(project: object, root_option: str) -> str:
    """Return how to name an environment, or the file that may be meant by a path."""
    if isinstance(project, str) and ("/" in project or project.endswith(".env")):
        files = f"files=[{project!r}]" if root_option.endswith("=") else f"-f {project}"
        return f"name an environment, or use {files} to read a file"
    way = "pass environment=" if root_option.endswith("=") else "add -e NAME"
    return f"{way}, or set default_environment in .clovrix, or CLOVRIX_ENVIRONMENT"


def _log_of(root: Root, declared: files.State) -> Iterator[str]:
    yield f"root {root.path} ({root.why})"
    if declared.size == 0:
        yield f"{root.shown(project_file.NAME)} is empty"


def _named(
    argument: str | None, environ: Mapping[str, str], variable: str, declared: str | None
) -> Named:
    """Return a project or an environment, and its source: argument, variable or file."""
    if argument is not None:
        return argument, "argument"
    if environ.get(variable):
        return environ[variable], variable
    return declared, "" if declared is None else project_file.NAME


def _check_names(
    project: str | None, environment: str | None, extends: tuple[str, ...], problems: Problems
) -> None:
    """Add each name that Clovrix would not accept as a part of a path."""
    below = [("project in extends", name) for name in extends]
    for kind, name in (("project", project), ("environment", environment), *below):
        with problems:
            if name is not None:
                limits.check_segment(kind, name)
