"""``clovrix-env schema --json-schema``: what editors accept is what our reader accepts."""

import json
import re
import sys
from collections import Counter
from random import Random

import pytest
from jsonschema import Draft202012Validator

from clovrix_env.contract import value_types, variable
from clovrix_env.errors import Problems
from clovrix_env.settings import keys as project_keys
from clovrix_env.settings import project_file, project_reader
from clovrix_env.settings import schema as project_schema

# What a schema cannot say: that values fit the type, the choices, the pattern and the bounds of
# their variable, and that a pattern is one of Python's. docs/reference/project-file.md lists it.
_READERS_OWN = re.compile(
    r"\.(default|example|choices|pattern|min|max) "
    r"(is (empty, which is )?not (a )?valid |contains a value that is not |is enum, which "
    r"|is not one of its choices|does not match its pattern|is below its|is above its"
    r"|item [0-9]+ |contains a value that an item cannot have"
    r")"
)

_TEXTS = ("x", "1", "80", "true", "5m", "1h30m", "a://b", ".env", ".env.{environment}", "[a-z]+")
_ODD = (
    *("", "..", "a/b", "{x}", "{environment}{", "(", "1d", "\n", True, 0, -1, 80, 65536, 1.5),
    *(float("inf"), float("nan"), [], [1], [""], ["x", "1"], {}, {"x": 1}, *value_types.TYPES),
)
_SCALARS = (*_TEXTS, True, False, 0, 1, -1, 80, 65536, 1.5)
_NAMES = ("A", "_b", "A1", "PORT", "CLOVRIX", "A_CLOVRIX_B")
_ODD_NAMES = ("CLOVRIX_X", "__CLOVRIX_ENV", "A-B", "1A", "", "a b", "a.b")
# What is written for a key that is not a list of texts, most of it right.
_USUAL = {
    **dict.fromkeys(("required", "secret", "from_file"), (True, False)),
    **dict.fromkeys(("example", "default"), (*_SCALARS, ["x", "1"], [1, 80], ["5m"])),
    **dict.fromkeys(("project", "default_environment", "description", "pattern"), _TEXTS),
    **dict.fromkeys(("min", "max"), (0, 1.5, 80, "5m", "1h")),
    "type": (*value_types.TYPES, "list"),
    "item": value_types.ITEM_TYPES,
    "max_age": ("30s", "5m", "0s"),
    "stale_if_error": ("24h", "1h30m"),
}


class _Generator:
    """Documents as somebody writes them: a few keys a table, and now and then something odd."""

    def __init__(self, seed):
        self._chance = Random(seed)

    def document(self):
        tables = self._chance.sample(sorted(project_keys.TABLES), self._chance.randrange(3))
        return {
            **self._keys(project_keys.TOP_LEVEL, 1),
            **{name: self._table(project_keys.TABLES[name].keys, 1) for name in tables},
            "variables": {
                self._chance.choice(_ODD_NAMES if self._odd() else _NAMES): self._table(
                    variable.KEYS, 4
                )
                for _ in range(self._chance.randrange(3))
            },
        }

    def _table(self, keys, most):
        if self._odd():
            return self._chance.choice(({"unknown": 1}, {"token": ""}, [], "x"))
        return self._keys(keys, most)

    def _keys(self, keys, most):
        chosen = self._chance.sample(sorted(keys), self._chance.randint(0, most))
        return {key: self._value(key) for key in chosen}

    def _value(self, key):
        if self._odd():
            return self._chance.choice(_ODD)
        if key in _USUAL:
            return self._chance.choice(_USUAL[key])
        pool = _SCALARS if key == "choices" else _TEXTS
        return self._chance.sample(pool, self._chance.randint(1, 3))

    def _odd(self):
        return self._chance.random() < 0.05


def _toml(value):
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value)


def _problems(document):
    problems = Problems()
    text = "".join(f"{json.dumps(key)} = {_toml(item)}\n" for key, item in document.items())
    project_reader.parse(text, ".clovrix", problems)
    error = problems.error()
    return list(error.problems) if error else []


@pytest.fixture(scope="module")
def validator():
    schema = project_schema.schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_schema_accepts_what_the_reader_accepts(validator):
    """And refuses what it refuses, but for what a schema cannot say."""
    counted = Counter()
    generator = _Generator(2026)
    for _ in range(600):
        document = generator.document()
        problems = _problems(document)
        if validator.is_valid(document):
            assert all(map(_READERS_OWN.search, problems)), (document, problems)
            counted["refused by the reader alone" if problems else "accepted"] += 1
        else:
            assert problems, document
            counted["refused"] += 1
    assert counted["accepted"] > 150
    assert counted["refused"] > 150
    assert counted["refused by the reader alone"] > 5


def test_command_prints_the_schema(launched):
    """Where there is no project too."""
    result = launched.plain(sys.executable, "-m", "clovrix_env", "schema", "--json-schema")
    assert (result.returncode, result.stderr) == (0, b"")
    assert json.loads(result.stdout) == project_schema.schema()


def test_every_key_has_a_description(validator):
    """It is what an editor shows."""

    def lacking(schema, path):
        found = []
        for name, below in schema.get("properties", {}).items():
            found += [] if "description" in below else [f"{path}{name}"]
            found += lacking(below, f"{path}{name}.")
        return found

    assert lacking(validator.schema, "") == []
    assert lacking(validator.schema["$defs"]["variable"], "variables.NAME.") == []


def test_defaults_are_those_that_count():
    """Of the ages the table of keys says in words what the reader takes in seconds."""
    keys = project_keys.TABLES["cache"].keys
    for key, seconds in vars(project_file.Cache()).items():
        assert value_types.duration(str(keys[key].default)) == seconds
