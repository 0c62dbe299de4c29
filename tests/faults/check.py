"""One entry point meets one fault: what it says, how often it tries, and that it ends.

A server that hangs or drips ends the connection after 30 s: who waited as long says another
sentence. To the tenth of a second: ``tests/client/test_deadline.py``.
"""

import re

from entry_points import ENTRY_POINTS
from faults.catalogue import FAULTS
from faults.sentences import OTHERWISE, REMEDIES, SENTENCES, TRIES
from repeated import patiently
from scene import Scene
from secrecy.search import leaks

from clovrix_env import ServerError

NAMES = (
    *("Client.get_entries", "Client.set_entry", "AsyncClient.get_entries"),
    *("AsyncClient.set_entry", "load_env", "resolve_env", "resolve_env(client=)"),
    *("clovrix-exec", "the start-up hook"),
)
MEETING = [ENTRY_POINTS[name] for name in NAMES]


def says(entry_point, fault):
    """What the table has this entry point say to a fault."""
    for trait, otherwise in OTHERWISE.items():
        if trait in entry_point.traits and fault in otherwise:
            return otherwise[fault]
    return SENTENCES[fault]


def check(entry_point, fault, folder, authority):
    """All that holds of it."""
    if not says(entry_point, fault).sentence.endswith(("timed out", "in time")):
        return _check(entry_point, fault, folder, authority, 10.0)
    return patiently(
        lambda seconds: _check(entry_point, fault, folder / f"{seconds}", authority, seconds), 1.0
    )


def _check(entry_point, fault, folder, authority, seconds):
    said, traits = says(entry_point, fault), entry_point.traits
    scene = Scene(folder, authority, traits=traits)
    scene.timeout = seconds
    scene.retries, scene.command = TRIES - 1, ["true"]
    with scene.stack:
        FAULTS[fault](scene)
        outcome = entry_point(scene)
        attempts = None if scene.attempts is None else scene.attempts()
    lines, patterns = outcome.lines, _patterns(said, traits)
    assert len(lines) == len(patterns), lines
    for pattern, line in zip(patterns, lines):
        assert re.fullmatch(pattern, line), line
    if "starts" in traits:
        failed = 78 if "hooks" in traits else 125
        assert (outcome.status, outcome.stdout) == (failed if said.kind else 0, "")
    else:
        found = {name: getattr(outcome.error, name, None) for name in ("sent", "retry_after")}
        assert found == {"sent": said.sent, "retry_after": said.retry_after}
        assert getattr(outcome.error, "status_code", None) == said.status
        assert type(outcome.error) is (said.kind or type(None))
    assert attempts in (None, said.writes if "writes" in traits else said.reads), attempts
    assert leaks(scene, outcome) == []


def _patterns(said, traits):
    """The lines that are to be said, as patterns."""
    if said.kind is None:
        return []
    place = "backend/staging: " if traits & {"loads", "hooks"} else ""
    sentence = place + said.sentence
    if place and "by client" not in traits and said.kind is ServerError:
        status = f"HTTP {said.status}"
        shown = sentence.endswith(status)
        sentence += " from {address}" if shown else f" ({status} from {{address}})"
    pattern = re.escape(sentence)
    pattern = pattern.replace(r"\{address\}", r"https?://[a-z0-9.]+:[0-9]+")
    pattern = pattern.replace(r"\{why\}", r"[A-Za-z0-9 .,'-]+")
    remedy = REMEDIES[said.kind]
    if "hooks" in traits:
        return [f"{pattern}; {re.escape(remedy.replace('--no-remote', 'CLOVRIX_REMOTE=off'))}"]
    return [pattern, re.escape(remedy)] if "starts" in traits else [pattern]
