"""Gathers the layers of one load: local ones first, then those of Clovrix.

Nothing is fetched while there is a local problem, such as a name that the guard refuses.
"""

from __future__ import annotations

import time

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.layer import CLOVRIX, literal_layer
from clovrix_env.model.record import Record
from clovrix_env.resolution import guard
from clovrix_env.resolution.inputs import one_case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.cache.freshness import FetchResult
    from clovrix_env.client.client import Client
    from clovrix_env.model.ages import Staleness
    from clovrix_env.model.layer import Layer
    from clovrix_env.resolution.inputs import Inputs


# Where the entries of a project are, in the text of an origin.
ON_CLOVRIX, IN_STORE = "on Clovrix", "in the store"


class Gathered(Record):
    """The layers of one load without the process environment, lowest first.

    ``ages`` has the age of each Clovrix layer by source, in seconds; ``None`` if just fetched.
    ``log`` has one line for each source. Without ``is_complete`` a problem prevented the
    fetch, so that not every name is known.
    """

    layers: tuple[Layer, ...]
    ages: Mapping[str, float | None] = {}
    staleness: Staleness | None = None
    log: tuple[str, ...] = ()
    is_complete: bool = True


def gather(inputs: Inputs) -> Gathered:
    """Return all layers but the process. Raises API errors; adds the rest to ``problems``."""
    inputs.read()
    files = inputs.files.layers
    if inputs.is_empty and inputs.marker is None and not inputs.problems:
        _refuse_nothing(inputs)
    defaults = inputs.defaults()
    _judge(inputs, [defaults, *files])
    remote = gather_remote(inputs) if _can_fetch(inputs) else Gathered((), is_complete=False)
    _judge(inputs, remote.layers, project_vouches=not inputs.endpoint_is_of_project)
    overrides = inputs.options.overrides
    above = one_case((overrides,)) if overrides else ()
    layers = (defaults, *remote.layers, *files, *above)
    counted = (_counted(layer, "value", "values") for layer in files)
    return remote.replaced(layers=layers, log=(*inputs.settings.log, *counted, *remote.log))


def gather_remote(inputs: Inputs) -> Gathered:
    """Fetch the layers of Clovrix. Raises ``ClovrixConfigError`` if there are problems so far."""
    inputs.read()
    if not _can_fetch(inputs):
        inputs.problems.raise_if_any()
    return _fetch(inputs) if inputs.fetches else Gathered(())


def _can_fetch(inputs: Inputs) -> bool:
    """Whether there are no problems so far; a missing token is one."""
    if not inputs.can_fetch and inputs.endpoint is not None:
        with inputs.problems:
            raise inputs.endpoint.missing_token(inputs.process.environ, may_be_kept=True)
    return not inputs.problems


def _fetch(inputs: Inputs) -> Gathered:
    environment = inputs.settings.environment
    assert environment is not None
    began = time.monotonic()
    log: list[str] = []
    client, endpoint = inputs.options.client, inputs.endpoint
    if client is not None:
        found = _fetch_by_client(inputs, client, environment)
    else:
        assert endpoint is not None
        found = _fetch_from(inputs, endpoint, environment, log)
    took = round((time.monotonic() - began) * 1000)
    layers: list[Layer] = []
    ages: dict[str, float | None] = {}
    where = IN_STORE if client is None and endpoint and endpoint.is_store else ON_CLOVRIX
    for item in found:
        source = f"{item.project}/{environment} {where}"
        layer = literal_layer(CLOVRIX, source, item.entries.items())
        layers.append(layer)
        ages[source] = item.age
        how = f"{inputs.address}, {took} ms"
        if item.age is not None:
            how = f"cached, {item.age:.0f} s old"
        log.append(f"{_counted(layer, 'entry', 'entries')} ({how})")
    return Gathered(one_case(layers), ages, _staleness(found, environment), tuple(log))


def _fetch_by_client(inputs: Inputs, client: Client, environment: str) -> list[FetchResult]:
    if inputs.settings.offline:
        raise ClovrixConfigError(
            "offline cannot be used with client=, whose values are not cached",
            "use only one of the two",
        )
    from clovrix_env.cache import fetch
    from clovrix_env.cache.freshness import FetchResult

    def fetched(project: str) -> FetchResult:
        entries = fetch.entries_by(client, project, environment, inputs.deadline)
        return FetchResult(project, entries)

    return fetch.side_by_side(inputs.settings.projects, fetched)


def _fetch_from(
    inputs: Inputs, endpoint: Endpoint, environment: str, log: list[str]
) -> list[FetchResult]:
    from clovrix_env.cache.freshness import FetchPolicy
    from clovrix_env.sources import clovrix

    settings = inputs.settings
    policy = FetchPolicy(
        environ=inputs.process.environ,
        environment=environment,
        deadline=inputs.deadline,
        cache=settings.cache,
        offline=settings.offline,
        folder=settings.cache_folder,
        began=lambda: _began(inputs),
        backoff=inputs.options.backoff,
        asks_now=inputs.options.wording.asks_now,
    )
    return clovrix.find(endpoint, settings.projects, policy, inputs.notes, log)


def _began(inputs: Inputs) -> int:
    """Return when this run began, in ns since the epoch; for a program's load, when it was called.

    A launcher's process began before its first line of Python. The result is limited by the
    timeout: after an hour in front of an exec, values that are an hour old are not fresh.
    """
    if not inputs.options.wording.starts:
        return inputs.called
    from clovrix_env.system.process import start_of_process

    return max(start_of_process(), inputs.called - int(inputs.settings.timeout * 1e9))


def _judge(inputs: Inputs, layers: Sequence[Layer], *, project_vouches: bool = True) -> None:
    allow, problems = inputs.options.wording.allow, inputs.problems
    guard.judge(
        layers,
        inputs.settings,
        allow,
        problems,
        process={} if inputs.options.override else inputs.process.environ,
        project_vouches=project_vouches,
    )


def _refuse_nothing(inputs: Inputs) -> None:
    """Refuse a load without any configuration, which would start an unconfigured program."""
    inputs.problems.add(
        f"nothing is configured in {inputs.settings.root.path}: there is no .clovrix, no project "
        "and no .env file",
        "name a project and an environment, or write a .clovrix or a .env",
    )
    for note in inputs.notes:  # they give the reason: a skipped .clovrix, a file not read
        inputs.problems.add(note)


def _staleness(found: Sequence[FetchResult], environment: str) -> Staleness | None:
    stale = {f"{item.project}/{environment}": item for item in found if item.why}
    if not stale:
        return None
    from clovrix_env.model.ages import Staleness

    ages = {place: item.age or 0.0 for place, item in stale.items()}
    oldest = max(ages, key=lambda place: ages[place])
    return Staleness(ages[oldest], stale[oldest].why, ages)


def _counted(layer: Layer, one: str, many: str) -> str:
    count = len(layer.bindings)
    return f"{layer.source}: {count} {one if count == 1 else many}"
