"""Writes one JSON object of strings, in ASCII."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Json:
    """A JSON object, which can contain every name and value."""

    def why_not(self, name: str, value: str) -> str:
        return ""

    def text(self, values: Mapping[str, str]) -> str:
        return json.dumps(dict(values), indent=2) + "\n"
