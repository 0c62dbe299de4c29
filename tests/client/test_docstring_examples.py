"""The examples in the docstrings of the SDK, run against an embedded store."""

from __future__ import annotations

import doctest
from typing import TYPE_CHECKING, Any

import pytest

import clovrix_env
from clovrix_env import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENTED = (
    "AsyncClient",
    "AsyncScope",
    "Client",
    "Entry",
    "EntryVersion",
    "LogEvent",
    "Scope",
    "WriteItem",
    "WriteResult",
)
OPERATIONS = ("get_entries", "get_entry", "set_entries", "set_entry", "scope")
HISTORY = ("get_history", "restore_entry", "delete_entry", "get_log")


def _examples() -> Iterator[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    for name in DOCUMENTED:
        yield from (test for test in finder.find(getattr(clovrix_env, name), name) if test.examples)


EXAMPLES = {example.name: example for example in _examples()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example(name: str, store_home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An example prints what its docstring shows."""
    store_home.store.create_environment("backend", "development")
    with Client(base_url=store_home.url) as client:
        backend = client.scope("backend", "development")
        backend.set("GREETING", "hello")
        backend.set("SENTRY_DSN", "https://key@sentry.invalid/1", is_secret=True)
    monkeypatch.setenv("CLOVRIX_API_URL", store_home.url)
    report: list[str] = []
    results = doctest.DocTestRunner().run(EXAMPLES[name], out=report.append)
    assert not results.failed, "".join(report)


def test_every_class_has_an_example() -> None:
    """Each documented class has an example, and so has each operation of ``Client``."""
    methods = (f"Client.{name}" for name in OPERATIONS + HISTORY)
    assert {*DOCUMENTED, *methods} <= {*EXAMPLES}
