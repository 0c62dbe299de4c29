"""Each format on its own: a few hard environments, and its bounds."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from transfer import readers
from transfer.environments import environments
from transfer.round_trip import DOCKER, FORMS, NAMES, round_trip

from clovrix_env.api.limits import is_key
from clovrix_env.cli import importing
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.export import github
from clovrix_env.export.docker import Docker
from clovrix_env.export.dotenv import Dotenv
from clovrix_env.export.format import exported
from clovrix_env.export.json_object import Json
from clovrix_env.export.kubernetes import Secret
from clovrix_env.export.systemd import Systemd
from clovrix_env.export.yaml_mapping import Yaml

if TYPE_CHECKING:
    from pathlib import Path

    from transfer.readers import Reader

    from clovrix_env.export.format import Format

COUNT = 40


@pytest.fixture(scope="module")
def drawn() -> list[dict[str, str]]:
    return environments(COUNT)


@pytest.mark.parametrize(("form", "reader"), FORMS, ids=NAMES)
def test_the_formats_own_reader_reads_it_back(
    form: Format, reader: Reader, drawn: list[dict[str, str]], tmp_path: Path
) -> None:
    """To the letter, whatever it is."""
    trip = round_trip(form, reader, drawn, tmp_path)
    assert (trip.read, trip.differ) == (COUNT, 0)
    assert trip.values > trip.refused


@pytest.mark.parametrize(("form", "kind"), [(Json(), "json"), (Yaml(), "yaml")])
def test_what_is_exported_is_imported_again(
    form: Format, kind: str, drawn: list[dict[str, str]], tmp_path: Path
) -> None:
    """By import's own readers, as long as Clovrix takes it."""
    for number, environment in enumerate(drawn):
        taken = {name: value for name, value in environment.items() if is_key(name)}
        path = tmp_path / f"{number}.{kind}"
        path.write_bytes(exported(taken, form).encode())
        assert {each.name: each.value for each in importing.read([str(path)], None)} == taken


def test_dockers_longest_line_is_written_and_no_longer_one(tmp_path: Path) -> None:
    """64 KiB with its newline: the command itself reads that, and refuses one more."""
    longest = {"A": "x" * (64 * 1024 - len("A=\n"))}
    text = exported(longest, Docker())
    with pytest.raises(ClovrixConfigError, match=r"^A: makes a line of more than 65536 bytes"):
        exported({"A": longest["A"] + "x"}, Docker())
    assert readers.by_docker_rules([text], tmp_path) == [longest]
    if DOCKER:
        assert readers.by_docker(DOCKER)([text], tmp_path) == [longest]
        too_long = tmp_path / "too-long"
        too_long.write_text(text.replace("A=", "A=x"))
        refused = subprocess.run(
            [DOCKER, "create", "--env-file", too_long, "image"],
            env={"DOCKER_HOST": "tcp://127.0.0.1:9", "HOME": str(tmp_path)},
            capture_output=True,
            timeout=30,
        )
        assert b"token too long" in refused.stderr


REFUSED: list[tuple[Format, dict[str, str]]] = [
    (Dotenv(), {"A": "${B}", "B": "two\nlines\\", "C": "it's\\"}),
    (Docker(), {"A": "1\n2", "B": "1\r"}),
    (github.GitHub("end"), {"GITHUB_ENV": "1", "runner_os": "1", "Node_Options": "1", "A": "\r"}),
    (Secret("app"), {"a b": "1", "..": "1", ".": "1", "": "1", "x" * 254: "1"}),
    (Systemd(), {"A": "\x1b", "B": "\r", "C": "\ufffe", "D": "\U0010ffff", "E": "\ufdd0"}),
    (Yaml(), {"x" * 1024: "1"}),
]


@pytest.mark.parametrize(
    ("form", "values"), REFUSED, ids=[type(form).__name__ for form, _ in REFUSED]
)
def test_all_that_does_not_fit_is_named(form: Format, values: dict[str, str]) -> None:
    """Each of it in one error, and no value with it."""
    with pytest.raises(ClovrixConfigError) as raised:
        exported({**values, "GOOD": "1"}, form)
    assert len(raised.value.problems) == len(values)
    for problem, name in zip(raised.value.problems, values):
        assert problem.startswith((f"{name}: ", f"{name!a}: "))


def test_a_delimiter_is_drawn_again_where_a_value_holds_it() -> None:
    """Whoever guessed it would have to guess the next one too."""
    drawn = iter(("one", "two", "three"))
    found = github.delimiter({"A": "one", "B": "x two"}, lambda: next(drawn))
    assert found == "three"
