"""Generated environments in every format, read back by the format's own reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from repeated import repeated
from transfer import readers
from transfer.environments import environments
from transfer.round_trip import FORMS, NAMES, round_trip

from clovrix_env.export import github

if TYPE_CHECKING:
    from pathlib import Path

    from transfer.readers import Reader

    from clovrix_env.export.format import Format


@pytest.fixture(scope="module", params=repeated(200, deep=4_000))
def drawn(request: pytest.FixtureRequest) -> list[dict[str, str]]:
    return environments(request.param)


@pytest.mark.parametrize(("form", "reader"), FORMS, ids=NAMES)
def test_what_is_written_is_read_back(
    form: Format,
    reader: Reader,
    drawn: list[dict[str, str]],
    tmp_path: Path,
) -> None:
    """No difference: what a reader would not give back is refused, with its name."""
    trip = round_trip(form, reader, drawn, tmp_path)
    print(trip)
    assert (trip.read, trip.differ) == (len(drawn), 0)
    assert trip.values > trip.refused


def test_every_line_of_a_value_is_masked(drawn: list[dict[str, str]]) -> None:
    """Whole, and line by line, for that is how a log shows it; white space alone is not."""
    for environment in drawn:
        hidden = readers.masked(github.masks(environment, plain=()))
        for value in environment.values():
            lines = {value, *value.replace("\r", "\n").split("\n")}
            assert {line for line in lines if line.strip()} <= hidden
