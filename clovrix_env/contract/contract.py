"""The contract: every declared variable held against what the program will see. Pure.

Checked after the merge and before anything is applied; all violations are told at once.
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
    "give each a fitting value on Clovrix, in a .env file or in the process environment; "
    "clovrix-env explain tells where each comes from"
)
LINK_REMEDY = "enableServiceLinks: false in the Pod's spec takes service links away"
_PROCESS = Location(PROCESS, "process environment")
# What Kubernetes sets for a Service: NAME_SERVICE_HOST, NAME_PORT=tcp://…, NAME_PORT_80_TCP=….
_SERVICE = "_SERVICE_HOST"
_LINK = ("tcp://", "udp://", "sctp://")


class ContractInput(Record, hidden=("values",)):
    """What the program will see, and of each name where it stands; without one: in the process.

    ``unknown`` are names whose value could not be made out, which was told already; ``left_out``
    says of names why they were not selected; ``services`` are the Kubernetes Services that the
    process environment names; ``why_unset`` says of a name where it is set without counting.
    """

    values: Mapping[str, str]
    places: Mapping[str, Location]
    unknown: Container[str]
    left_out: Mapping[str, str]
    services: Iterable[str]
    why_unset: Callable[[str], str]


class Contract(Record):
    """What ``.clovrix`` declares, by name; ``source`` is what messages call that file."""

    variables: Mapping[str, Variable] = {}
    source: str = ".clovrix"

    def find(self, name: str) -> Variable | None:
        """The declaration of a name, or ``None``."""
        return self.variables.get(name)

    def check(self, environment: str | None, seen: ContractInput, problems: Problems) -> None:
        """Add every violation in an environment: a line each, and never the value."""
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
            if required and not value:
                whats = ["is required and empty"]
            else:
                with problems.about("contract", Location(FILE, self.source, variable.line), name):
                    whats = list(variable.why_unfit(value))
            if whats:
                place, said, remedy = seen.places.get(name, _PROCESS), "", REMEDY
                if is_service_link(name, value, seen.services):
                    said, remedy = ", a Kubernetes service link", LINK_REMEDY
                for what in whats:
                    problems.about("contract", place, name).add(
                        _sentence(variable, what, f"{place}{said}"), remedy
                    )


def typed(variable: Variable, value: str, place: Location) -> Any:
    """The value that a text stands for; ``ClovrixConfigError`` for one that does not fit."""
    unfit = [_sentence(variable, what, str(place)) for what in variable.why_unfit(value)]
    if unfit:
        raise ClovrixConfigError(unfit, REMEDY)
    return variable.value_type.read(value)


def _sentence(variable: Variable, what: str, place: str) -> str:
    about = f": {variable.description}" if variable.description else ""
    return f"{variable.name} {what} ({place}); expected {variable.expected}{about}"


def services_of(environ: Iterable[str]) -> frozenset[str]:
    """The Kubernetes Services that the names of an environment speak of."""
    return frozenset(name[: -len(_SERVICE)] for name in environ if name.endswith(_SERVICE))


def is_service_link(name: str, value: str, services: Iterable[str]) -> bool:
    """Whether a value is the address that Kubernetes sets for a Service of that name."""
    return value.startswith(_LINK) and any(
        f"{name}_".startswith(f"{service}_PORT_") for service in services
    )
