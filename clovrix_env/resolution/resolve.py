"""``resolve``: the order of things, shared by every door, and nothing else.

Settings, the marker, files, origin, layers, guard, merge, interpolation. Nothing is applied here,
and nothing is ever half resolved: what this module refuses is one ``ClovrixConfigError`` with all
of it; an error of the API keeps its class.
"""

from __future__ import annotations

import os

from clovrix_env.contract.contract import Contract, ContractInput
from clovrix_env.contract.service_links import services_of
from clovrix_env.errors import Problems
from clovrix_env.model.layer import INHERITED, OVERRIDE, PROCESS, Layer, literal_layer
from clovrix_env.model.record import Record
from clovrix_env.resolution import interpolate
from clovrix_env.resolution import marker as markers
from clovrix_env.resolution.environment import Environment
from clovrix_env.resolution.gather import Sources
from clovrix_env.resolution.load_report import Dropped, LoadReport
from clovrix_env.resolution.precedence import in_order, merge, origins_of
from clovrix_env.settings.project_file import NAME as PROJECT_FILE
from clovrix_env.settings.settings import check_variables, is_disabled, settings_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clovrix_env.errors import ClovrixConfigError
    from clovrix_env.model.layer import Binding
    from clovrix_env.resolution.marker import Marker
    from clovrix_env.resolution.precedence import Definitions, ValueOrigin
    from clovrix_env.settings.settings import LoadOptions
    from clovrix_env.system.process import Process


class Resolution(Record):
    """What a door has to do: which names to set, which to remove, what to leave and to say.

    ``marker`` is ``None`` where the values already stand in the environment. ``notes`` are for
    stderr, a line each; ``log`` tells sources and times to who asks for them. ``refusal`` is what
    forbids to apply it: only who wants to explain a refused load is given one.
    """

    environment: Environment
    injected: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    marker: Marker | None = None
    notes: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    refusal: ClovrixConfigError | None = None


def resolve(
    request: LoadOptions,
    process: Process,
    *,
    follows_marker: bool,
    loaded_here: bool = False,
    unwritten: Marker | None = None,
    explains: bool = False,
) -> Resolution:
    """Resolve a request against the process environment as it was before any file was read.

    ``follows_marker``: what the call does not name is the marker's, as for ``load_env()``; else the
    marker counts only where the settings ask for the same, as for the launcher. ``loaded_here``:
    this very process has loaded before, so that it wants to load anew. ``unwritten``: the marker
    of that load, where it could not be left in the environment. ``explains``: nothing will be
    applied, so that what was found is handed on beside what is wrong with it.
    """
    # process.environ has no name of its own here: whoever interrupts a fetch would show it.
    if is_disabled(process.environ):
        check_variables(process.environ)
        from clovrix_env.resolution import from_marker

        return Resolution(from_marker.whole_environment(process.environ))
    left = markers.read(process.environ) or unwritten
    if left is not None and follows_marker:
        if not loaded_here and left.covers(request):
            check_variables(process.environ)
            if left.root:
                return _standing_or_anew(left, request, process)
            return _standing_or_found(left, request, process)
        request = left.completed(request) if left.root else request
    load = Loader(request, process, left)
    if left is not None and not follows_marker and not load.problems:
        from clovrix_env.resolution import from_marker

        if from_marker.covers_launch(left, request, load.settings, process.environ):
            return _standing_or_anew(left, request, process, explains=explains)
    return load.resolution(load.sources(), explains=explains)


def _as_it_stands(left: Marker, process: Process, notes: Sequence[str] = ()) -> Resolution:
    from clovrix_env.resolution import from_marker

    return Resolution(
        from_marker.environment_of(left, process, notes),
        notes=tuple(notes),
        log=("as a launcher left it: nothing read, nothing asked",),
    )


def _standing_or_found(left: Marker, request: LoadOptions, process: Process) -> Resolution:
    """The names as the start-up hook left them, which looked for no file; anew if there is one."""
    load = Loader(request, process, left)
    sources = load.sources()
    if load.problems or load.settings.declared_state.exists or sources.files.layers:
        return load.resolution(sources)
    return _as_it_stands(left, process, load.notes)


def _standing_or_anew(
    left: Marker, request: LoadOptions, process: Process, *, explains: bool = False
) -> Resolution:
    """The names as they stand, or where a file has changed since, loaded anew if we can ask."""
    changed = left.changed_files()
    if not changed:
        return _as_it_stands(left, process)
    if left.can_be_read_again:
        load = Loader(left.again(request, process), process, left)
        sources = load.sources()
        if sources.can_ask_again:
            return load.resolution(sources, explains=explains)
    names = ", ".join(os.path.basename(path) for path in changed)
    note = f"{names} changed since this program was started: start it again to use it"
    return _as_it_stands(left, process, [note])


