"""``LoadOptions``: the arguments of one load, and its entry point's wording of messages."""

from __future__ import annotations

from clovrix_env.model.names import OURS
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.client.client import Client
    from clovrix_env.model.layer import Layer


class Wording(Record):
    """An entry point's words for the options that messages recommend."""

    program: str
    local: str
    allow: str
    root: str
    asks_now: str = ""
    starts: bool = False  # whether each load is a new process


FUNCTION_WORDING = Wording("clovrix-env", "local=True", "allow=", "root=")
LAUNCHER_WORDING = Wording(
    "clovrix-exec",
    "--local",
    "--allow",
    "--root",
    "; --no-backoff sends a request now",
    starts=True,
)
COMMAND_WORDING = LAUNCHER_WORDING.replaced(program="clovrix-env")
HOOK_WORDING = FUNCTION_WORDING.replaced(allow="")


class LoadOptions(Record):
    """The arguments of one load, or their defaults.

    ``rootless``: there is no root and no ``.clovrix``; the process environment decides everything.
    ``root_is_named``: the user named ``root``, so that other users' files in it count.
    """

    project: str | None = None
    environment: str | None = None
    root: str | None = None
    files: tuple[str, ...] | None = None
    local: bool | None = None
    override: bool = False
    overrides: Layer | None = None
    remote: bool = True
    offline: bool = False
    only: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    allow: tuple[str, ...] = ()
    timeout: float | None = None
    client: Client | None = None
    backoff: bool = True
    wording: Wording = FUNCTION_WORDING
    rootless: bool = False
    root_is_named: bool = True

    @property
    def names_only_a_place(self) -> bool:
        """Whether all other arguments than project, environment, selection and root are unset."""
        return (
            self.files is None
            and self.local is None
            and not self.override
            and self.overrides is None
            and self.remote
            and not self.offline
            and self.client is None
        )


def why_no_override(name: object, value: object) -> str:
    """Return what is wrong with an item of ``overrides=`` or ``--set``; empty if it is valid."""
    if not isinstance(name, str) or not name or "=" in name or "\0" in name:
        return f"contains {name!a}, which is not a valid variable name"
    if name.startswith(OURS):
        return f"contains {name}, which is reserved: set it in the process environment"
    if not isinstance(value, str):
        return f"sets {name} to a value of type {type(value).__name__}; it must be a string"
    return f"sets {name} to a value that contains a NUL character" if "\0" in value else ""
