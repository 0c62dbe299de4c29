"""Formats a report as text, as JSON, and as annotations of GitHub Actions. Pure."""

from __future__ import annotations

import json

from clovrix_env.model.layer import FILE
from clovrix_env.system.terminal import one_line, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clovrix_env.check.examine import Report
    from clovrix_env.check.rules import Finding

# Version of the JSON document, which `docs/reference/check-rules.md` describes.
VERSION = 1


def text(report: Report) -> str:
    """Return a line for each finding, then each remedy once, then the number of findings."""
    findings = report.findings
    if not findings:
        return "no findings"
    lines = [f"{f.place}: {_sentence(f)} [{f.rule}]" for f in findings]
    remedies = dict.fromkeys(f"{f.rule}: {f.remedy}" for f in findings if f.remedy)
    count = f"{len(findings)} finding{'s' if len(findings) > 1 else ''}"
    parts = ["\n".join(map(one_line, part)) for part in (lines, remedies, (count,)) if part]
    return "\n\n".join(parts)


def as_json(report: Report) -> str:
    """Return the report as JSON in ASCII."""
    document = {
        "version": VERSION,
        "environments": list(report.environments),
        "findings": [_item(finding) for finding in report.findings],
        "notes": list(report.notes),
    }
    return json.dumps(document, indent=2)


def github(report: Report) -> str:
    """Return a workflow command for each finding, which GitHub shows beside the line."""
    return "\n".join(map(_annotation, report.findings)) or "no findings"


FORMS: dict[str, Callable[[Report], str]] = {"text": text, "json": as_json, "github": github}


def _sentence(finding: Finding) -> str:
    where = f" (in {', '.join(finding.environments)})" if finding.environments else ""
    return f"{finding.sentence}{where}"


def _item(finding: Finding) -> dict[str, object]:
    place = finding.place
    return {
        "rule": finding.rule,
        "file": place.source if place.kind == FILE else None,
        "line": place.line or None,
        "source": place.source,
        "name": finding.name or None,
        "sentence": finding.sentence,
        "remedy": finding.remedy or None,
        "environments": list(finding.environments),
    }


def _annotation(finding: Finding) -> str:
    place = finding.place
    message = _sentence(finding)
    properties = {"title": f"clovrix-env: {finding.rule}"}
    if place.kind == FILE:
        properties = {"file": place.source, **properties}
        if place.line:
            properties["line"] = str(place.line)
    else:
        message = f"{place}: {message}"
    if finding.remedy:
        message += f"; {finding.remedy}"
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::error {written}::{_data(one_line(message))}"


def _data(value: str) -> str:
    """Escape a text for the runner, so that it cannot begin another command."""
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(printable(value)).replace(":", "%3A").replace(",", "%2C")
