"""Checks each declared variable against the environment that the program will get. Pure.

The check runs after precedence is decided and before anything is applied. It reports all violations
together.
"""

from __future__ import annotations

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.layer import FILE, PROCESS, Location
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping
    from typing import Any

    from clovrix_env.contract.variable import Variable
    from clovrix_env.errors import Problems

REMEDY = (
    "set a valid value on Clovrix, in a .env file or in the process environment; "
    "clovrix-env explain shows where each value comes from"
)
LINK_REMEDY = "set enableServiceLinks: false in the Pod's spec to remove service links"
_PROCESS = Location(PROCESS, "process environment")
# Kubernetes sets NAME_SERVICE_HOST, NAME_PORT=tcp://… and NAME_PORT_80_TCP=… for each Service.
_SERVICE = "_SERVICE_HOST"
_LINK = ("tcp://", "udp://", "sctp://")


class ContractInput(Record, hidden=("values",)):
    """The values that the program will get, and the place of each.

    A name without a place comes from the process environment. ``unknown`` are names whose value
    could not be determined, which is reported elsewhere; ``left_out`` has the reason for each name
    that was not selected; ``services`` are the Kubernetes Services that the process environment
    names; ``why_unset`` returns where a name is set although it does not count.
    """

    values: Mapping[str, str]
    places: Mapping[str, Location]
    unknown: Container[str]
    left_out: Mapping[str, str]
    services: Iterable[str]
    why_unset: Callable[[str], str]


class Contract(Record):
    """The declarations of ``.clovrix`` by name; ``source`` is the file's name in messages."""

    variables: Mapping[str, Variable] = {}
    source: str = ".clovrix"

    def find(self, name: str) -> Variable | None:
        """Return the declaration of a name, or ``None``."""
        return self.variables.get(name)

    def check(self, environment: str | None, seen: ContractInput, problems: Problems) -> None:
        """Add each violation in an environment as one line without the value."""
        for name, variable in self.variables.items():
            if name in seen.unknown:
                continue
            required = variable.is_required(environment)
            whats: list[str] = []
            value = seen.values.get(name)
            if value is None:
                if required:
                    why = f"left out: {seen.left_out[name]}; " if name in seen.left_out else ""
                    declared = Location(FILE, self.source, variable.line)
                    here = problems.about("missing", declared, name)
                    what, elsewhere = "is required and not set", seen.why_unset(name)
                    if elsewhere:
                        here.add(f"{name} {what}. {elsewhere}")
                    else:
                        here.add(_sentence(variable, what, f"{why}declared in {declared}"), REMEDY)
                continue
            if required and variable.is_empty(value):
                whats = ["is required and empty"]
            else:
                with problems.about("contract", Location(FILE, self.source, variable.line), name):
                    whats = list(variable.why_unfit(value))
            if whats:
                place, kind, remedy = seen.places.get(name, _PROCESS), "", REMEDY
                if is_service_link(name, value, seen.services):
                    kind, remedy = ", a Kubernetes service link", LINK_REMEDY
                for what in whats:
                    problems.about("contract", place, name).add(
                        _sentence(variable, what, f"{place}{kind}"), remedy
                    )


def typed(variable: Variable, value: str, place: Location) -> Any:
    """Return a value in its declared type. Raises ``ClovrixConfigError`` if it does not fit."""
    unfit = [_sentence(variable, what, str(place)) for what in variable.why_unfit(value)]
    if unfit:
        raise ClovrixConfigError(unfit, REMEDY)
    return variable.read(value)


def _sentence(variable: Variable, what: str, place: str) -> str:
    about = f": {variable.description}" if variable.description else ""
    return f"{variable.name} {what} ({place}); expected {variable.expected}{about}"


def services_of(environ: Iterable[str]) -> frozenset[str]:
    """Return the Kubernetes Services that the names of an environment refer to."""
    return frozenset(name[: -len(_SERVICE)] for name in environ if name.endswith(_SERVICE))


def is_service_link(name: str, value: str, services: Iterable[str]) -> bool:
    """Whether a value is the address that Kubernetes sets for a Service of that name."""
    return value.startswith(_LINK) and any(
        f"{name}_".startswith(f"{service}_PORT_") for service in services
    )
