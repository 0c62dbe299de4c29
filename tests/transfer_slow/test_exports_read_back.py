"""Two thousand environments in every format, read back by the format's own reader."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from transfer import readers
from transfer.environments import environments

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.export import github
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
    from pathlib import Path

    from transfer.readers import Reader

    from clovrix_env.export.format import Format

COUNT = 2_000
_AT_ONCE = 100
_DELIMITER = "clovrix_0123456789abcdef"
_DOCKER = shutil.which("docker")
_SYSTEMD = readers.systemd_library()

READERS: list[tuple[Format, str, Reader]] = [
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
    *([(Docker(), "docker", readers.by_docker(_DOCKER))] if _DOCKER else []),
    (GitHub(_DELIMITER), "the rules", readers.by_github_rules),
    (GitHub(_DELIMITER), "the rules on Windows", readers.by_github_rules_on_windows),
    (Secret("app"), "PyYAML and base64", readers.by_kubernetes),
    (Systemd(), "the rules", readers.by_systemd_rules),
    *([(Systemd(), "systemd's code", readers.by_systemd(_SYSTEMD))] if _SYSTEMD else []),
]


@pytest.fixture(scope="module")
def drawn() -> list[dict[str, str]]:
    return environments(COUNT)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("form", "reader"),
    [(form, reader) for form, _, reader in READERS],
    ids=[f"{type(form).__name__} by {name}" for form, name, _ in READERS],
)
def test_what_is_written_is_read_back(
    form: Format,
    reader: Reader,
    drawn: list[dict[str, str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No difference: what a reader would not give back is refused, with its name."""
    fitting = [_fitting(form, environment) for environment in drawn]
    texts = [exported(environment, form) for environment in fitting]
    read = [
        found
        for at in range(0, COUNT, _AT_ONCE)
        for found in reader(texts[at : at + _AT_ONCE], tmp_path)
    ]
    differ = sum(one != other for one, other in zip(fitting, read))
    values, refused = (
        sum(map(len, fitting)),
        sum(map(len, drawn)) - sum(map(len, fitting)),
    )
    with capsys.disabled():
        print(
            f"\n{len(read)} environments, {values} values, {refused} refused by name, "
            f"{differ} differences"
        )
    assert len(read) == COUNT
    assert differ == 0
    assert values > refused


def test_every_line_of_a_value_is_masked(drawn: list[dict[str, str]]) -> None:
    """Whole, and line by line, for that is how a log shows it; white space alone is not."""
    for environment in drawn:
        hidden = readers.masked(github.masks(environment, plain=()))
        for value in environment.values():
            lines = {value, *value.replace("\r", "\n").split("\n")}
            assert {line for line in lines if line.strip()} <= hidden


def _fitting(form: Format, environment: dict[str, str]) -> dict[str, str]:
    """What is left of an environment when the names are taken out that the refusal names."""
    try:
        exported(environment, form)
    except ClovrixConfigError as error:
        refused = {problem.split(":")[0] for problem in error.problems}
        assert refused <= environment.keys()
        return {name: value for name, value in environment.items() if name not in refused}
    return environment
