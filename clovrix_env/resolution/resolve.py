"""``resolve``: the order of things, shared by every entry point, and nothing else.

Inputs, the marker, layers, guard, precedence, references, contract. Nothing is applied here, and
nothing is ever half resolved: what this module refuses is one ``ClovrixConfigError`` with all of
it; an error of the API keeps its class.
"""

from __future__ import annotations

import os
import sys

from clovrix_env.contract.contract import ContractInput, services_of
from clovrix_env.errors import ClovrixError
from clovrix_env.model.layer import CLOVRIX, DEFAULT, INHERITED, OVERRIDE, PROCESS
from clovrix_env.model.record import Record
from clovrix_env.model.type_checks import is_name
from clovrix_env.resolution import interpolate
from clovrix_env.resolution import marker as markers
from clovrix_env.resolution.environment import Environment
from clovrix_env.resolution.gather import gather
from clovrix_env.resolution.inputs import Inputs
from clovrix_env.resolution.load_report import Dropped, LoadReport
from clovrix_env.resolution.precedence import in_order, merge, origins_of
from clovrix_env.settings.variables import check_variables, is_disabled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clovrix_env.errors import ClovrixConfigError, Problems
    from clovrix_env.model.layer import Binding
    from clovrix_env.resolution.gather import Gathered
    from clovrix_env.resolution.marker import Marker
    from clovrix_env.resolution.precedence import Definitions, ValueOrigin
    from clovrix_env.settings.load_options import LoadOptions
    from clovrix_env.system.process import Process


class Resolution(Record):
    """The result for an entry point: the names to set and to remove, the marker, the notes.

    ``marker`` is ``None`` where the values are in the environment already. ``notes`` are for
    stderr; ``log`` has sources and times for ``-v``. ``refusal`` is what forbids to
    apply it: only a caller that explains a refused load is given one. ``skips_flask`` says that
    the entry point must keep Flask from reading a file that does not count.
    """

    environment: Environment
    injected: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    marker: Marker | None = None
    notes: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    refusal: ClovrixConfigError | None = None
    skips_flask: bool = False


def resolve(
    options: LoadOptions,
    process: Process,
    *,
    follows_marker: bool,
    again: bool = False,
    remembered: Marker | None = None,
    explains: bool = False,
) -> Resolution:
    """Resolve one load against the process environment as it was before any file was read.

    Args:
        options: The arguments of the load.
        process: The process environment, and how a text is encoded for it.
        follows_marker: The marker completes the call, as for ``load_env()``. Otherwise
            the marker counts only where the settings are the same, as for the launcher.
        again: No marker answers this load: this process has loaded before, or exports.
        remembered: The marker of that load, where not all of it is in the environment.
        explains: Nothing will be applied: what is wrong comes back as ``refusal``.

    Raises:
        ClovrixConfigError: With everything that is wrong.
        ClovrixAPIError: What Clovrix answered.
        ClovrixConnectionError: No answer came.
    """
    # No local name for process.environ: a traceback of an interrupted fetch would show it.
    if is_disabled(process.environ):
        check_variables(process.environ)
        from clovrix_env.resolution import from_marker

        return Resolution(from_marker.whole_environment(process.environ))
    marker = remembered or markers.read(process.environ)
    if marker is not None and follows_marker:
        if not again and marker.covers(options):
            check_variables(process.environ)
            if marker.root:
                return _unchanged_or_again(marker, options, process)
            return _unchanged_or_found(marker, options, process)
        options = marker.completed(options) if marker.root else options
    inputs = Inputs(options, process, marker)
    if marker is not None and not (follows_marker or again or inputs.problems):
        from clovrix_env.resolution import from_marker

        if from_marker.covers_launch(marker, options, inputs.settings, process.environ):
            return _unchanged_or_again(marker, options, process, explains=explains)
    return _loaded(inputs, explains=explains)


def _loaded(inputs: Inputs, *, explains: bool = False) -> Resolution:
    """A load; an error has the notes with it, which may say why it came to that."""
    try:
        return resolved(inputs, gather(inputs), explains=explains)
    except ClovrixError as error:
        error.notes = tuple(note for note in inputs.notes if note not in error.args[0])
        raise


def _unchanged(marker: Marker, process: Process, notes: Sequence[str] = ()) -> Resolution:
    from clovrix_env.resolution import from_marker

    return Resolution(
        from_marker.environment_of(marker, process, notes),
        notes=tuple(notes),
        log=("as a launcher left it: nothing read, nothing fetched",),
    )


def _unchanged_or_found(marker: Marker, options: LoadOptions, process: Process) -> Resolution:
    """The names as the start-up hook left them, which reads no file; a new load if there is one."""
    inputs = Inputs(options, process, marker)
    inputs.read()
    if inputs.problems or inputs.settings.declared_state.exists or inputs.files.layers:
        return _loaded(inputs)
    return _unchanged(marker, process, inputs.notes)


def _unchanged_or_again(
    marker: Marker, options: LoadOptions, process: Process, *, explains: bool = False
) -> Resolution:
    """The names as they are; where a file has changed since, a new load if one can be made."""
    changed = marker.changed_files()
    if not changed:
        return _unchanged(marker, process)
    if marker.can_be_read_again:
        inputs = Inputs(marker.again(options, process), process, marker)
        inputs.read()
        if inputs.can_fetch_again:
            return _loaded(inputs, explains=explains)
    names = ", ".join(os.path.basename(path) for path in changed)
    note = f"{names} changed since this program was started: start it again to use it"
    return _unchanged(marker, process, [note])


