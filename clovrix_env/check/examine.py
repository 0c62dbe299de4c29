"""``examine``: checks files, names, contract and code in each environment of the request.

A problem of files, names or contract that ``load_env()`` would refuse is a finding. A problem that
prevents even the check is an error: no token, no answer, a ``.clovrix`` that is not valid TOML.
"""

from __future__ import annotations

from clovrix_env.check import code, files_at_rest, names, source_tree
from clovrix_env.check.rules import Finding, finding_of, merged
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.export import settings_class
from clovrix_env.model.layer import FILE, Location
from clovrix_env.model.record import Record
from clovrix_env.resolution.gather import gather
from clovrix_env.resolution.inputs import Inputs
from clovrix_env.resolution.resolve import resolved
from clovrix_env.sources import local_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from clovrix_env.model.layer import Layer
    from clovrix_env.resolution.environment import Environment
    from clovrix_env.settings.load_options import LoadOptions
    from clovrix_env.system.process import Process

    Shown = Callable[[str], str]

# Rules for names that Clovrix may provide: not reported if it was left out.
_ONLY_WITH_CLOVRIX = frozenset(("missing", "undefined", "unprovided"))


class Report(Record):
    """The findings of all environments, in order of place, and notes."""

    environments: tuple[str, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


def examine(requests: Sequence[LoadOptions], process: Process) -> Report:
    """Check each request; all have the same root. Raises ``ClovrixError``."""
    examined = [_Examined(request, process) for request in requests]
    inputs = examined[0].inputs
    notes = [note for one in examined for note in one.inputs.notes]
    read = _Code(inputs.settings.root.path, inputs.settings.root.shown, notes)
    is_valid = all(problem.rule != "project-file" for problem in inputs.problems)
    stale = names.stale(read.classes, inputs.contract) if is_valid else ()
    paths = {shown: path for one in examined for shown, path in one.paths()}
    at_rest = [*files_at_rest.findings_of(paths, inputs.contract, notes), *read.unparsable, *stale]
    found = [
        (one.inputs.settings.environment or "", [*at_rest, *one.findings(read)]) for one in examined
    ]
    if not all(one.is_complete for one in examined):
        notes.append("Clovrix was left out: names that it may provide are not reported")
    return Report(
        tuple(environment for environment, _ in found if environment),
        tuple(merged(found)),
        tuple(dict.fromkeys(notes)),
    )


class _Examined:
    """The resolution of one environment, and its problems."""

    def __init__(self, request: LoadOptions, process: Process) -> None:
        self.inputs = Inputs.below_marker(request, process)
        settings = self.inputs.settings
        self.is_complete = settings.project is None or settings.remote
        self._layers: tuple[Layer, ...] = ()
        self._environment: Environment | None = None
        self._resolve()

    def paths(self) -> list[tuple[str, str]]:
        return local_files.candidates(self.inputs.settings, self.inputs.options)

    def findings(self, read: _Code) -> Iterator[Finding]:
        for finding in self._of_names(read):
            if self.is_complete or finding.rule not in _ONLY_WITH_CLOVRIX:
                yield finding

    def _resolve(self) -> None:
        """Resolve the environment. Raises an error that cannot be reported as a finding."""
        problems = self.inputs.problems
        try:
            gathered = gather(self.inputs)
            self._layers = gathered.layers if gathered.is_complete else ()
            self._environment = resolved(self.inputs, gathered, explains=True).environment
        except ClovrixConfigError:
            if not problems:
                raise
        # A problem without a place is one of the options or the process.
        refusal = problems.error()
        if refusal is not None and any(problem.place is None for problem in problems):
            raise refusal

    def _of_names(self, read: _Code) -> Iterator[Finding]:
        inputs = self.inputs
        yield from map(finding_of, inputs.problems)
        yield from names.unknown(self._layers, inputs.contract, inputs.settings)
        yield from names.on_clovrix(self._layers, inputs.settings)
        if self._environment is None:
            return  # the sources of the names are unknown
        dropped = self._environment.explain().report.dropped
        provided = {
            *self._environment,
            *inputs.process.environ,
            *inputs.contract.variables,
            *read.given,
        }
        yield from names.unprovided(read.needed, provided, {d.name: d.why for d in dropped})


class _Code:
    """The reads of the Python files below a root, and the classes that ``schema`` wrote there."""

    def __init__(self, root: str, shown: Shown, notes: list[str]) -> None:
        self.needed: dict[str, list[Location]] = {}
        self.given: set[str] = set()
        self.unparsable: list[Finding] = []
        self.classes: list[tuple[Location, str]] = []
        found: list[tuple[code.Read, str]] = []
        answered: set[str] = set()
        for name, source in source_tree.sources(root, notes):
            digest = settings_class.digest_in(source)
            if digest is not None:
                self.classes.append((Location(FILE, shown(name)), digest))
            try:
                reads = code.reads_of(source)
            except code.Unparsable as failed:
                place = Location(FILE, shown(name), failed.line)
                sentence = f"{failed.why}, so the names that it reads are unknown"
                self.unparsable.append(Finding("syntax", place, "", sentence))
                continue
            self.given.update(reads.given)
            answered.update(reads.answered)
            found += [(read, name) for read in sorted(reads.needed, key=lambda read: read.line)]
        for read, name in found:
            # A missing value that the code tests before, or handles elsewhere, is expected.
            if read.stops or read.name not in answered:
                self.needed.setdefault(read.name, []).append(Location(FILE, shown(name), read.line))
