"""The documented form of what explain prints for programs."""

import json
from functools import lru_cache
from pathlib import Path

from jsonschema import Draft202012Validator

_SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "reference" / "explain.schema.json"


@lru_cache
def validator():
    """Checks a document against it."""
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)
