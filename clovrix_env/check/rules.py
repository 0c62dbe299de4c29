"""``Finding``: one thing that somebody should look at, under a rule. ``RULES`` lists them all."""

from __future__ import annotations

from clovrix_env.model.layer import Location
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clovrix_env.errors import Problem

# Of each rule what it finds and why that matters: the table in `docs/reference/check-rules.md`.
RULES: dict[str, tuple[str, str]] = {
    # What a start refuses.
    "unreadable": (
        "a file, or a line of one, that cannot be read as `KEY=value`",
        "a start refuses the whole file",
    ),
    "reference": (
        "a `${NAME}` that refers to itself, to a later line, or expands to too much",
        "a start refuses it",
    ),
    "undefined": (
        "a `${NAME}` that nobody defines, without a default",
        "a start refuses it; not told where Clovrix was left out",
    ),
    "ours": (
        "a `CLOVRIX_*` line that may not stand in a file",
        "a file must not decide whom we ask and what we trust",
    ),
    "guard": (
        "a name that would take over the program",
        "a start refuses it, unless it is allowed",
    ),
    "unsettable": (
        "a name or a value that no environment can hold",
        "a start refuses it",
    ),
    "contract": (
        "a value that does not fit its declaration in `.clovrix`",
        "a start refuses it",
    ),
    "missing": (
        "a required variable without a value",
        "a start refuses it; not told where Clovrix was left out",
    ),
    "project-file": (
        "a key of `.clovrix` that is unknown, or has a value that it cannot have",
        "a start refuses it",
    ),
    # Lines that do not say what they seem to.
    "duplicate": (
        "a name that stands twice in one file",
        "the last one counts; most tools agree, and uv takes the first",
    ),
    "bare-key": (
        "a `KEY` without `=`",
        "it sets nothing here; docker compose takes the name from its own environment",
    ),
    "bare-dollar": (
        "a `$` without braces, unquoted or in double quotes",
        "it stays here and in python-dotenv; docker compose expands or refuses it",
    ),
    "double-dollar": (
        "`$$`, unquoted or in double quotes",
        "it stays here and in python-dotenv; docker compose reads one `$`",
    ),
    "escaped-dollar": (
        "a `\\$` that writes a dollar sign: in double quotes, or before `{`",
        "python-dotenv keeps the backslash, and expands what stands behind it",
    ),
    "single-quoted-reference": (
        "`${…}` in single quotes",
        "it stays here and in docker compose; python-dotenv expands it",
    ),
    "control-character": (
        'a control character: `"C:\\new"` has a line end in it',
        "in double quotes a backslash begins an escape",
    ),
    # Names that do not meet.
    "unknown": (
        "a name in a file or on Clovrix that the contract does not declare",
        "the program is handed what it does not know; a typing error looks the same",
    ),
    "unprovided": (
        "a name that the code reads and nobody provides",
        "the program stops at it, or goes on with `None`; not told where Clovrix was left out",
    ),
    "on-clovrix": (
        "a value that stands in a file and, the same, on Clovrix",
        "the copy is one more place that can leak, and goes stale in silence",
    ),
    "syntax": (
        "a Python file that reads the environment and that Python cannot parse",
        "the names that it reads are not known",
    ),
    # Files that more people see than should.
    "tracked": (
        "a `.env` file that git tracks and that holds a value which may be secret",
        "everybody who has the repository has the value, and its history keeps it",
    ),
    "open-file": (
        "a `.env` file that other users of this machine can read",
        "they can read its values",
    ),
}


# Of one rule in one source; a log that was named by mistake is not told line by line.
MOST_ALIKE = 20


class Finding(Record):
    """What was found: a sentence for a person, and its rule, place and name for a program.

    ``environments`` are those in which it was found, and empty where that does not matter.
    """

    rule: str
    place: Location
    name: str
    sentence: str
    remedy: str = ""
    environments: tuple[str, ...] = ()


def finding_of(problem: Problem) -> Finding:
    """What a start would refuse, as a finding; ``problem`` has a place."""
    place = problem.place
    assert place is not None
    sentence = problem.sentence
    for told in (f"{place}: ", f"{place.source}: ", f"{place} "):
        if sentence.startswith(told):
            sentence = sentence[len(told) :]
            break
    for told in (f" ({place})", f" (declared in {place})"):
        sentence = sentence.replace(told, "", 1)
    return Finding(problem.rule, place, problem.name, sentence, problem.remedy)


def merged(found: Iterable[tuple[str, Iterable[Finding]]]) -> Iterator[Finding]:
    """The findings of several environments, in order of place; what all have in common once."""
    environments: list[str] = []
    where: dict[Finding, list[str]] = {}
    for environment, findings in found:
        environments.append(environment)
        for finding in dict.fromkeys(findings):
            where.setdefault(finding, []).append(environment)
    alike: dict[tuple[str, Location], int] = {}
    for finding in sorted(where, key=_order):
        kind = (finding.rule, Location(finding.place.kind, finding.place.source))
        alike[kind] = alike.get(kind, 0) + 1
        if alike[kind] <= MOST_ALIKE:
            only = where[finding]
            yield finding if only == environments else finding.replaced(environments=tuple(only))
    for (rule, place), count in alike.items():
        if count > MOST_ALIKE:
            yield Finding(rule, place, "", f"and {count - MOST_ALIKE} more like these")


def _order(finding: Finding) -> tuple[str, int, str, str]:
    return finding.place.source, finding.place.line, finding.rule, finding.sentence
