"""What ``import clovrix_env`` gives, what it costs, and the examples of its docstrings."""

import doctest
import importlib
import inspect
import os
import subprocess
import sys

import pytest
from load.conftest import environ_put_back

import clovrix_env
from clovrix_env import AsyncClient, Client

HEAVY = (
    "httpx", "httpcore", "anyio", "click", "ssl", "json", "typing", "asyncio", "sqlite3", "socket",
    "http", "email", "urllib", "logging", "dataclasses", "inspect", "re", "cryptography", "certifi",
    "importlib.metadata", "tomllib",
)  # fmt: skip


def in_new_process(program):
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)}
    command = [sys.executable, "-S", "-W", "error", "-c", program]
    done = subprocess.run(command, env=environ, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout


HTTP = ("httpx", "ssl", "anyio", "click", "http.client")
USES = {
    "from clovrix_env import ClovrixError, Entry, WriteItem, __version__": HEAVY,
    "import clovrix_env; c = clovrix_env.Client(base_url={url!r})\n"
    "c.get_entries('backend', 'production'); c.close()": HTTP,
}


def test_importing_imports_nothing_heavy():
    """``import clovrix_env`` adds nothing to ``sys.modules`` but itself."""
    program = (
        "import sys; before = set(sys.modules); import clovrix_env;"
        "print(sorted(set(sys.modules) - before - {'clovrix_env', '__future__'}))"
    )
    assert in_new_process(program) == "[]\n"


@pytest.mark.parametrize("use", USES, ids=["errors and records", "an embedded store"])
def test_a_use_imports_nothing_heavy(store_home, use):
    """Catching an error costs no HTTP library, and a store of this process no TLS."""
    program = use.format(url=store_home.url)
    shown = f"import sys; print([name for name in {USES[use]} if name in sys.modules])"
    assert in_new_process(f"{program}\n{shown}") == "[]\n"


def test_all_names():
    """``__all__`` is sorted and complete: each name is there, and nothing is there beside them."""
    assert clovrix_env.__all__ == sorted(clovrix_env.__all__)
    assert dir(clovrix_env) == clovrix_env.__all__
    homes = {name for names in clovrix_env._HOMES.values() for name in names}
    # IPython calls the extension's function; no program does.
    assert sorted(homes - {"load_ipython_extension"} | {"__version__"}) == clovrix_env.__all__
    for module, names in clovrix_env._HOMES.items():
        home = importlib.import_module(f"clovrix_env.{module}")
        for name in names:
            found = getattr(clovrix_env, name)
            assert found is getattr(home, name)
            assert found.__module__ == home.__name__
            assert found.__doc__


def test_an_unknown_name():
    """An unknown name is an ``AttributeError``, and an ``ImportError`` for ``from … import``."""
    with pytest.raises(AttributeError, match="no_such_name"):
        clovrix_env.no_such_name  # noqa: B018
    with pytest.raises(ImportError):
        from clovrix_env import no_such_name  # noqa: F401


def test_both_clients_are_alike():
    """``AsyncClient`` has ``Client``'s methods with the same arguments, and so have the scopes."""

    def shape(kind):
        public = (name for name in vars(kind) if not name.startswith("_") or name == "__init__")
        return {
            "close" if name == "aclose" else name: [
                (parameter.name, parameter.kind, parameter.default)
                for parameter in inspect.signature(getattr(kind, name)).parameters.values()
            ]
            for name in public
        }

    assert shape(Client) == shape(AsyncClient)
    assert shape(clovrix_env.Scope) == shape(clovrix_env.AsyncScope)


@pytest.mark.parametrize("enter", [Client.__enter__, AsyncClient.__aenter__])
def test_a_subclass_is_typed_as_itself(enter):
    """What ``with`` gives is declared as the class that was entered."""
    assert enter.__annotations__["return"] == "Self"


def test_the_official_signature():
    """The constructor's arguments come in the official order; what is ours is by name only."""
    parameters = inspect.signature(Client).parameters
    defaults = [(name, value.default) for name, value in parameters.items()]
    assert defaults == [
        *(("token", None), ("base_url", None), ("timeout", 30.0), ("user_agent", None)),
        *(("http_client", None), ("max_retries", 2)),
    ]
    assert parameters["max_retries"].kind is inspect.Parameter.KEYWORD_ONLY


__all__ = ["environ_put_back"]

DOCUMENTED = (
    *("AsyncClient", "AsyncScope", "Client", "Entry", "Scope", "WriteItem", "WriteResult"),
    *("EntryVersion", "LogEvent", "Environment", "load_env", "resolve_env"),
)
# Each operation has an example of its own, besides that of its class.
OPERATIONS = {
    *("Client.get_entries", "Client.get_entry", "Client.set_entries", "Client.set_entry"),
    *("Client.scope", "Client.get_history", "Client.restore_entry", "Client.delete_entry"),
    *("Client.get_log", "Environment.origin", "Environment.typed", "Environment.explain"),
}


def _examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    for name in DOCUMENTED:
        yield from (test for test in finder.find(getattr(clovrix_env, name), name) if test.examples)


EXAMPLES = {example.name: example for example in _examples()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example(name, store_home, project, monkeypatch):
    """An example prints what its docstring shows."""
    project.declare("[variables.PORT]\ntype = 'port'\ndefault = 8000\n")
    store_home.store.create_environment("backend", "development")
    with Client(base_url=store_home.url) as client:
        backend = client.scope("backend", "development")
        backend.set("GREETING", "hello")
        backend.set("SENTRY_DSN", "https://key@sentry.invalid/1", is_secret=True)
    monkeypatch.setattr(os, "environ", {**os.environ, "CLOVRIX_API_URL": store_home.url})
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    results = runner.run(EXAMPLES[name], out=report.append)
    assert not results.failed, "".join(report)


def test_every_public_name_has_an_example():
    """Each documented class and function has an example, and so has each operation."""
    assert {*DOCUMENTED, *OPERATIONS} <= {*EXAMPLES}
