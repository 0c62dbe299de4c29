"""The ``CLOVRIX_*`` variables: valid values, meanings, and the check of all of them."""

from __future__ import annotations

from clovrix_env.errors import ClovrixConfigError, Problems
from clovrix_env.settings.project_file import Cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# The valid values of each variable (empty for any text), and its meaning.
VARIABLES: dict[str, tuple[tuple[str, ...], str]] = {
    "CLOVRIX_PROJECT": ((), "the project"),
    "CLOVRIX_ENVIRONMENT": ((), "the environment"),
    "CLOVRIX_ROOT": ((), "the folder of `.clovrix` and the `.env` files"),
    "CLOVRIX_TOKEN": ((), "the API token; empty counts as unset"),
    "CLOVRIX_TOKEN_FILE": ((), "a file that contains the token"),
    "CLOVRIX_API_URL": ((), "`https://host[:port]`, or `file:PATH` for the embedded store"),
    "CLOVRIX_ALLOW_HTTP": ((), "`host[:port]` that requests may go to without TLS"),
    "CLOVRIX_ALLOW": ((), "names that the guard allows, separated by commas"),
    "CLOVRIX_CACHE": ((), "`max_age=…,stale_if_error=…`: replaces `[cache]`"),
    "CLOVRIX_CACHE_DIR": ((), "the folder of cached values"),
    "CLOVRIX_OFFLINE": (("1",), "use cached values only"),
    "CLOVRIX_REMOTE": (("off",), "use files, process environment and defaults only"),
    "CLOVRIX_DISABLED": (("1",), "clovrix-env does nothing"),
    "CLOVRIX_MASTER_KEY": (
        (),
        "the embedded store's master key: the line itself, `file:PATH` or `cmd:COMMAND`",
    ),
    "CLOVRIX_STORE": (
        (),
        "`file:PATH` or `postgresql://…`: the store that `clovrix-env local` and `serve` use",
    ),
    "CLOVRIX_AUTOLOAD": (("1",), "the start-up hook loads the values"),
    "CLOVRIX_AUTOLOAD_ON_ERROR": (("exit", "warn"), "the reaction of the hook to an error"),
}


def check_variables(environ: Mapping[str, str]) -> None:
    """Refuse a ``CLOVRIX_*`` variable that is empty or has an invalid value."""
    problems = Problems()
    for name, (values, _) in VARIABLES.items():
        value = environ.get(name)
        if value is None or (not value and name == "CLOVRIX_TOKEN"):
            continue
        if not value:
            problems.add(f"{name} is set but empty", f"set {name} to a value, or unset it")
        elif values and value not in values:
            assignments = " or ".join(f"{name}={valid}" for valid in values)
            problems.add(
                f"{name} must be {', '.join(values)} or unset", f"set {assignments}, or unset it"
            )
    problems.raise_if_any()


def near_misses(environ: Mapping[str, str]) -> list[str]:
    """Return one line for each variable that looks like a misspelled ``CLOVRIX_*`` one."""
    unknown = [name for name in environ if "CLOV" in name or "OVRIX" in name]
    unknown = [name for name in unknown if name not in VARIABLES and not name.startswith("__")]
    if not unknown:
        return []
    from clovrix_env.settings.near_misses import nearest

    found = ((name, nearest(name, VARIABLES)) for name in unknown)
    return [f"{name} is not known: did you mean {near}?" for name, near in found if near]


def is_disabled(environ: Mapping[str, str]) -> bool:
    return environ.get("CLOVRIX_DISABLED") == "1"


def asks_nobody(environ: Mapping[str, str]) -> bool:
    """Whether no request may be sent to Clovrix, whatever the arguments of an entry point are."""
    return is_disabled(environ) or environ.get("CLOVRIX_REMOTE") == "off"


def allowed_names(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names in ``CLOVRIX_ALLOW``."""
    items = environ.get("CLOVRIX_ALLOW", "").split(",")
    return tuple(name for name in (item.strip() for item in items) if name)


def cache_of(environ: Mapping[str, str]) -> Cache | None:
    """Return the ages in ``CLOVRIX_CACHE``, or ``None`` if it is not set."""
    text = environ.get("CLOVRIX_CACHE")
    if not text:
        return None
    from clovrix_env.model.ages import duration

    ages = {"max_age": Cache().max_age, "stale_if_error": Cache().stale_if_error}
    for item in text.split(","):
        key, _, value = item.strip().partition("=")
        seconds = duration(value)
        if key not in ages or seconds is None:
            raise ClovrixConfigError(
                "CLOVRIX_CACHE is not valid", "set CLOVRIX_CACHE=max_age=30s,stale_if_error=24h"
            )
        ages[key] = seconds
    return Cache(**ages)
