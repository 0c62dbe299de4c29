"""Environments written in a format and read back by its reader: what came of them, in numbers."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

from transfer import readers

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.export.docker import Docker
from clovrix_env.export.dotenv import Dotenv
from clovrix_env.export.format import exported
from clovrix_env.export.github import GitHub
from clovrix_env.export.json_object import Json
from clovrix_env.export.kubernetes import Secret
from clovrix_env.export.shell import Shell
from clovrix_env.export.systemd import Systemd
from clovrix_env.export.yaml_mapping import Yaml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from transfer.readers import Reader

    from clovrix_env.export.format import Format

# So many go into one process.
_AT_ONCE = 100
_DELIMITER = "clovrix_0123456789abcdef"
DOCKER = shutil.which("docker")
_SYSTEMD = readers.systemd_library()

_READERS: list[tuple[Format, str, Reader]] = [
    *(
        (Shell(), shell, readers.by_shell(shell))
        for shell in ("bash", "dash")
        if shutil.which(shell)
    ),
    (Dotenv(), "python-dotenv", readers.by_python_dotenv),
    (Dotenv(), "our dialect", readers.by_our_dialect),
    (Json(), "json", readers.by_json),
    (Yaml(), "PyYAML", readers.by_yaml),
    (Docker(), "the rules", readers.by_docker_rules),
    *([(Docker(), "docker", readers.by_docker(DOCKER))] if DOCKER else []),
    (GitHub(_DELIMITER), "the rules", readers.by_github_rules),
    (GitHub(_DELIMITER), "the rules on Windows", readers.by_github_rules_on_windows),
    (Secret("app"), "PyYAML and base64", readers.by_kubernetes),
    (Systemd(), "the rules", readers.by_systemd_rules),
    *([(Systemd(), "systemd's code", readers.by_systemd(_SYSTEMD))] if _SYSTEMD else []),
]


FORMS = [(form, reader) for form, _, reader in _READERS]
NAMES = [f"{type(form).__name__} by {name}" for form, name, _ in _READERS]


class Trip(NamedTuple):
    """How many environments were read and how many of them differ; values written and refused."""

    read: int
    differ: int
    values: int
    refused: int

    def __str__(self) -> str:
        return (
            f"{self.read} environments, {self.values} values, {self.refused} refused by name, "
            f"{self.differ} differences"
        )


def round_trip(form: Format, reader: Reader, drawn: Sequence[dict[str, str]], folder: Path) -> Trip:
    """Write what fits of each environment, and read it back."""
    fitting = [_fitting(form, environment) for environment in drawn]
    texts = [exported(environment, form) for environment in fitting]
    read = [
        found
        for at in range(0, len(drawn), _AT_ONCE)
        for found in reader(texts[at : at + _AT_ONCE], folder)
    ]
    values = sum(map(len, fitting))
    return Trip(
        read=len(read),
        differ=sum(one != other for one, other in zip(fitting, read)),
        values=values,
        refused=sum(map(len, drawn)) - values,
    )


def _fitting(form: Format, environment: dict[str, str]) -> dict[str, str]:
    """What is left of an environment when the names are taken out that the refusal names."""
    try:
        exported(environment, form)
    except ClovrixConfigError as error:
        refused = {problem.split(":")[0] for problem in error.problems}
        assert refused <= environment.keys()
        return {name: value for name, value in environment.items() if name not in refused}
    return environment
