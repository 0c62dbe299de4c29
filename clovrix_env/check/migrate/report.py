"""The report of ``clovrix-env migrate`` as text and as JSON. Pure."""

from __future__ import annotations

from clovrix_env.check.migrate.findings import Change, Meaning
from clovrix_env.model.record import Record
from clovrix_env.system.tables import table, wrapped
from clovrix_env.system.terminal import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clovrix_env.check.migrate.findings import Findings

# Version of the JSON document, which `docs/how-to/moving-over.md` describes.
VERSION = 1
# A file that was taken for a .env by mistake would be reported line by line.
MOST_ALIKE = 20


class Report(Record):
    """The changes of a project, its lines that change meaning, and the proposed file, by place.

    The proposed file is empty if there is a ``.clovrix`` already.
    """

    libraries: tuple[str, ...]
    changes: tuple[Change, ...]
    meanings: tuple[Meaning, ...]
    proposal: str

    @classmethod
    def of(cls, found: Findings, proposal: str) -> Report:
        changes = sorted(set(found.changes), key=lambda c: (c.file, c.line, c.what))
        meanings = sorted(set(found.meanings), key=lambda m: (m.file, m.line, m.sentence))
        limited = tuple(_limited(meanings))
        return cls(tuple(sorted(found.libraries)), tuple(changes), limited, proposal)

    @property
    def document(self) -> dict[str, object]:
        """The report for programs."""
        return {
            "version": VERSION,
            "libraries": list(self.libraries),
            "changes": [
                {"file": c.file, "line": c.line or None, "what": c.what, "becomes": c.becomes}
                for c in self.changes
            ],
            "meanings": [
                {
                    "rule": m.rule,
                    "file": m.file,
                    "line": m.line or None,
                    "sentence": m.sentence,
                    "remedy": m.remedy,
                }
                for m in self.meanings
            ],
            "proposal": self.proposal,
        }

    def text(self, width: int | None, *, path: str) -> str:
        """Return the report for people; ``path`` is that of the proposed file."""
        libraries = ", ".join(self.libraries) or "no library that clovrix-env migrate recognizes"
        parts = [f"uses {libraries}"]
        if self.changes:
            rows = [(_place(c), c.what, c.becomes) for c in self.changes]
            parts.append(table(("PLACE", "NOW", "BECOMES"), rows, width))
        alike: dict[str, list[str]] = {}
        for one in self.meanings:
            alike.setdefault(one.remedy, []).append(f"{_place(one)}: {one.sentence} [{one.rule}]")
        parts += [_paragraph([*lines, f"→ {remedy}"], width) for remedy, lines in alike.items()]
        if self.proposal:
            parts.append(f"proposed {path}:\n\n{self.proposal.rstrip()}")
        else:
            parts.append(f"{path} exists: nothing is proposed over it")
        count = len(self.meanings)
        verb = "line changes" if count == 1 else "lines change"
        parts.append(f"{count} {verb} meaning" if count else "no line changes meaning")
        return "\n\n".join(parts)


def _paragraph(lines: Iterable[str], width: int | None) -> str:
    return "\n".join(part for line in lines for part in wrapped(one_line(line), width))


def _place(of: Change | Meaning) -> str:
    return f"{of.file}:{of.line}" if of.line else of.file


def _limited(meanings: list[Meaning]) -> Iterator[Meaning]:
    alike: dict[tuple[str, str], int] = {}
    for meaning in meanings:
        kind = meaning.rule, meaning.file
        alike[kind] = alike.get(kind, 0) + 1
        if alike[kind] <= MOST_ALIKE:
            yield meaning
    for (rule, file), count in alike.items():
        if count > MOST_ALIKE:
            yield Meaning(rule, file, 0, f"and {count - MOST_ALIKE} more like these", "see above")
