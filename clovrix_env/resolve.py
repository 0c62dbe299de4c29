"""``resolve``: the order of things, shared by every door, and nothing else.

Settings, the marker, files, origin, layers, guard, merge, interpolation. Nothing is applied here,
and nothing is ever half resolved: what this module refuses is one ``ClovrixConfigError`` with all
of it; an error of the API keeps its class.
"""

from __future__ import annotations

import os
import time

from clovrix_env import guard, interpolate
from clovrix_env import marker as markers
from clovrix_env.client import origin as origins
from clovrix_env.errors import ClovrixConfigError, Problems
from clovrix_env.layers import local_files
from clovrix_env.layers.layer import (
    DEFAULT,
    PROCESS,
    Layer,
    Place,
    literal_layer,
)
from clovrix_env.merge import Environment, ValueOrigin, in_order, merge
from clovrix_env.record import Record
from clovrix_env.settings import check_variables, is_disabled, settings_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clovrix_env.client.origin import Origin
    from clovrix_env.layers.layer import Binding
    from clovrix_env.marker import Marker
    from clovrix_env.process import Process
    from clovrix_env.settings import Request, Settings


class Resolution(Record):
    """What a door has to do: which names to set, which to remove, what to leave and to say.

    ``marker`` is ``None`` where the values already stand in the environment. ``notes`` are for
    stderr, a line each; ``log`` tells sources and times to who asks for them.
    """

    environment: Environment
    injected: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    marker: Marker | None = None
    notes: tuple[str, ...] = ()
    log: tuple[str, ...] = ()


def resolve(
    request: Request, process: Process, *, follows_marker: bool, loaded_here: bool = False
) -> Resolution:
    """Resolve a request against the process environment as it was before any file was read.

    ``follows_marker``: what the call does not name is the marker's, as for ``load_env()``; else the
    marker counts only where the settings ask for the same, as for the launcher. ``loaded_here``:
    this very process has loaded before, so that it wants to load anew.
    """
    environ = process.environ
    if is_disabled(environ):
        check_variables(environ)
        return Resolution(_whole(environ))
    left = markers.read(environ)
    if left is not None and follows_marker:
        if not loaded_here and left.covers(request):
            check_variables(environ)
            return _standing_or_anew(left, left.again(request, process), process)
        request = left.completed(request)
    problems, notes = Problems(), list[str]()
    settings = settings_of(request, environ, problems, notes)
    if left is not None and not follows_marker and not problems.sentences:
        if _same_place(left, request, settings, environ):
            return _standing_or_anew(left, left.again(request, process), process)
    return _Load(request, settings, process, left, problems, notes).resolution()


def _standing_or_anew(left: Marker, request: Request, process: Process) -> Resolution:
    """The names as they stand, or where a file has changed since, loaded anew if we can ask."""
    standing = _standing(left, process)
    changed = left.changed_files()
    if not changed:
        return standing
    problems, notes = Problems(), list[str]()
    settings = settings_of(request, process.environ, problems, notes)
    load = _Load(request, settings, process, left, problems, notes)
    if load.can_ask():
        return load.resolution()
    names = ", ".join(os.path.basename(path) for path in changed)
    note = f"{names} changed since this program was started: start it again to use it"
    return standing.replaced(notes=(note,))


def _standing(left: Marker, process: Process) -> Resolution:
    environ, ours = process.environ, left.ours(process)
    there = [name for name in left.names if name in environ]
    theirs = Place(PROCESS, "process environment")
    found = {name: ValueOrigin(left.names[name][0] if name in ours else theirs) for name in there}
    environment = Environment({name: environ[name] for name in there}, found)
    return Resolution(environment, log=("as a launcher left it: nothing read, nothing asked",))


def _same_place(
    left: Marker, request: Request, settings: Settings, environ: Mapping[str, str]
) -> bool:
    """Whether a launcher below a launcher asks for what already stands."""
    address, source = origins.address_of(environ)
    if settings.api_url is not None and source == "default":
        address = settings.api_url
    asks = settings.project is not None and settings.remote
    same_address = left.address == (address if asks else None) or (
        left.address_from_file and source == "default"
    )
    return (
        request.asks_only_for_a_place
        and left.root == settings.root.path
        and left.project == settings.project
        and left.environment == settings.environment
        and left.only == settings.only
        and left.exclude == settings.exclude
        and same_address
    )


def _whole(environ: Mapping[str, str]) -> Environment:
    place = ValueOrigin(Place(PROCESS, "process environment"))
    return Environment(environ, dict.fromkeys(environ, place))


