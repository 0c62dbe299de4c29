"""``load_env()`` and ``resolve_env()``: resolve the values, and set them in ``os.environ`` or not.

The names in annotations exist at run time, because dependency injection frameworks evaluate them.
``clovrix_env.Client`` then imports the client, which a load does not.
"""

from __future__ import annotations

import os
import sys

import clovrix_env
from clovrix_env.errors import ClovrixConfigError, ClovrixError, HideFrames
from clovrix_env.model.layer import OVERRIDE, literal_layer
from clovrix_env.model.names import MARKER
from clovrix_env.model.record import Record
from clovrix_env.resolution import marker as markers
from clovrix_env.resolution.environment import Environment
from clovrix_env.resolution.resolve import resolve
from clovrix_env.settings.load_options import LoadOptions, why_no_override
from clovrix_env.system.process import most_bytes, of_functions, shown_bytes, taken_bytes, too_long

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from clovrix_env.model.layer import Layer
    from clovrix_env.resolution.marker import Marker
    from clovrix_env.resolution.resolve import Resolution
else:
    # The same classes, which os has imported. collections.abc would add 20 % to a bare start-up.
    from _collections_abc import Iterable, Mapping

# The process whose own load set the values, rather than a launcher. It is a pid because fork()
# copies memory: a forked worker uses its parent's values as they are.
loaded_by: int = 0
# The marker of that load, if not all of it fitted into the environment.
remembered: Marker | None = None


def load_env(
    project: str | None = None,
    environment: str | None = None,
    *,
    root: str | os.PathLike[str] | None = None,
    files: Iterable[str | os.PathLike[str]] | None = None,
    local: bool | None = None,
    override: bool = False,
    overrides: Mapping[str, str] | None = None,
    remote: bool = True,
    offline: bool = False,
    only: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
    allow: Iterable[str] | None = None,
    timeout: float | None = None,
    client: clovrix_env.Client | None = None,
) -> Environment:
    """Resolve all values and set them in ``os.environ``: all of them, or none.

    Later sources override earlier ones: ``[variables]`` defaults, extended projects, the project on
    Clovrix, ``.env``, ``.env.{environment}``, ``.env.local``, ``.env.{environment}.local``, the
    process environment, ``overrides``.

    Args:
        project: The project (default: a launcher's marker, ``CLOVRIX_PROJECT``, ``.clovrix``).
        environment: The environment, with the same defaults.
        root: The folder of ``.clovrix`` and the ``.env`` files.
        files: Files to read instead of the four default ones.
        local: True reads the default files despite ``ignored_in``; False never reads them.
        override: Let files and Clovrix override the process environment.
        overrides: Values that override everything.
        remote: False fetches nothing from Clovrix.
        offline: Use cached values only.
        only: Globs of the names to set.
        exclude: Globs of names not to set.
        allow: Names to allow that the guard refuses.
        timeout: Seconds for all requests together (default: 10).
        client: A ``Client`` to fetch with; its values are not cached.

    Returns:
        The resolved values, with the origin of each.

    Raises:
        ClovrixConfigError: With every problem in ``.problems``.
        ClovrixAPIError: Clovrix refused the request.
        ClovrixConnectionError: Clovrix did not answer.

    Example:
        >>> import os
        >>> from clovrix_env import load_env
        >>> environment = load_env("backend", "development", overrides={"PORT": "9000"})
        >>> os.environ["GREETING"], os.environ["PORT"]
        ('hello', '9000')
    """
    global loaded_by
    given = _Overrides(overrides)
    del overrides
    with HideFrames():
        options = _checked(
            project,
            environment,
            root=root,
            files=files,
            local=local,
            override=override,
            overrides=given,
            remote=remote,
            offline=offline,
            only=only,
            exclude=exclude,
            allow=allow,
            timeout=timeout,
            client=client,
        )
        resolution = _resolve(options)
        if resolution.marker is not None:
            apply(resolution)
            loaded_by = os.getpid()
        return resolution.environment


def resolve_env(
    project: str | None = None,
    environment: str | None = None,
    *,
    root: str | os.PathLike[str] | None = None,
    files: Iterable[str | os.PathLike[str]] | None = None,
    local: bool | None = None,
    override: bool = False,
    overrides: Mapping[str, str] | None = None,
    remote: bool = True,
    offline: bool = False,
    only: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
    allow: Iterable[str] | None = None,
    timeout: float | None = None,
    client: clovrix_env.Client | None = None,
) -> Environment:
    """Resolve like ``load_env()`` without changing ``os.environ``.

    The arguments, the result and the errors are those of ``load_env()``.

    Example:
        >>> from clovrix_env import resolve_env
        >>> environment = resolve_env("backend", "development", only=["GREETING"])
        >>> dict(environment)
        {'GREETING': 'hello'}
    """
    given = _Overrides(overrides)
    del overrides
    with HideFrames():
        options = _checked(
            project,
            environment,
            root=root,
            files=files,
            local=local,
            override=override,
            overrides=given,
            remote=remote,
            offline=offline,
            only=only,
            exclude=exclude,
            allow=allow,
            timeout=timeout,
            client=client,
        )
        return _resolve(options).environment


class _Overrides(Record, hidden=("given",)):
    """The argument ``overrides`` before it is checked. Its ``repr`` hides the values."""

    given: object


