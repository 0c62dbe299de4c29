"""``ClovrixSettings``: a class of pydantic-settings whose values come from ``resolve_env()``.

    class Settings(ClovrixSettings):
        port: int
        database_url: SecretStr

A ``ValidationError`` of pydantic contains the refused values: in ``errors()``, in ``json()``, and
in the variables of its frames, whatever ``hide_input_in_errors`` is. So a class of settings raises
``ClovrixConfigError`` instead, with the location and the kind of each problem.
"""

from __future__ import annotations

import inspect
import re
from contextvars import ContextVar
from typing import Any, ClassVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core.core_schema import ErrorType
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from pydantic_settings.sources.utils import parse_env_vars

from clovrix_env.auth.clean_environ import clean_process
from clovrix_env.contract.contract import REMEDY
from clovrix_env.errors import ClovrixConfigError, ClovrixError, Problems
from clovrix_env.load import resolve_env
from clovrix_env.model.layer import INHERITED
from clovrix_env.model.record import Record
from clovrix_env.system.process import of_functions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from clovrix_env.resolution.environment import Environment

_BASE = "clovrix_env.integrations.pydantic_settings.ClovrixSettings"
_NOT_JSON = "not valid JSON"
_REFUSED = "refused by a validator of the program"
# The kinds of errors that pydantic's core finds. All others have a text that a program wrote.
_OF_CORE = frozenset(get_args(ErrorType)) - {"value_error", "assertion_error"}
# The details of such an error that come from the class of settings, not from the value.
_OF_CLASS = frozenset(
    (
        *("class", "class_name", "discriminator", "encoding", "expected", "expected_schemes"),
        *("expected_tags", "expected_version", "field_type", "ge", "gt", "le", "lt", "pattern"),
        *("max_digits", "max_length", "min_length", "decimal_places", "multiple_of"),
        *("tz_expected", "whole_digits"),
    )
)
# The sources of the settings that are being made.
_sources: ContextVar[list[ClovrixSettingsSource] | None] = ContextVar("sources", default=None)


class ClovrixSettingsSource(EnvSettingsSource):
    """The source of a ``ClovrixSettings``: the environment of pydantic-settings' own source.

    Names, prefixes, aliases, nested and complex values are read as ``EnvSettingsSource`` reads
    them. ``os.environ`` is not changed.

    Args:
        settings_cls: A subclass of ``ClovrixSettings``.
        environment: The result of ``load_env()`` or ``resolve_env()`` (default: a call of
            ``resolve_env()``).
        options: Options of ``EnvSettingsSource`` that override ``model_config``.

    Raises:
        ClovrixError: The errors of ``resolve_env()``, or a class whose errors would show values.
    """

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        environment: Environment | None = None,
        **options: Any,
    ) -> None:
        _check(settings_cls)
        self._environment = resolve_env() if environment is None else environment
        self._spelled: dict[str, str] = {}
        self.not_json: dict[str, str] = {}
        super().__init__(settings_cls, **options)
        making = _sources.get()
        if making is not None:
            making.append(self)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        environ = {**clean_process(of_functions()).environ, **self._environment}
        self._spelled = {self._apply_case_sensitive(name): name for name in environ}
        return parse_env_vars(
            environ, self.case_sensitive, self.env_ignore_empty, self.env_parse_none_str
        )

    def prepare_field_value(
        self, field_name: str, field: FieldInfo, value: Any, value_is_complex: bool
    ) -> Any:
        """Decode a complex value. One that is not valid JSON is noted, and the field left out."""
        try:
            return super().prepare_field_value(field_name, field, value, value_is_complex)
        except ValueError:
            if _sources.get() is None:
                raise
        names = self._names(field_name)
        found = next((name for name in names if name in self.env_vars), None)
        self.not_json[field_name] = (
            f"{names[0]}{self.env_nested_delimiter}*" if found is None else self._shown(found)
        )
        return None

    def variable_of(self, field_name: str, below: Sequence[str]) -> str:
        """Return the variable that set a field or a part of it, with its place, or ``""``."""
        delimiter = self.env_nested_delimiter
        for size in range(len(below) if delimiter else 0, -1, -1):
            for name in self._names(field_name):
                whole = self._apply_case_sensitive((delimiter or "").join((name, *below[:size])))
                if self.env_vars.get(whole) is not None:
                    return self._shown(whole)
        return ""

    def unset_variable_of(self, field_name: str) -> str:
        """Return the variable that would set a field, as pydantic-settings spells it."""
        name = self._names(field_name)[0]
        return name if self.case_sensitive else name.upper()

    def _names(self, field_name: str) -> list[str]:
        field = self.settings_cls.model_fields[field_name]
        return [name for _, name, _ in self._extract_field_info(field, field_name)]

    def _shown(self, name: str) -> str:
        name = self._spelled[name]
        known = name in self._environment
        return f"{name} ({self._environment.origin(name).place if known else INHERITED})"


