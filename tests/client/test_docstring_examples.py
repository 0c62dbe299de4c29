"""The examples in the docstrings of the public names, run against an embedded store."""

from __future__ import annotations

import doctest
import os
from typing import TYPE_CHECKING, Any

import pytest
from load.conftest import environ_put_back

import clovrix_env
from clovrix_env import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolve.surroundings import Project

__all__ = ["environ_put_back"]

DOCUMENTED = (
    *("AsyncClient", "AsyncScope", "Client", "Entry", "Scope", "WriteItem", "WriteResult"),
    *("EntryVersion", "LogEvent"),
    *("Environment", "load_env", "resolve_env"),
)
# Each operation has an example of its own, besides that of its class.
OPERATIONS = {
    "Client": (
        *("get_entries", "get_entry", "set_entries", "set_entry", "scope"),
        *("get_history", "restore_entry", "delete_entry", "get_log"),
    ),
    "Environment": ("origin", "typed", "explain"),
}


def _examples() -> Iterator[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    for name in DOCUMENTED:
        yield from (test for test in finder.find(getattr(clovrix_env, name), name) if test.examples)


EXAMPLES = {example.name: example for example in _examples()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example(
    name: str, store_home: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An example prints what its docstring shows."""
    project.declare("[variables.PORT]\ntype = 'port'\ndefault = 8000\n")
    store_home.store.create_environment("backend", "development")
    with Client(base_url=store_home.url) as client:
        backend = client.scope("backend", "development")
        backend.set("GREETING", "hello")
        backend.set("SENTRY_DSN", "https://key@sentry.invalid/1", is_secret=True)
    monkeypatch.setattr(os, "environ", {**os.environ, "CLOVRIX_API_URL": store_home.url})
    report: list[str] = []
    results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(
        EXAMPLES[name], out=report.append
    )
    assert not results.failed, "".join(report)


def test_every_public_name_has_an_example() -> None:
    """Each documented class and function has an example, and so has each operation."""
    operations = {f"{name}.{each}" for name in OPERATIONS for each in OPERATIONS[name]}
    assert {*DOCUMENTED, *operations} <= {*EXAMPLES}