def _checked(
    project: str | None,
    environment: str | None,
    *,
    root: str | os.PathLike[str] | None,
    files: Iterable[str | os.PathLike[str]] | None,
    local: bool | None,
    override: bool,
    overrides: _Overrides,
    remote: bool,
    offline: bool,
    only: Iterable[str] | None,
    exclude: Iterable[str] | None,
    allow: Iterable[str] | None,
    timeout: float | None,
    client: clovrix_env.Client | None,
) -> LoadOptions:
    """The arguments of both functions, checked at run time."""
    return LoadOptions(
        project=project,
        environment=environment,
        root=None if root is None else _path(root, "root="),
        files=_paths(files),
        local=local,
        override=bool(override),
        overrides=_overrides_layer(overrides),
        remote=bool(remote),
        offline=bool(offline),
        only=_names(only, "only="),
        exclude=_names(exclude, "exclude="),
        allow=_names(allow, "allow=") or (),
        timeout=timeout,
        client=_checked_client(client),
    )


def _resolve(options: LoadOptions) -> Resolution:
    try:
        resolution = resolve(
            options,
            of_functions(),
            follows_marker=True,
            again=loaded_by == os.getpid(),
            remembered=remembered,
        )
    except ClovrixError as error:
        _say(options, error.notes)
        raise
    _say(options, resolution.notes)
    return resolution


def _say(options: LoadOptions, notes: Iterable[str]) -> None:
    if notes:
        from clovrix_env.system.terminal import say

        say(options.wording.program, notes)


def apply(resolution: Resolution, *, starts: bool = False) -> None:
    """Set and remove variables in ``os.environ``, after all checks have passed.

    ``starts`` means that the program has not begun, so that Flask can still skip its files.
    """
    global remembered
    environment = resolution.environment
    marker = None if resolution.marker is None else markers.written(resolution.marker)
    unfit = [
        name for name in resolution.injected if not _fits_locale(f"{name}={environment[name]}")
    ]
    if unfit:
        raise ClovrixConfigError(
            [
                f"{environment.origin(name).place}: {name} cannot be written in the encoding of "
                f"this locale ({sys.getfilesystemencoding()})"
                for name in unfit
            ],
            "run under a UTF-8 locale, or with PYTHONUTF8=1",
        )
    for name in resolution.removed:
        os.environ.pop(name, None)
    for name in resolution.injected:
        os.environ[name] = environment[name]
    if starts and resolution.skips_flask:
        from clovrix_env.resolution import flask

        os.environ[flask.SKIP] = "1"
    if marker is not None:
        os.environ[MARKER] = marker
        remembered = None if markers.is_whole(marker) else resolution.marker
    _warn_of_size()


def _fits_locale(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True


def _warn_of_size() -> None:
    """Warn if children would fail: the kernel limits the environment of a new program only."""
    most = most_bytes()
    strings = [os.fsencode(f"{name}={value}") for name, value in os.environ.items()]
    taken = taken_bytes(strings)
    notes = [f"{why}: programs started from here fail" for why in too_long(strings)]
    if taken > most // 2:
        notes.append(
            f"the environment takes {shown_bytes(taken)}; programs started from here fail above "
            f"{shown_bytes(most)}"
        )
    if notes:
        from clovrix_env.system.terminal import say

        say("clovrix-env", notes)


def _names(value: Iterable[str] | None, argument: str) -> tuple[str, ...] | None:
    return None if value is None else tuple(_texts(value, argument, "names"))


def _paths(value: Iterable[str | os.PathLike[str]] | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    return tuple(_path(path, "files=") for path in _items(value, "files=", "paths"))


def _path(value: str | os.PathLike[str], argument: str) -> str:
    path: object = os.fspath(value) if hasattr(value, "__fspath__") else value
    if isinstance(path, str):
        return path
    raise ClovrixConfigError(f"{argument} requires a str or a path, not {type(path).__name__}")


def _texts(value: Iterable[str], argument: str, what: str) -> Iterable[str]:
    for item in _items(value, argument, what):
        if not isinstance(item, str):
            raise ClovrixConfigError(f"{argument} requires str, not {type(item).__name__}")
        yield item


def _items(value: Iterable[Any], argument: str, what: str) -> Iterable[Any]:
    """The items of a list. A single string or path is refused."""
    is_list = hasattr(value, "__iter__") and not isinstance(value, (str, bytes, os.PathLike))
    if not is_list:
        raise ClovrixConfigError(f"{argument} must be a list of {what}")
    return value


def _checked_client(client: clovrix_env.Client | None) -> clovrix_env.Client | None:
    if client is not None and (hasattr(client, "aclose") or not hasattr(client, "get_entries")):
        raise ClovrixConfigError(
            f"client= must be a clovrix_env.Client, not {type(client).__name__}"
        )
    return client


def _overrides_layer(overrides: _Overrides) -> Layer | None:
    given: Any = overrides.given
    if given is None:
        return None
    if not hasattr(given, "items"):
        raise ClovrixConfigError(
            f"overrides= must be a mapping of names to strings, not {type(given).__name__}"
        )
    items = tuple(given.items())
    wrong = [why for name, value in items if (why := why_no_override(name, value))]
    if wrong:
        raise ClovrixConfigError(f"overrides= {why}" for why in wrong)
    return literal_layer(OVERRIDE, "overrides=", items)
