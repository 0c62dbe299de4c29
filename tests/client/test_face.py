"""The face of the package: what ``import clovrix_env`` gives, and what it costs."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from typing import Any

import pytest

import clovrix_env
from clovrix_env import AsyncClient, Client

HEAVY = (
    "httpx", "httpcore", "anyio", "click", "ssl", "json", "typing", "asyncio", "sqlite3", "socket",
    "http", "email", "urllib", "logging", "dataclasses", "inspect", "re", "cryptography", "certifi",
    "importlib.metadata", "tomllib",
)  # fmt: skip


def in_new_process(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-S", "-W", "error", "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def test_importing_imports_nothing_heavy() -> None:
    """``import clovrix_env`` adds nothing to ``sys.modules`` but itself."""
    program = (
        "import sys; before = set(sys.modules); import clovrix_env;"
        "print(sorted(set(sys.modules) - before - {'clovrix_env', '__future__'}))"
    )
    assert in_new_process(program) == "[]\n"


@pytest.mark.parametrize(
    "name", ["ClovrixError", "Entry", "WriteItem", "NotFoundError", "__version__"]
)
def test_errors_and_records_import_nothing_heavy(name: str) -> None:
    """Catching an error or naming a record costs no HTTP library."""
    program = (
        f"import sys; from clovrix_env import {name}\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    assert in_new_process(program) == "[]\n"


def test_the_embedded_store_needs_no_http(store_home: Any) -> None:
    """A client of an embedded store imports no HTTP library and no TLS."""
    program = (
        "import sys, clovrix_env\n"
        f"with clovrix_env.Client(base_url={store_home.url!r}) as client:\n"
        "    client.get_entries('backend', 'production')\n"
        "print([n for n in ('httpx', 'ssl', 'anyio', 'click', 'http.client') if n in sys.modules])"
    )
    assert in_new_process(program) == "[]\n"


def test_all_names() -> None:
    """``__all__`` is sorted and complete: each name is there, and nothing is there beside them."""
    assert clovrix_env.__all__ == sorted(clovrix_env.__all__)
    assert len(set(clovrix_env.__all__)) == len(clovrix_env.__all__)
    assert dir(clovrix_env) == clovrix_env.__all__
    homes = [name for names in clovrix_env._HOMES.values() for name in names]
    assert sorted([*homes, "__version__"]) == clovrix_env.__all__
    for module, names in clovrix_env._HOMES.items():
        home = importlib.import_module(f"clovrix_env.{module}")
        for name in names:
            found = getattr(clovrix_env, name)
            assert found is getattr(home, name)
            assert found.__module__ == home.__name__
            assert found.__doc__


def test_every_error_is_in_all() -> None:
    """Each exception of ``clovrix_env.errors`` can be imported from the package itself."""
    from clovrix_env import errors

    kinds = [
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, BaseException)
    ]
    assert set(kinds) <= set(clovrix_env.__all__)


def test_an_unknown_name() -> None:
    """An unknown name is an ``AttributeError``, and an ``ImportError`` for ``from … import``."""
    with pytest.raises(AttributeError, match="no_such_name"):
        clovrix_env.no_such_name  # noqa: B018
    with pytest.raises(ImportError):
        from clovrix_env import no_such_name  # noqa: F401


def test_both_clients_are_alike() -> None:
    """``AsyncClient`` has ``Client``'s methods with the same arguments, and so have the scopes."""
    import inspect

    def shape(kind: type) -> Any:
        return {
            name.lstrip("a") if name == "aclose" else name: [
                (parameter.name, parameter.kind, parameter.default)
                for parameter in inspect.signature(method).parameters.values()
            ]
            for name, method in vars(kind).items()
            if not name.startswith("_") or name == "__init__"
        }

    assert shape(Client) == shape(AsyncClient)
    assert shape(clovrix_env.Scope) == shape(clovrix_env.AsyncScope)


def test_the_official_signature() -> None:
    """The constructor's arguments come in the official order; what is ours is by name only."""
    import inspect

    parameters = inspect.signature(Client).parameters
    assert {name: value.default for name, value in parameters.items()} == {
        "token": None,
        "base_url": None,
        "timeout": 30.0,
        "user_agent": None,
        "http_client": None,
        "max_retries": 2,
    }
    assert parameters["max_retries"].kind is inspect.Parameter.KEYWORD_ONLY