class Loader:
    """One load anew: its settings, and then whatever they lead to.

    ``process`` is the process environment without what an earlier load has put there.
    """

    def __init__(self, request: LoadOptions, process: Process, left: Marker | None = None) -> None:
        self.problems = Problems()
        self.notes: list[str] = []
        self._request = request
        self._left = left
        # What an earlier load has put there is not the user's word, and neither is a file's.
        self._ours = left.ours(process) if left is not None else set[str]()
        self.process = process.without(self._ours)
        self.settings = settings_of(request, self.process.environ, self.problems, self.notes)
        self.contract = Contract(
            self.settings.declared.variables, self.settings.root.shown(PROJECT_FILE)
        )

    def sources(self) -> Sources:
        """Where the values come from: files are read here, and nobody is asked."""
        return Sources(self._request, self.settings, self.process, self.problems, self.notes)

    def resolution(self, sources: Sources, *, explains: bool = False) -> Resolution:
        """The whole way from the sources to what a door has to do."""
        return self.resolved(sources, self.layers(sources), explains=explains)

    def layers(self, sources: Sources) -> list[Layer]:
        """Every layer but the process, lowest first. Raises what is wrong, or Clovrix's error."""
        if sources.are_none and self._left is None and not self.problems:
            self._refuse_nothing()
        return sources.layers()

    def resolved(
        self, sources: Sources, layers: Sequence[Layer], *, explains: bool = False
    ) -> Resolution:
        """What the layers come to: who wins, what it means, whether the contract holds.

        Raises all that is wrong, unless ``explains`` takes it as the ``refusal`` of the result.
        """
        process = self._process_layer(sources)
        definitions = merge(in_order(layers, process, override=self._request.override))
        names, dropped = self._selected(layers, definitions)
        values = interpolate.expand(definitions, names, self.problems)
        for name in values:
            self._check(definitions[name][0], values[name])
        origins = origins_of(definitions, values)
        how = self._report(sources, definitions, dropped)
        unknown = [name for name in names if name not in values]
        self._hold_contract(values, origins, unknown, how)
        if not explains:
            self.problems.raise_if_any()
        untold = [Dropped(n, str(definitions[n][0].place), "is not expanded") for n in unknown]
        environment = Environment(
            values, origins, self.contract, how.replaced(dropped=(*how.dropped, *untold))
        )
        return Resolution(
            environment,
            injected=tuple(n for n in values if environment.origin(n).place != INHERITED),
            removed=tuple(sorted(self._ours.difference(values))),
            marker=markers.marker_of(sources, environment, self.process),
            notes=tuple(self.notes),
            log=tuple(sources.log),
            refusal=self.problems.error(),
        )

    def _report(
        self, sources: Sources, definitions: Definitions, dropped: Sequence[Dropped]
    ) -> LoadReport:
        settings = self.settings
        gone = [
            Dropped(name, "an earlier load", "nobody defines it any more")
            for name in sorted(self._ours.difference(definitions))
        ]
        return LoadReport(
            root=settings.root.path,
            why=settings.root.why,
            project=settings.project,
            environment=settings.environment,
            address=sources.address,
            dropped=(*dropped, *gone),
            unset=tuple(name for name in self.contract.variables if name not in definitions),
            notes=tuple(self.notes),
            services=services_of(self.process.environ),
            ages=sources.ages,
            staleness=sources.staleness,
        )

    def _hold_contract(
        self,
        values: Mapping[str, str],
        origins: Mapping[str, ValueOrigin],
        unknown: Sequence[str],
        how: LoadReport,
    ) -> None:
        """Hold the contract against what the program will see."""
        seen = ContractInput(
            {**self.process.environ, **values},
            {name: origin.place for name, origin in origins.items()},
            unknown=unknown,
            left_out={left.name: left.why for left in how.dropped},
            services=how.services,
        )
        self.contract.check(self.settings.environment, seen, self.problems)

    def _process_layer(self, sources: Sources) -> Layer:
        """The process environment, and the files that it names for values."""
        kind, source = INHERITED.kind, INHERITED.source
        inherited = literal_layer(kind, source, self.process.environ.items())
        named = (binding for binding, _ in sources.value_files)
        return Layer(kind, source, (*inherited.bindings, *named))

    def _selected(
        self, layers: Sequence[Layer], definitions: Definitions
    ) -> tuple[list[str], list[Dropped]]:
        """The names that a layer other than the process, or the contract, knows: taken, left out.

        The selection is of what we inject: a name whose value is the process's stays, and so does
        one that was said just now.
        """
        known = dict.fromkeys(binding.name for layer in layers for binding in layer.bindings)
        known.update(dict.fromkeys(self.contract.variables))
        names: list[str] = []
        dropped: list[Dropped] = []
        for name in known:
            if name not in definitions:
                continue
            place = definitions[name][0].place
            if place.kind in (PROCESS, OVERRIDE) or self.settings.selects(name):
                names.append(name)
            else:
                dropped.append(Dropped(name, str(place), self.settings.why_left_out(name)))
        return names, dropped

    def _refuse_nothing(self) -> None:
        """Configured by nothing at all: silence would be a program without its configuration."""
        self.problems.add(
            f"nothing is configured in {self.settings.root.path}: there is no .clovrix, no project "
            "and no .env file",
            "name a project and an environment, or write a .clovrix or a .env",
        )
        for note in self.notes:  # a .clovrix passed over, a file not read: here they say why
            self.problems.add(note)

    def _check(self, binding: Binding, value: str) -> None:
        """Refuse what no environment can hold."""
        name, place = binding.name, binding.place
        here = self.problems.about("unsettable", place, name)
        if not name or "=" in name or "\0" in name:
            here.add(f"{place}: {name!a} is no name of a variable")
        elif "\0" in value:
            here.add(f"{place}: {name} holds a NUL character, which no environment variable can")