class _Load:
    """One load anew: files read first, then Clovrix asked, then all of it checked."""

    def __init__(
        self,
        request: Request,
        settings: Settings,
        process: Process,
        left: Marker | None,
        problems: Problems,
        notes: list[str],
    ) -> None:
        self._request = request
        self._settings = settings
        self._left = left
        self._ours = left.ours(process) if left is not None else set[str]()
        self._process = process
        self._notes = notes
        self._log = [f"root {settings.root.path} ({settings.root.why})"]
        self._problems = problems
        self._deadline = time.monotonic() + settings.timeout
        self._files = local_files.read(
            settings, request, self._deadline, self._problems, self._notes
        )
        self._log.extend(
            f"{layer.source}: {len(layer.bindings)} lines" for layer in self._files.layers
        )
        self._origin = self._find_origin()

    def can_ask(self) -> bool:
        """Whether nothing has to be asked, or there is a token, or a store, to ask."""
        if not self._asks or self._request.client is not None:
            return True
        origin = self._origin
        return origin is not None and (origin.is_store or origin.token is not None)

    def resolution(self) -> Resolution:
        self._refuse_nothing()
        if not self.can_ask() and self._origin is not None:
            with self._problems:
                raise origins.missing_token(self._process.environ)
        self._judge([self._defaults, *self._files.layers])
        self._problems.raise_if_any()
        remote = self._ask() if self._asks else []
        self._judge(remote)
        return self._merged(remote)

    @property
    def _asks(self) -> bool:
        return self._settings.project is not None and self._settings.remote

    @property
    def _defaults(self) -> Layer:
        declared = [(v.name, v.default) for v in self._settings.declared.variables]
        return literal_layer(
            DEFAULT, "default in .clovrix", ((n, d) for n, d in declared if d is not None)
        )

    def _find_origin(self) -> Origin | None:
        settings = self._settings
        with self._problems:
            return origins.of_door(
                self._process.environ, self._files.settings, settings.root.path, settings.api_url
            )
        return None

    def _refuse_nothing(self) -> None:
        """Configured by nothing at all: silence would be a program without its configuration."""
        settings = self._settings
        if (
            settings.project is None
            and not settings.declared_state.exists
            and not self._files.layers
            and self._request.overrides is None
            and self._left is None
            and not self._problems.sentences
        ):
            self._problems.add(
                f"nothing is configured in {settings.root.path}: there is no .clovrix, no project "
                "and no .env file",
                "name a project and an environment, or write a .clovrix or a .env",
            )
            for note in self._notes:  # a .clovrix passed over, a file not read: here they say why
                self._problems.add(note)

    def _ask(self) -> list[Layer]:
        from clovrix_env.layers import remote

        settings = self._settings
        project, environment = settings.project, settings.environment
        assert project is not None and environment is not None
        extends = dict.fromkeys(name for name in settings.declared.extends if name != project)
        projects = (*extends, project)
        client, began = self._request.client, time.monotonic()
        if client is not None:
            layers = remote.fetch_by(client, projects, environment, self._deadline)
            address = repr(client)
        else:
            origin = self._origin
            assert origin is not None
            if settings.offline and not origin.is_store:
                raise ClovrixConfigError(
                    f"offline, and there are no last known values of {project}/{environment}",
                    "without --offline (offline=True, CLOVRIX_OFFLINE) they are fetched",
                )
            layers = remote.fetch(origin, projects, environment, self._deadline)
            address = origin.address
        took = round((time.monotonic() - began) * 1000)
        for layer in layers:
            self._log.append(f"{layer.source}: {len(layer.bindings)} entries ({address}, {took} ms)")
        return layers

    def _judge(self, layers: Sequence[Layer]) -> None:
        guard.judge(
            layers, self._settings, self._selected, self._request.words.allow, self._problems
        )

    def _merged(self, remote: Sequence[Layer]) -> Resolution:
        settings, process = self._settings, self._process
        layers = [self._defaults, *remote, *self._files.layers]
        if self._request.overrides is not None:
            layers.append(self._request.overrides)
        environ = [(n, v) for n, v in process.environ.items() if n not in self._ours]
        theirs = literal_layer(PROCESS, "process environment", environ)
        definitions = merge(in_order(layers, theirs, override=self._request.override))
        known = dict.fromkeys(binding.name for layer in layers for binding in layer.bindings)
        known.update(dict.fromkeys(v.name for v in settings.declared.variables if v.name in definitions))
        names = [
            name
            for name in known
            if definitions[name][0].place.kind == PROCESS or self._selected(name)
        ]
        values = interpolate.expand(definitions, names, self._problems)
        for name, value in values.items():
            place = definitions[name][0].place
            if not name or "=" in name or "\0" in name:
                self._problems.add(f"{place}: {name!a} is no name of a variable")
            elif "\0" in value:
                self._problems.add(
                    f"{place}: {name} holds a NUL character, which no environment variable can"
                )
        self._problems.raise_if_any()
        environment = Environment(values, {name: _origin(definitions[name]) for name in values})
        injected = [n for n in values if environment.origin(n).kind != PROCESS]
        return Resolution(
            environment,
            injected=tuple(injected),
            removed=tuple(sorted(self._ours.difference(values))),
            marker=self._marker(environment),
            notes=tuple(self._notes),
            log=tuple(self._log),
        )

    def _marker(self, environment: Environment) -> Marker:
        settings, request, origin = self._settings, self._request, self._origin
        encode = self._process.encode
        asked = origin is not None and self._asks and request.client is None
        return markers.Marker(
            address=origin.address if origin is not None and asked else None,
            address_from_file=origin is not None and asked and origin.source_is_file,
            project=settings.project,
            environment=settings.environment,
            only=settings.only,
            exclude=settings.exclude,
            root=settings.root.path,
            files_named=request.files
            and tuple(state.path for state in self._files.states),
            override=request.override,
            local=request.local,
            allow=request.allow,
            remote=settings.remote,
            offline=settings.offline,
            files=(*self._files.states, settings.declared_state),
            names={
                name: (
                    environment.origin(name).place,
                    ""
                    if environment.origin(name).kind == PROCESS
                    else markers.digest_of(encode(value)),
                )
                for name, value in environment.items()
            },
        )

    @property
    def _selected(self) -> Callable[[str], bool]:
        only, exclude = self._settings.only, self._settings.exclude
        if not only and not exclude:
            return lambda name: True
        from fnmatch import fnmatchcase

        return lambda name: (
            (not only or any(fnmatchcase(name, glob) for glob in only))
            and not any(fnmatchcase(name, glob) for glob in exclude)
        )


def _origin(stack: Sequence[Binding]) -> ValueOrigin:
    return ValueOrigin(stack[0].place, tuple(binding.place for binding in stack[1:]))
