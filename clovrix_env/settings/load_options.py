"""``LoadOptions``: the arguments of one load, and how its caller words what messages recommend."""

from __future__ import annotations

from clovrix_env.model.names import OURS
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.client.client import Client
    from clovrix_env.model.layer import Layer


class Wording(Record):
    """How an entry point words what its messages recommend."""

    program: str
    local: str
    allow: str
    root: str
    asks_now: str = ""
    starts: bool = False  # whether each load is a new process


FUNCTION_WORDING = Wording("clovrix-env", "local=True", "allow=", "root=")
LAUNCHER_WORDING = Wording(
    "clovrix-exec", "--local", "--allow", "--root", "; --no-backoff asks now", starts=True
)
COMMAND_WORDING = LAUNCHER_WORDING.replaced(program="clovrix-env")
HOOK_WORDING = FUNCTION_WORDING.replaced(allow="")


class LoadOptions(Record):
    """The arguments of one load as they were given, or their defaults.

    ``rootless``: there is no root and no ``.clovrix``; the process environment decides everything.
    ``root_is_named``: the user named ``root``, so that files of other users in it count.
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
        """Whether nothing but project, environment, selection and root was given."""
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
    """What is wrong with one item of ``overrides=`` or ``--set``; empty where nothing is."""
    if not isinstance(name, str) or not name or "=" in name or "\0" in name:
        return f"has {name!a}, which is no name of a variable"
    if name.startswith(OURS):
        return f"has {name}, which is ours: set it in the process environment"
    if not isinstance(value, str):
        return f"gives {name} a {type(value).__name__}, not a text"
    return f"gives {name} a NUL character" if "\0" in value else ""
