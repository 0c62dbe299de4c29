"""Reads default files that exist but do not count, only for messages."""

from __future__ import annotations

import os

from clovrix_env.errors import Problems
from clovrix_env.resolution.load_report import Dropped
from clovrix_env.sources import dotenv_reader
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from clovrix_env.model.layer import Binding
    from clovrix_env.resolution.inputs import Inputs
    from clovrix_env.resolution.load_report import LoadReport
    from clovrix_env.settings.root import Root


class IgnoredFiles:
    """The names that ignored files set, as far as they can be read. A FIFO is not opened."""

    def __init__(self, inputs: Inputs) -> None:
        options, settings = inputs.options, inputs.settings
        self._why = "is not read"
        if options.local is None:
            self._why += f" in {settings.environment}"
        self._bindings = {
            binding.name: binding
            for shown, path in inputs.files.ignored
            for binding in _bindings(shown, path, settings.root)
            if binding.parts != ("",)
        }
        self._reads = options.wording.local

    def why_unset(self, name: str) -> str:
        """Report that an ignored file sets a name, and how to read it; empty if none does."""
        if name not in self._bindings:
            return ""
        place = self._bindings[name].place
        return f"{place} sets it, but {place.source} {self._why} ({self._reads} reads it)."

    def dropped(self, names: Container[str]) -> list[Dropped]:
        """Return the names besides ``names``, with their places and the reason."""
        why = f"{self._why} ({self._reads} reads it)"
        found = self._bindings.items()
        return [Dropped(name, str(b.place), why) for name, b in found if name not in names]

    def notes(self, environ: Mapping[str, str]) -> list[str]:
        """List names with the same value in the process environment, one line for each file."""
        equal: dict[str, list[str]] = {}
        for name, binding in self._bindings.items():
            if binding.parts == (environ.get(name),):
                equal.setdefault(binding.place.source, []).append(name)
        return [
            f"{', '.join(names)}: the process environment has the value of {source}, which "
            f"{self._why}: another program may have read it"
            for source, names in equal.items()
        ]


def _bindings(shown: str, path: str, root: Root) -> tuple[Binding, ...]:
    if not os.path.isfile(path):
        return ()
    try:
        read = files.read_text(path, check=root.check_planted)
    except files.Unreadable:
        return ()
    return () if read is None else dotenv_reader.read(read[0], shown, Problems()).layer.bindings


def with_other_readers(
    report: LoadReport, inputs: Inputs, values: Mapping[str, str], skips_flask: bool
) -> LoadReport:
    """Add the names of ignored files, and other programs that may read them, to a report."""
    dropped, notes = report.dropped, list(report.notes)
    if inputs.ignored_files:
        dropped = (*dropped, *inputs.ignored_files.dropped(values))
        notes += inputs.ignored_files.notes(inputs.process.environ)
    if skips_flask:
        from clovrix_env.resolution import flask

        notes.append(flask.SKIPS)
    return report.replaced(dropped=dropped, notes=tuple(notes))
