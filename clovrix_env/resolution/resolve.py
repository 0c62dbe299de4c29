"""``resolve``: the steps of one load, shared by all entry points.

The steps are inputs, marker, layers, guard, precedence, references, contract. Nothing is applied
here, and a load is resolved as a whole or not at all: one ``ClovrixConfigError`` contains all
problems. Errors of the API keep their class.
"""

from __future__ import annotations

import os
import sys

from clovrix_env.contract.contract import ContractInput, services_of
from clovrix_env.errors import ClovrixError
from clovrix_env.model.layer import CLOVRIX, DEFAULT, INHERITED, OVERRIDE, PROCESS
from clovrix_env.model.record import Record
from clovrix_env.model.type_checks import is_name
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

    ``marker`` is ``None`` if the values are in the environment already. ``notes`` are for stderr;
    ``log`` has sources and times for ``-v``. ``refusal`` is the error of a load that must not be
    applied; only a caller that explains the load gets one. With ``skips_flask`` the entry point
    must keep Flask from reading a file that does not count.
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
        process: The process environment and its encoding.
        follows_marker: The marker completes the arguments, as for ``load_env()``. Otherwise it
            counts only if the settings are the same, as for the launcher.
        again: Ignore the marker as an answer: this process has loaded before, or exports.
        remembered: The marker of that load, if it is not complete in the environment.
        explains: Nothing will be applied: problems are returned as ``refusal``.

    Returns:
        The environment, with all that an entry point needs to apply it.

    Raises:
        ClovrixConfigError: With all problems.
        ClovrixAPIError: Clovrix refused the request.
        ClovrixConnectionError: Clovrix did not answer.
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
    """Load. An error gets the notes, which may contain its reason."""
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
    """Return the names that the start-up hook set, or load again if there is a file to read."""
    inputs = Inputs(options, process, marker)
    inputs.read()
    if inputs.problems or inputs.settings.declared_state.exists or inputs.files.layers:
        return _loaded(inputs)
    return _unchanged(marker, process, inputs.notes)


def _unchanged_or_again(
    marker: Marker, options: LoadOptions, process: Process, *, explains: bool = False
) -> Resolution:
    """Return the names as they are, or load again if a file has changed and it is possible."""
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

    Raises all problems; with ``explains`` they become the ``refusal`` of the result.
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
    if gathered.ages and not any(one.bindings for one in layers if one.kind == CLOVRIX):
        from clovrix_env.resolution.no_entries import note

        note(inputs, definitions, names)
    values = _expanded(definitions, names, problems, is_complete)
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


def _expanded(
    definitions: Definitions, names: Sequence[str], problems: Problems, is_complete: bool
) -> dict[str, str]:
    """The text of each name. Where no winner refers to another, nothing is loaded to expand it."""
    plain: dict[str, str] = {}
    for name in names:
        parts = definitions[name][0].parts
        if len(parts) == 1 and isinstance(parts[0], str):
            plain[name] = parts[0]
    if len(plain) == len(names):
        return plain
    from clovrix_env.resolution import interpolate

    return interpolate.expand(definitions, names, problems, is_complete=is_complete)


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
    """Whether Flask must be kept from a file that does not count; a note if it was first."""
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
    """Check the contract against the environment that the program will get."""
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
    """Return the selected names and those left out, of the contract and all layers but the process.

    The selection applies only to injected values: names from the process environment and overrides
    are always selected.
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
    """Refuse a name or value that an environment cannot contain."""
    name, place = binding.name, binding.place
    is_name_of_key = place.kind != CLOVRIX or is_name(name)
    if not name or "=" in name or "\0" in name or not is_name_of_key:
        problem = f"{place}: {name!a} is not a valid variable name"
    elif "\0" in value and place.kind != DEFAULT:  # the reader of .clovrix has refused it
        problem = f"{place}: {name} contains a NUL character, which an environment variable cannot"
    else:
        return
    problems.about("unsettable", place, name).add(problem)
