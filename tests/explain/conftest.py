"""``clovrix-env`` as a real process, and the documented form of what explain prints."""

import json
import sys
from functools import lru_cache, partial
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

_SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "reference" / "explain.schema.json"


@lru_cache
def validator():
    """Checks a document against it."""
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture
def command(launched):
    """``command("explain", …)`` runs ``clovrix-env explain …`` in ``project``."""
    return partial(launched.plain, sys.executable, "-m", "clovrix_env")


@pytest.fixture
def document(command):
    """What ``clovrix-env explain --json …`` prints, as documented."""

    def explain(*arguments, **options):
        result = command("explain", "--json", *arguments, **options)
        assert (result.returncode, result.stderr) == (0, b"")
        found = json.loads(result.stdout)
        validator().validate(found)
        return found

    return explain
