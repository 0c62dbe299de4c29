"""Explain names the winner and everyone it hid as the brute force of ``oracle.py`` does."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from repeated import repeated
from resolve.oracle import answer
from resolve.worlds import CASES, lines_of

from clovrix_env import ClovrixConfigError, resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from jsonschema.protocols import Validator
    from resolve.surroundings import Project

pytestmark = pytest.mark.slow


def _explained(
    case: dict[str, Any],
    project: Project,
    answers: Callable[..., Any],
    validator: Validator,
) -> dict[str, tuple[str, list[str]]] | None:
    """What explain's document says, in the oracle's words."""
    environ = {"HOME": str(project.folder / "home"), **case["process"]}
    client = answers(shared=case["shared"], backend=case["backend"])
    options = {name: case[name] for name in ("overrides", "override", "remote")}
    with mock.patch.dict(os.environ, environ, clear=True):
        try:
            explanation = resolve_env(client=client, **options).explain()
        except ClovrixConfigError:
            return None
    document = explanation.document(reveal=True)
    validator.validate(document)
    assert all(shown["value"] is None for shown in explanation.document()["variables"])
    return {
        shown["name"]: (shown["value"], [_place(p) for p in (shown["from"], *shown["hides"])])
        for shown in document["variables"]
    }


def _place(place: dict[str, Any]) -> str:
    return f"{place['source']}:{place['line']}" if place["line"] else str(place["source"])


@pytest.mark.parametrize("worlds", repeated(500, deep=10_000))
def test_explaining_says_what_the_oracle_says(
    project: Project, answers: Callable[..., Any], validator: Validator, worlds: int
) -> None:
    """In generated worlds, half of which can be explained at least."""
    counted: Counter[str] = Counter()

    @settings(
        max_examples=worlds,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(CASES)
    def check(case: dict[str, Any]) -> None:
        expected = answer(*lines_of(case, project))
        assert _explained(case, project, answers, validator) == expected
        counted["explained"] += expected is not None
        counted["hidden"] += sum(len(places) - 1 for _, places in (expected or {}).values())

    check()
    assert counted["explained"] >= worlds / 2
    assert counted["hidden"] >= worlds / 2
