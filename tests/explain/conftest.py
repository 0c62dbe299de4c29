"""``clovrix-env`` as a real process, and the documented form of what it prints for programs."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from jsonschema.protocols import Validator
    from launch.launcher import Launcher

_SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "reference" / "explain.schema.json"


@pytest.fixture(scope="session")
def validator() -> Validator:
    """Checks a document of explain against its documented form."""
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture
def command(launched: Launcher) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """``command("explain", …)`` runs ``clovrix-env explain …`` in ``project``."""
    return partial(launched.plain, sys.executable, "-m", "clovrix_env")


@pytest.fixture
def document(
    command: Callable[..., subprocess.CompletedProcess[bytes]], validator: Validator
) -> Callable[..., Any]:
    """What ``clovrix-env explain --json …`` prints, as documented."""

    def explain(*arguments: str, **options: Any) -> Any:
        result = command("explain", "--json", *arguments, **options)
        assert (result.returncode, result.stderr) == (0, b"")
        found = json.loads(result.stdout)
        validator.validate(found)
        return found

    return explain
