"""The command in a folder of its own, as for exports; what was met in the field is tried on it."""

from accounts.conftest import newcomer, person, terminal
from transfer.conftest import at_store, command

__all__ = ["at_store", "command", "newcomer", "person", "terminal"]
