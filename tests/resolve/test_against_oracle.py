"""``resolve_env()`` and its ``explain()`` say on generated layers what ``oracle.py`` says."""

import os
from collections import Counter
from unittest import mock

import pytest
from explain.conftest import validator
from hypothesis import HealthCheck, given, settings
from repeated import repeated
from resolve.oracle import Ref, answer
from resolve.worlds import CASES, lines_of

from clovrix_env import ClovrixConfigError, resolve_env


def _resolved(case, project, answers):
    """What ``resolve_env()`` says, in the oracle's words; what ``explain()`` says is the same."""
    environ = {"HOME": str(project.folder / "home"), **case["process"]}
    client = answers(shared=case["shared"], backend=case["backend"])
    options = {name: case[name] for name in ("overrides", "override", "remote")}
    with mock.patch.dict(os.environ, environ, clear=True):
        try:
            environment = resolve_env(client=client, **options)
        except ClovrixConfigError:
            return None
        explanation = environment.explain()
    origins = {name: environment.origin(name) for name in environment}
    document = explanation.document(reveal=True)
    validator().validate(document)
    assert all(shown["value"] is None for shown in explanation.document()["variables"])
    resolved = {
        name: (environment[name], [str(place) for place in (origin.place, *origin.hid)])
        for name, origin in origins.items()
    }
    assert resolved == {
        shown["name"]: (shown["value"], [_place(p) for p in (shown["from"], *shown["hides"])])
        for shown in document["variables"]
    }
    return resolved


def _place(place):
    return f"{place['source']}:{place['line']}" if place["line"] else str(place["source"])


@pytest.mark.slow
@pytest.mark.parametrize("worlds", repeated(500, deep=10_000))
def test_resolving_says_what_the_oracle_says(project, answers, worlds):
    """Values, refusals, and the winner and everyone it hid, in order, in generated worlds."""
    counted = Counter()

    alike = settings(derandomize=True, database=None, suppress_health_check=list(HealthCheck))

    @settings(alike, max_examples=worlds, deadline=None)
    @given(CASES)
    def check(case):
        lines, process = lines_of(case, project)
        expected = answer(lines, process)
        assert _resolved(case, project, answers) == expected
        counted["all"] += 1
        counted["refused"] += expected is None
        counted["with references"] += any(
            isinstance(part, Ref) for line in lines for part in line.parts
        )

    check()
    assert counted["all"] >= worlds
    assert counted["all"] * 0.1 < counted["refused"] < counted["all"] * 0.8
    assert counted["with references"] > counted["all"] * 0.5