def resolved(inputs: Inputs, gathered: Gathered, *, explains: bool = False) -> Resolution:
    """Resolve the layers: precedence, references, the contract.

    Raises all that is wrong, unless ``explains`` takes it as the ``refusal`` of the result.
    """
    problems, layers = inputs.problems, gathered.layers
    kept = inputs.kept
    known = layers if kept is None else kept.among(layers)
    if inputs.fetches and not gathered.is_complete:
        from clovrix_env.resolution.unread import with_unread_clovrix

        known = with_unread_clovrix(known, inputs.contract.variables)
    ordered = in_order(known, inputs.process_layer(), override=inputs.options.override)
    definitions = merge(ordered)
    is_complete = gathered.is_complete or (inputs.is_complete and not inputs.fetches)
    names, dropped = _selected(inputs, gathered, definitions)
    values = interpolate.expand(definitions, names, problems, is_complete=is_complete)
    for name in values:
        _check(definitions[name][0], values[name], problems)
    origins = origins_of(definitions, values)
    report = _report(inputs, gathered, definitions, dropped)
    unknown = [name for name in names if name not in values]
    missing = () if is_complete else set(inputs.contract.variables).difference(values)
    _check_contract(inputs, values, origins, (*unknown, *missing), report)
    if problems:
        sources = (inputs.contract.source, *(shown for shown, _ in inputs.candidates))
        problems.sort(sources, first=inputs.problems_of_settings)
    if not (explains and gathered.is_complete):
        problems.raise_if_any()
    not_expanded = [Dropped(n, str(definitions[n][0].place), "is not expanded") for n in unknown]
    report = report.replaced(dropped=(*report.dropped, *not_expanded))
    skips_flask = _skips_flask(inputs, values)
    if explains:
        from clovrix_env.resolution.ignored_files import with_other_readers

        report = with_other_readers(report, inputs, values, skips_flask)
    environment = Environment(values, origins, inputs.contract, report)
    return Resolution(
        environment,
        injected=tuple(n for n in values if environment.origin(n).place != INHERITED),
        removed=tuple(sorted(inputs.injected.difference(values, kept.names if kept else ()))),
        marker=markers.marker_of(inputs, environment),
        notes=tuple(inputs.notes),
        log=gathered.log,
        refusal=problems.error(),
        skips_flask=skips_flask,
    )


def _report(
    inputs: Inputs, gathered: Gathered, definitions: Definitions, dropped: Sequence[Dropped]
) -> LoadReport:
    settings = inputs.settings
    gone = [
        Dropped(name, "an earlier load", "no source defines it any more")
        for name in sorted(inputs.injected.difference(definitions))
    ]
    return LoadReport(
        root=settings.root.path,
        why=settings.root.why,
        project=settings.project,
        environment=settings.environment,
        address=inputs.address,
        dropped=(*dropped, *gone),
        unset=tuple(name for name in inputs.contract.variables if name not in definitions),
        notes=tuple(inputs.notes),
        services=services_of(inputs.process.environ),
        ages=gathered.ages,
        staleness=gathered.staleness,
        any_case=os.name == "nt",
    )


def _skips_flask(inputs: Inputs, values: Mapping[str, str]) -> bool:
    """Whether Flask must be kept from a file that does not count; notes where it came first."""
    is_loaded = "flask.cli" in sys.modules
    if not (is_loaded or inputs.files.ignored or inputs.options.files is not None):
        return False
    from clovrix_env.resolution import flask

    if is_loaded and flask.has_read(inputs):
        inputs.notes.append(flask.HAS_READ)
    return flask.must_skip(inputs, values)


def _check_contract(
    inputs: Inputs,
    values: Mapping[str, str],
    origins: Mapping[str, ValueOrigin],
    unknown: Sequence[str],
    report: LoadReport,
) -> None:
    """Check the contract against what the program will see."""
    seen = ContractInput(
        {**inputs.process.environ, **values},
        {name: origin.place for name, origin in origins.items()},
        unknown=frozenset((*unknown, *inputs.value_files.unread)),
        left_out={left.name: left.why for left in report.dropped},
        services=report.services,
        why_unset=lambda name: inputs.ignored_files.why_unset(name) if inputs.ignored_files else "",
    )
    inputs.contract.check(inputs.settings.environment, seen, inputs.problems)


def _selected(
    inputs: Inputs, gathered: Gathered, definitions: Definitions
) -> tuple[list[str], list[Dropped]]:
    """The names that a layer other than the process, or the contract, knows: selected, left out.

    The selection is of what is injected: a name whose value is the process's stays, and so does an
    override.
    """
    known = dict.fromkeys(b.name for layer in gathered.layers for b in layer.bindings)
    known.update(dict.fromkeys(inputs.contract.variables))
    settings = inputs.settings
    names: list[str] = []
    dropped: list[Dropped] = []
    for name in known:
        if name not in definitions:
            continue
        place = definitions[name][0].place
        why = "" if place.kind in (PROCESS, OVERRIDE) else settings.why_left_out(name)
        if why:
            dropped.append(Dropped(name, str(place), why))
        else:
            names.append(name)
    return names, dropped


def _check(binding: Binding, value: str, problems: Problems) -> None:
    """Refuse what no environment can hold."""
    name, place = binding.name, binding.place
    here = problems.about("unsettable", place, name)
    is_name_of_key = place.kind != CLOVRIX or is_name(name)
    if not name or "=" in name or "\0" in name or not is_name_of_key:
        here.add(f"{place}: {name!a} is no name of a variable")
    elif "\0" in value and place.kind != DEFAULT:  # the reader of .clovrix has refused it
        here.add(f"{place}: {name} holds a NUL character, which no environment variable can")
