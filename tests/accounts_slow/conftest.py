"""The same people as in ``accounts``: what they do here takes longer."""

from __future__ import annotations

from accounts.conftest import clovrix, newcomer, person, terminal, writer

__all__ = ["clovrix", "newcomer", "person", "terminal", "writer"]
