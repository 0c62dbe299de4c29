"""The protocol that both ends share: operations, messages, limits and the wire format."""

# Pure: nothing here reads a file, a clock or a socket.

from clovrix_env import __version__

PATH_PREFIX = "/api/public/v1"
USER_AGENT = f"clovrix-env/{__version__}"
