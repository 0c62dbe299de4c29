"""``Finding``: one result of a check, with its rule. ``RULES`` lists all rules."""

from __future__ import annotations

from clovrix_env.model.layer import Location
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clovrix_env.errors import Problem

# The sentence of each rule and its reason: the table in `docs/reference/check-rules.md`.
RULES: dict[str, tuple[str, str]] = {
    # Problems that `load_env()` refuses.
    "unreadable": (
        "a file, or a line of one, that cannot be read as `KEY=value`",
        "`load_env()` refuses the whole file",
    ),
    "reference": (
        "a `${NAME}` that refers to itself, to a later line, or expands to too much",
        "`load_env()` refuses it",
    ),
    "undefined": (
        "a `${NAME}` that no source defines, without a default",
        "`load_env()` refuses it; not reported with `--no-remote`",
    ),
    "ours": (
        "a `CLOVRIX_*` line that is not allowed in a file",
        "a file must not choose the server or widen trust",
    ),
    "guard": (
        "a name that could take over the program",
        "`load_env()` refuses it unless it is allowed",
    ),
    "unsettable": (
        "a name or a value that no environment can contain",
        "`load_env()` refuses it",
    ),
    "contract": (
        "a value that violates its declaration in `.clovrix`",
        "`load_env()` refuses it",
    ),
    "missing": (
        "a required variable without a value",
        "`load_env()` refuses it; not reported with `--no-remote`",
    ),
    "project-file": (
        "a key of `.clovrix` that is unknown or has an invalid value",
        "`load_env()` refuses it",
    ),
    # Lines that do not mean what they seem to.
    "duplicate": (
        "a name that is set twice in one file",
        "the last line counts, as in most tools; uv uses the first",
    ),
    "bare-key": (
        "a `KEY` without `=`",
        "it sets nothing here; docker compose takes the value from its own environment",
    ),
    "bare-dollar": (
        "a `$` without braces, unquoted or in double quotes",
        "it is kept here and in python-dotenv; docker compose expands or refuses it",
    ),
    "double-dollar": (
        "`$$`, unquoted or in double quotes",
        "it is kept here and in python-dotenv; docker compose reads one `$`",
    ),
    "escaped-dollar": (
        "a `\\$` for a dollar sign: in double quotes, or before `{`",
        "python-dotenv keeps the backslash and expands the reference after it",
    ),
    "single-quoted-reference": (
        "`${…}` in single quotes",
        "it is kept here and in docker compose; python-dotenv expands it",
    ),
    "control-character": (
        'a control character: `"C:\\new"` contains a newline',
        "a backslash in double quotes begins an escape",
    ),
    # Names that one source has and another lacks.
    "unknown": (
        "a name in a file or on Clovrix that the contract does not declare",
        "the program gets a variable that it does not know; the name may be misspelled",
    ),
    "unprovided": (
        "a name that the code reads and no source provides",
        "the program fails there or continues with `None`; not reported with `--no-remote`",
    ),
    "on-clovrix": (
        "a value in a file that is the same on Clovrix",
        "the copy can leak, too, and becomes outdated silently",
    ),
    "syntax": (
        "a Python file that reads the environment and that Python cannot parse",
        "the names that it reads are unknown",
    ),
    "stale": (
        "a class of `schema --python` that no longer matches the contract",
        "the program reads variables by rules that no longer hold",
    ),
    # Files that are visible to too many people.
    "tracked": (
        "a `.env` file that git tracks and that contains a value which may be secret",
        "everyone who has the repository has the value, and the history keeps it",
    ),
    "open-file": (
        "a `.env` file that other users of this machine can read",
        "they can read its values",
    ),
}


# Findings shown for one rule in one source, so that a log named by mistake is not reported in full.
MOST_ALIKE = 20


class Finding(Record):
    """A sentence for people, with rule, place and name for programs.

    ``environments`` are those in which it was found; empty if it was found in all.
    """

    rule: str
    place: Location
    name: str
    sentence: str
    remedy: str = ""
    environments: tuple[str, ...] = ()


def finding_of(problem: Problem) -> Finding:
    """Return a problem of the resolution as a finding; ``problem`` must have a place."""
    place = problem.place
    assert place is not None
    sentence = problem.sentence
    for prefix in (f"{place}: ", f"{place.source}: ", f"{place} "):
        if sentence.startswith(prefix):
            sentence = sentence[len(prefix) :]
            break
    for repeated in (f" ({place})", f" (declared in {place})"):
        sentence = sentence.replace(repeated, "", 1)
    return Finding(problem.rule, place, problem.name, sentence, problem.remedy)


def merged(found: Iterable[tuple[str, Iterable[Finding]]]) -> Iterator[Finding]:
    """Yield the findings of several environments in order of place, each finding once."""
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
