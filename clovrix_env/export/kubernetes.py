"""Writes a Secret of Kubernetes, for ``kubectl apply -f``."""

from __future__ import annotations

import re
from base64 import b64encode

from clovrix_env.export.format import check_size, sizes_of
from clovrix_env.export.yaml_mapping import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_BYTES = 1024 * 1024
_LONGEST = 253
_KEY = re.compile(r"[-._A-Za-z0-9]+")
_LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


class Secret:
    """A manifest of kind Secret and type Opaque, whose ``data`` is base64. ``name`` is checked."""

    def __init__(self, name: str) -> None:
        self._name = name

    def why_not(self, name: str, value: str) -> str:
        if _KEY.fullmatch(name) and len(name) <= _LONGEST and name != "." and name[:2] != "..":
            return ""
        return f"a key of a Secret must be at most {_LONGEST} letters, digits, -, _ and ."

    def text(self, values: Mapping[str, str]) -> str:
        check_size(sizes_of(values), _MOST_BYTES, "a Secret")
        entries = [
            f"  {quoted(name)}: {quoted(b64encode(value.encode()).decode())}\n"
            for name, value in values.items()
        ]
        head = f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {quoted(self._name)}\n"
        data = "data:\n" + "".join(entries) if entries else "data: {}\n"
        return f"{head}type: Opaque\n{data}"


def is_secret_name(name: str) -> bool:
    """Whether Kubernetes accepts this as the name of an object: a DNS name in lower case."""
    return len(name) <= _LONGEST and _NAME.fullmatch(name) is not None
