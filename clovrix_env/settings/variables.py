"""The ``CLOVRIX_*`` variables: their values, what they mean, and what is refused."""

from __future__ import annotations

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.settings.project_file import Cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Each variable: the values that it accepts (empty for any text), and what it means.
VARIABLES: dict[str, tuple[tuple[str, ...], str]] = {
    "CLOVRIX_PROJECT": ((), "the project"),
    "CLOVRIX_ENVIRONMENT": ((), "the environment"),
    "CLOVRIX_ROOT": ((), "the folder of `.clovrix` and the `.env` files"),
    "CLOVRIX_TOKEN": ((), "the API token; empty counts as unset"),
    "CLOVRIX_TOKEN_FILE": ((), "a file that holds the token"),
    "CLOVRIX_API_URL": ((), "`https://host[:port]`, or `file:PATH` for the embedded store"),
    "CLOVRIX_ALLOW_HTTP": ((), "`host[:port]` that may be asked without TLS"),
    "CLOVRIX_ALLOW": ((), "names that the guard lets pass, separated by commas"),
    "CLOVRIX_CACHE": ((), "`max_age=…,stale_if_error=…`: replaces `[cache]`"),
    "CLOVRIX_CACHE_DIR": ((), "where last known values lie"),
    "CLOVRIX_OFFLINE": (("1",), "last known values only"),
    "CLOVRIX_REMOTE": (("off",), "files, process and defaults only"),
    "CLOVRIX_DISABLED": (("1",), "clovrix-env does nothing"),
    "CLOVRIX_MASTER_KEY": ((), "the embedded store's master key: the line itself"),
    "CLOVRIX_AUTOLOAD": (("1",), "the start-up hook loads"),
    "CLOVRIX_AUTOLOAD_ON_ERROR": (("exit", "warn"), "what the hook does when it cannot"),
}


def check_variables(environ: Mapping[str, str]) -> None:
    """Refuse a ``CLOVRIX_*`` variable that is empty or has a value without a meaning."""
    problems: list[str] = []
    for name, (values, _) in VARIABLES.items():
        value = environ.get(name)
        if value is None or (not value and name == "CLOVRIX_TOKEN"):
            continue
        if not value:
            problems.append(f"{name} is set and empty")
        elif values and value not in values:
            problems.append(
                f"{name} is {' or '.join(values)}, or unset; it is set to something else"
            )
    if problems:
        raise ClovrixConfigError(problems, "unset it, or give it a value")


def near_misses(environ: Mapping[str, str]) -> list[str]:
    """A line for each variable that looks like a misspelled one of clovrix-env's own."""
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
    """Whether Clovrix is not to be asked, whatever a door is asked for."""
    return is_disabled(environ) or environ.get("CLOVRIX_REMOTE") == "off"


def allowed_names(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The names in ``CLOVRIX_ALLOW``."""
    items = environ.get("CLOVRIX_ALLOW", "").split(",")
    return tuple(name for name in (item.strip() for item in items) if name)


def cache_of(environ: Mapping[str, str]) -> Cache | None:
    """What ``CLOVRIX_CACHE`` says, or ``None`` where it is not set."""
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
                "CLOVRIX_CACHE cannot be read", "write max_age=30s,stale_if_error=24h"
            )
        ages[key] = seconds
    return Cache(**ages)
