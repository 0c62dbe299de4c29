"""The same command and store as the quick tests have."""

from __future__ import annotations

from transfer.conftest import at_store, command

__all__ = ["at_store", "command"]
