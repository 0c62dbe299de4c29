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
    """As a log shows it; of several lines those that hide no more than the value."""
    for environment in drawn:
        hidden = readers.masked(github.masks(environment, plain=()))
        for value in environment.values():
            lines = [line for line in value.replace("\r", "\n").split("\n") if line.strip()]
            long = [line for line in lines if sum(map(str.isalnum, line)) >= 4]
            assert set(lines if len(lines) == 1 else long) <= hidden
