"""Frameworks that inject or validate evaluate annotations: each name in them exists."""

import inspect
import sys
import typing

import pytest

import clovrix_env
from clovrix_env import AsyncClient, AsyncScope, Client, Entry, Scope, WriteItem, WriteResult

_CLASSES = (Client, AsyncClient, Scope, AsyncScope)
_HINTED = [
    *(clovrix_env.load_env, clovrix_env.resolve_env, Entry, WriteItem, WriteResult),
    *(getattr(kind, n) for kind in _CLASSES for n in vars(kind) if n[0] != "_"),
    *(kind.__init__ for kind in _CLASSES),
    *(Client.__enter__, Client.__exit__, AsyncClient.__aenter__, AsyncClient.__aexit__),
]
pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 10), reason="typing of Python 3.9 does not evaluate X | None"
)


@pytest.mark.parametrize("hinted", _HINTED, ids=lambda h: h.__qualname__)
def test_hints_of_what_is_public_resolve(hinted):
    """cpython#87629: no NameError, and a hint for each parameter."""
    hints = typing.get_type_hints(hinted)
    if not inspect.isclass(hinted):
        assert set(inspect.signature(hinted).parameters) - {"self"} == set(hints) - {"return"}


def test_pydantic_validates_a_call(project):
    """cpython#87629: ``validate_call(load_env)``; a client is of no type that pydantic knows."""
    pydantic = pytest.importorskip("pydantic")
    project.write(".env", "A=1\n")
    resolve = pydantic.validate_call(config={"arbitrary_types_allowed": True})(
        clovrix_env.resolve_env
    )
    assert dict(resolve(root=project.folder, files=[".env"])) == {"A": "1"}
    with pytest.raises(pydantic.ValidationError):
        resolve(timeout="soon")


def test_injected_client():
    """cpython#87629: injector reads the hints of ``__init__`` before it makes a ``Client``."""
    injector = pytest.importorskip("injector")
    arguments = {"token": "icr_" + "a" * 40, "base_url": "http://127.0.0.1:9"}
    client = injector.Injector(lambda binder: None).create_object(Client, arguments)
    assert repr(client) == "Client('http://127.0.0.1:9')"
