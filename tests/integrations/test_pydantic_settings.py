"""A class of pydantic-settings: values as its own source reads them, errors without a value."""

import logging
import os
import pickle
import traceback
from enum import Enum
from typing import Annotated, Any, Literal, Optional, Union

import pytest
from pydantic import (
    UUID4,
    AfterValidator,
    AliasChoices,
    AnyUrl,
    BaseModel,
    Field,
    SecretStr,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from clovrix_env import ClovrixConfigError, load_env, resolve_env
from clovrix_env.integrations.pydantic_settings import ClovrixSettings, ClovrixSettingsSource

_SECRET = "hunter2"
_HERE = "process environment"


class Db(BaseModel):
    host: str = "localhost"
    port: int
    tags: list[str] = []


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Level(Enum):
    LOW = "low"


def _shows(value):
    raise ValueError(f"{value} is refused")


def _shows_by_itself(value):
    raise PydanticCustomError("own", f"{value} is refused")  # as a program may write it


def _settings(config=None, base=ClovrixSettings, **fields):
    given = {name: of if isinstance(of, tuple) else (of, ...) for name, of in fields.items()}
    made = type(base)("Base", (base,), {"model_config": SettingsConfigDict(**(config or {}))})
    return create_model("Settings", __base__=made, **given)


_PETS = Annotated[Union[Cat, Dog], Field(discriminator="kind")]
# A field, the text of its variable, and the problem.
_PLANTED = [
    (int, _SECRET, "Input should be a valid integer, unable to parse string as an integer"),
    (Annotated[int, Field(ge=9)], "2", "Input should be greater than or equal to 9"),
    (Literal["a", "b"], _SECRET, "Input should be 'a' or 'b'"),
    (Level, _SECRET, "Input should be 'low'"),
    (UUID4, _SECRET, "Input should be a valid UUID"),
    (AnyUrl, _SECRET, "Input should be a valid URL"),
    (Annotated[SecretStr, Field(min_length=9)], _SECRET, "Value should have at least 9 items"),
    (list[int], f"[{_SECRET}", "not valid JSON"),
    (list[int], f'["{_SECRET}"]', "Input should be a valid integer, unable to parse string"),
    (Annotated[list[int], Field(max_length=1)], "[1, 2]", "List should have at most 1 item"),
    (dict[str, int], f'{{"{_SECRET}": "{_SECRET}"}}', "Input should be a valid integer"),
    (Db, f'{{"port": "{_SECRET}"}}', "Input should be a valid integer"),
    (_PETS, f'{{"kind": "{_SECRET}"}}', "Input tag"),
    (Annotated[str, AfterValidator(_shows)], _SECRET, "refused by a validator of the program"),
    (Annotated[str, AfterValidator(_shows_by_itself)], _SECRET, "refused by a validator"),
]  # fmt: skip


@pytest.mark.parametrize("env_file", [False, True])
def test_every_refused_field_is_reported_without_its_value(project, monkeypatch, caplog, env_file):
    """In one error, of which no part has a value: text, repr, frames, pickle, log."""
    variables = {f"F{number}": text for number, (_, text, _) in enumerate(_PLANTED)}
    project.write(".env", "".join(f"{n}='{text}'\n" for n, text in variables.items() if env_file))
    project.declare("")
    for name, text in variables.items():
        if not env_file:
            monkeypatch.setenv(name, text)
    kinds = {f"f{number}": kind for number, (kind, *_) in enumerate(_PLANTED)}
    try:
        _settings(**kinds, unset=(int, Field(validation_alias="ABSENT")))()
    except ClovrixConfigError as caught:
        error = caught
        logging.getLogger(__name__).exception("refused")
        frames = traceback.TracebackException.from_exception(error, capture_locals=True)
        lines = [line for line in frames.format() if "/pydantic_settings" in line]
    assert len(lines) == 1
    shown = (str(error), repr(error), *lines, repr(pickle.dumps(error)), caplog.text)
    assert _SECRET not in "".join(shown)
    assert (error.__cause__, error.__context__) == (None, None)
    found = {problem.partition(" ")[0].rstrip(":"): problem for problem in error.problems}
    assert sorted(found) == sorted([*variables, "ABSENT"])
    assert found["ABSENT"] == "ABSENT: Field required (Settings.unset)"
    for number, (*_, what) in enumerate(_PLANTED):
        place = f".env:{number + 1}" if env_file else _HERE
        assert found[f"F{number}"].startswith(f"F{number} ({place}): {what}")
    assert found["F10"].endswith(" (Settings.f10.…)")
    assert found["F11"].endswith(" (Settings.f11.port)")


# The configuration of a class, its fields, and the variables.
_READ = [
    ({}, {"port": int, "tags": list[int], "a": (int, 7)}, {"port": "1", "TAGS": "[1]"}),
    ({"env_prefix": "APP_"}, {"port": int}, {"APP_PORT": "1", "PORT": "2"}),
    ({"case_sensitive": True}, {"Port": int}, {"Port": "1", "PORT": "2"}),
    ({}, {"port": (int, Field(alias="LISTEN"))}, {"LISTEN": "1", "PORT": "2"}),
    ({}, {"a": (int, Field(validation_alias=AliasChoices("X", "Y")))}, {"Y": "1"}),
    ({"env_nested_delimiter": "__"}, {"db": Db}, {"DB": '{"port": 1}', "DB__HOST": "h"}),
    ({"env_nested_delimiter": "__"}, {"db": Db}, {"DB__PORT": "1", "DB__TAGS": '["a"]'}),
    ({"env_nested_delimiter": "_", "env_nested_max_split": 1}, {"db": Db}, {"DB_PORT": "1"}),
    ({"env_ignore_empty": True}, {"port": (int, 3)}, {"PORT": ""}),
    ({"env_parse_none_str": "null"}, {"a": Optional[int]}, {"A": "null"}),
    ({"env_parse_enums": True}, {"level": Level}, {"LEVEL": "LOW"}),
    ({}, {"a": Union[list[int], str]}, {"A": "text"}),
]  # fmt: skip


@pytest.mark.parametrize(("config", "fields", "variables"), _READ)
def test_variables_are_read_as_by_the_source_of_pydantic(
    project, monkeypatch, config, fields, variables
):
    """From a file and from the process environment, which stays as it is."""
    with monkeypatch.context() as patch:
        for name, text in variables.items():
            patch.setenv(name, text)
        expected = _settings(config, BaseSettings, **fields)().model_dump()
        project.declare("")
        assert _settings(config, **fields)().model_dump() == expected
    before = dict(os.environ)
    project.write(".env", "".join(f"{name}='{text}'\n" for name, text in variables.items()))
    assert _settings(config, **fields)().model_dump() == expected
    assert dict(os.environ) == before


def test_arguments_then_process_environment_then_files(project, monkeypatch):
    """And an edit of a file after a load counts, as for any later load."""
    project.write(".env", "A=file\nB=file\nC=file\nGONE=1\n")
    monkeypatch.setenv("A", "process")
    monkeypatch.setenv("B", "process")
    kind = _settings(a=str, b=str, c=str, gone=(Optional[str], None))
    assert [*kind(a="argument").model_dump().values()] == ["argument", "process", "file", "1"]
    monkeypatch.setattr(os, "environ", os.environ.copy())
    load_env()
    project.write(".env", "C=edited\n")
    assert (kind().c, kind().gone, os.environ["C"]) == ("edited", None, "file")


def test_contract_comes_first_with_every_violation(project, monkeypatch):
    """As one error of clovrix-env, also where the class would accept the values."""
    project.declare('[variables]\nPORT = {type = "port"}\nTOKEN = {required = true}\n')
    monkeypatch.setenv("PORT", _SECRET)
    with pytest.raises(ClovrixConfigError) as caught:
        _settings(port=str, other=int)()
    assert [problem.split()[0] for problem in caught.value.problems] == ["TOKEN", "PORT"]
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert _SECRET not in str(caught.value) + "".join(frames.stack.format()[1:])


def test_a_problem_names_a_variable_only_where_that_has_set_the_field(project, monkeypatch):
    """Not for an argument, nor for a validator of the whole class."""
    project.declare("")
    monkeypatch.setenv("PORT", "1")

    class Settings(ClovrixSettings):
        port: int

        @model_validator(mode="after")
        def refuse(self):
            raise ValueError(self.port)

    for arguments, problem in [
        ({}, "Settings: refused by a validator of the program"),
        ({"port": _SECRET}, "Settings.port: Input should be a valid integer, unable to parse"),
        ({"more": _SECRET}, "Settings.more: Extra inputs are not permitted"),
    ]:
        with pytest.raises(ClovrixConfigError) as caught:
            Settings(**arguments)
        assert caught.value.problems[0].startswith(problem)


def test_an_environment_can_be_passed(project):
    """The arguments of ``resolve_env()`` are the program's, and nothing is resolved twice."""
    project.write("conf.env", "PORT=1\n")

    class Settings(ClovrixSettings):
        port: int

        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, **sources: Any) -> Any:
            environment = resolve_env(files=["conf.env"])
            return (ClovrixSettingsSource(settings_cls, environment, env_prefix=""),)

    assert Settings().port == 1


@pytest.mark.parametrize(
    ("config", "base", "problem"),
    [
        ({"hide_input_in_errors": False}, ClovrixSettings, "hide_input_in_errors is off"),
        ({"env_file": ".env"}, ClovrixSettings, "env_file has no effect"),
        ({"hide_input_in_errors": True}, BaseSettings, "errors of this class would contain values"),
    ],
)
def test_a_class_whose_errors_would_show_values_is_refused(project, config, base, problem):
    """And one that would read a file by itself; the remedy names what to write."""
    project.declare("")
    kind = _settings(config, base, port=(int, 1))
    make = kind if base is ClovrixSettings else lambda: ClovrixSettingsSource(kind)
    with pytest.raises(ClovrixConfigError) as caught:
        make()
    assert caught.value.problems[0].startswith(f"Settings: {problem}")
    assert caught.value.remedy.endswith(".")
