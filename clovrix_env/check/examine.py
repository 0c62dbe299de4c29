"""``examine``: everything that a check looks at, in each environment that it is asked for.

What a start would refuse about files, names or contract is a finding. What makes a start, and so a
check, impossible before that is an error: no token, no answer, a ``.clovrix`` that is no TOML.
"""

from __future__ import annotations

from clovrix_env.check import code, files_at_rest, names, source_tree
from clovrix_env.check.rules import Finding, finding_of, merged
from clovrix_env.errors import ClovrixConfigError
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

# What Clovrix could give is not missing where it was not asked.
_ONLY_WITH_CLOVRIX = frozenset(("missing", "undefined", "unprovided"))


class Report(Record):
    """What was found in which environments, in order of place, and what else is worth a line."""

    environments: tuple[str, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


def examine(requests: Sequence[LoadOptions], process: Process) -> Report:
    """Check what each request would start, of one root. Raises ``ClovrixError``."""
    examined = [_Examined(request, process) for request in requests]
    inputs = examined[0].inputs
    notes = [note for one in examined for note in one.inputs.notes]
    read = _Code(inputs.settings.root.path, inputs.settings.root.shown, notes)
    paths = {shown: path for one in examined for shown, path in one.paths()}
    at_rest = [*files_at_rest.findings_of(paths, inputs.contract, notes), *read.unparsable]
    found = [
        (one.inputs.settings.environment or "", [*at_rest, *one.findings(read)]) for one in examined
    ]
    if not all(one.is_complete for one in examined):
        notes.append("Clovrix was left out: what it would give is not missed")
    return Report(
        tuple(environment for environment, _ in found if environment),
        tuple(merged(found)),
        tuple(dict.fromkeys(notes)),
    )


class _Examined:
    """One environment: what its start would resolve, and what it would refuse."""

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
        """Take in all that can be told as a finding. Raises what cannot."""
        problems = self.inputs.problems
        try:
            gathered = gather(self.inputs)
            self._layers = gathered.layers if gathered.is_complete else ()
            self._environment = resolved(self.inputs, gathered, explains=True).environment
        except ClovrixConfigError:
            if not problems:
                raise
        # What is about no file and no value is about how we were called, or by whom.
        refusal = problems.error()
        if refusal is not None and any(problem.place is None for problem in problems):
            raise refusal

    def _of_names(self, read: _Code) -> Iterator[Finding]:
        inputs = self.inputs
        yield from map(finding_of, inputs.problems)
        yield from names.unknown(self._layers, inputs.contract, inputs.settings)
        yield from names.on_clovrix(self._layers, inputs.settings)
        if self._environment is None:
            return  # who gives what is not known
        dropped = self._environment.explain().report.dropped
        provided = {
            *self._environment,
            *inputs.process.environ,
            *inputs.contract.variables,
            *read.given,
        }
        yield from names.unprovided(read.needed, provided, {d.name: d.why for d in dropped})


class _Code:
    """What the Python files of a root read, and where."""

    def __init__(self, root: str, shown: Shown, notes: list[str]) -> None:
        self.needed: dict[str, list[Location]] = {}
        self.given: set[str] = set()
        self.unparsable: list[Finding] = []
        found: list[tuple[code.Read, str]] = []
        answered: set[str] = set()
        for name, source in source_tree.sources(root, notes):
            try:
                reads = code.reads_of(source)
            except code.Unparsable as failed:
                place = Location(FILE, shown(name), failed.line)
                told = f"{failed.why}, and so what it reads is not known"
                self.unparsable.append(Finding("syntax", place, "", told))
                continue
            self.given.update(reads.given)
            answered.update(reads.answered)
            found += [(read, name) for read in sorted(reads.needed, key=lambda read: read.line)]
        for read, name in found:
            # Where code asks before it reads, or elsewhere says what to do, None is no surprise.
            if read.stops or read.name not in answered:
                self.needed.setdefault(read.name, []).append(Location(FILE, shown(name), read.line))