class ClovrixSettings(BaseSettings):
    """Settings whose values come from ``resolve_env()``, and whose errors contain no value.

    Later sources override earlier ones: the defaults of the class, ``secrets_dir``, the sources of
    ``resolve_env()`` with the process environment above the files, and the arguments of the call.
    To change the order, or the arguments of ``resolve_env()``, override
    ``settings_customise_sources`` with a ``ClovrixSettingsSource``.

    Raises:
        ClovrixConfigError: With every violation of ``[variables]``; if there is none, with every
            field that the class refuses.
        ClovrixAPIError: Clovrix refused the request.
        ClovrixConnectionError: Clovrix did not answer.

    Example:
        >>> from clovrix_env.integrations.pydantic_settings import ClovrixSettings
        >>> class Settings(ClovrixSettings):
        ...     greeting: str
    """

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(hide_input_in_errors=True)

    def __init__(self, **values: Any) -> None:
        given = _Given(values)
        del values
        error = _error_of(type(self), super().__init__, given)
        if error is not None:
            del self  # the frame of an error shows its variables
            try:
                raise error
            finally:
                del error  # it refers to this frame, which would be a cycle

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put ``ClovrixSettingsSource`` in the place of the environment and of ``env_file``."""
        if isinstance(dotenv_settings, DotEnvSettingsSource) and dotenv_settings.env_file:
            raise ClovrixConfigError(
                f"{cls.__name__}: env_file has no effect, because clovrix-env reads .env files",
                "Remove env_file, or pass resolve_env(files=[…]) to ClovrixSettingsSource.",
            )
        names = [*inspect.signature(EnvSettingsSource).parameters][1:]
        options = {name: getattr(env_settings, name) for name in names}
        return (
            init_settings,
            ClovrixSettingsSource(settings_cls, **options),
            file_secret_settings,
        )


class _Given(Record, hidden=("values",)):
    """The arguments of a class of settings. Its ``repr`` hides them."""

    values: dict[str, Any]


def _check(settings_cls: type[BaseSettings]) -> None:
    """Refuse a class whose errors would contain values."""
    name = settings_cls.__name__
    if not issubclass(settings_cls, ClovrixSettings):
        raise ClovrixConfigError(
            f"{name}: errors of this class would contain values", f"Derive it from {_BASE}."
        )
    if not settings_cls.model_config.get("hide_input_in_errors"):
        raise ClovrixConfigError(
            f"{name}: hide_input_in_errors is off, so that errors would contain values",
            "Remove hide_input_in_errors from model_config.",
        )


def _error_of(
    kind: type[BaseSettings], make: Callable[..., None], given: _Given
) -> ClovrixError | None:
    """Make settings, and return an error without the frames of pydantic, which contain values."""
    problems, sources = Problems(), list[ClovrixSettingsSource]()
    token = _sources.set(sources)
    try:
        make(**given.values)
    except ClovrixError as error:
        return error.with_traceback(None)
    except SettingsError as error:
        problems.add(f"{kind.__name__}: {error}")
    except ValidationError as error:
        left_out = {name for source in sources for name in source.not_json}
        for problem in error.errors(include_url=False):
            field = _field_of(kind, problem)
            if not (problem["type"] == "missing" and field in left_out):
                is_argument = not given.values.keys().isdisjoint((field, *problem["loc"][:1]))
                others = () if is_argument else sources
                problems.add(_sentence(kind, problem, field, others), REMEDY)
    finally:
        _sources.reset(token)
    for source in sources:
        for field, variable in source.not_json.items():
            problems.add(f"{variable}: {_NOT_JSON} ({kind.__name__}.{field})", REMEDY)
    return problems.error()


def _sentence(
    kind: type[BaseSettings],
    problem: ErrorDetails,
    field: str,
    sources: Sequence[ClovrixSettingsSource],
) -> str:
    """One problem with its variable and the place of that, without any part of the value."""
    below = [*map(str, problem["loc"][1:])]
    declared = {*_declared(kind)}
    path = (part if part.isdigit() or part in declared else "…" for part in below)
    where = ".".join((kind.__name__, *([field] if field else map(str, problem["loc"][:1])), *path))
    what = _what(problem)
    for source in sources if field else ():
        variable = source.variable_of(field, below)
        if not variable and problem["type"] == "missing" and not below:
            variable = source.unset_variable_of(field)
        if variable:
            return f"{variable}: {what} ({where})"
    return f"{where}: {what}"


def _what(problem: ErrorDetails) -> str:
    """The text of pydantic, up to the first part that may come from the value."""
    if problem["type"] not in _OF_CORE:
        return _REFUSED
    if _OF_CLASS.issuperset(problem.get("ctx", ())):
        return problem["msg"]
    return re.split("[,:']", problem["msg"])[0].strip()


def _field_of(kind: type[BaseSettings], problem: ErrorDetails) -> str:
    """The field of a problem, which pydantic may name by an alias; ``""`` for the whole class."""
    for name, field in kind.model_fields.items():
        if not {name, *_aliases(field)}.isdisjoint(problem["loc"][:1]):
            return name
    return ""


def _aliases(field: FieldInfo) -> list[str]:
    alias = field.validation_alias or field.alias
    if alias is None or isinstance(alias, str):
        return [alias] if alias else []
    paths = alias.convert_to_aliases()
    return [str(path[0] if isinstance(path, list) else path) for path in paths]


def _declared(annotation: Any, seen: frozenset[Any] = frozenset()) -> Iterator[str]:
    """The names of fields in a model and below; other names in a location are parts of a value."""
    for inner in get_args(annotation):
        yield from _declared(inner, seen)
    if annotation in seen or get_origin(annotation) or not isinstance(annotation, type):
        return
    if issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield from (name, *_aliases(field))
            yield from _declared(field.annotation, seen | {annotation})
