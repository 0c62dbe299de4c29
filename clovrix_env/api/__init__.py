"""The protocol that both ends share: operations, messages, limits and the wire format."""

# Pure: nothing here reads a file, a clock or a socket.

from clovrix_env import __version__

PATH_PREFIX = "/api/public/v1"
# The paths of clovrix-env's own operations start with this.
HISTORY_PREFIX = f"{PATH_PREFIX}/x-clovrix-env"
USER_AGENT = f"clovrix-env/{__version__}"

OF_ENVIRONMENT = "/environments/{environment}"
_ENVIRONMENT = f"/projects/{{project}}{OF_ENVIRONMENT}"
_ENTRY = f"{_ENVIRONMENT}/entries/{{key}}"
# The method and the path of each operation. A log of all environments has no ``OF_ENVIRONMENT``.
TARGETS = {
    "get_entries": ("GET", f"{PATH_PREFIX}{_ENVIRONMENT}/entries"),
    "set_entries": ("POST", f"{PATH_PREFIX}{_ENVIRONMENT}/entries"),
    "get_entry": ("GET", f"{PATH_PREFIX}{_ENTRY}"),
    "set_entry": ("POST", f"{PATH_PREFIX}{_ENTRY}"),
    "get_history": ("GET", f"{HISTORY_PREFIX}{_ENTRY}/history"),
    "restore_entry": ("POST", f"{HISTORY_PREFIX}{_ENTRY}/restore"),
    "delete_entry": ("DELETE", f"{HISTORY_PREFIX}{_ENTRY}"),
    "get_log": ("GET", f"{HISTORY_PREFIX}{_ENVIRONMENT}/log"),
}
