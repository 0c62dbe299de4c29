"""``--only`` and ``--exclude``: an option replaces the list of its name in ``[select]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from launch.launcher import environment, refusal

if TYPE_CHECKING:
    from launch.launcher import Launcher

_NAMES = {"DB_HOST", "DB_PORT", "DB_ROOT", "LOG_LEVEL"}


@pytest.fixture(autouse=True)
def declared(launcher: Launcher) -> None:
    """``[select]`` takes DB_* but DB_ROOT."""
    (launcher.folder / ".clovrix").write_text(
        '[select]\nonly = ["DB_*"]\nexclude = ["*_ROOT"]\n[variables.DB_PORT]\nrequired = true\n'
    )
    (launcher.folder / ".env").write_text("".join(f"{name}=x\n" for name in sorted(_NAMES)))


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ((), {"DB_HOST", "DB_PORT"}),
        (("--only", "*"), {"DB_HOST", "DB_PORT", "LOG_LEVEL"}),
        (("--only", "LOG_*", "--only", "DB_P*"), {"LOG_LEVEL", "DB_PORT"}),
        (("--exclude", "DB_H*"), {"DB_PORT", "DB_ROOT"}),
        (("--only", "*", "--exclude", "DB_[HR]*"), {"DB_PORT", "LOG_LEVEL"}),
        (("--exclude", "log_level"), {"DB_HOST", "DB_PORT", "DB_ROOT"}),
        (("--exclude", "DB_HOST", "--set", "DB_HOST=y"), {"DB_HOST", "DB_PORT", "DB_ROOT"}),
    ],
)
def test_option_replaces_the_list_of_its_name(
    launcher: Launcher, words: tuple[str, ...], names: set[str]
) -> None:
    """The other list stays; ``--exclude`` beats ``--only``, and ``--set`` is never left out."""
    found = {name.decode() for name in environment(launcher(*words, "--", "env", "-0"))}
    assert found & _NAMES == names


def test_process_environment_is_never_selected_from(launcher: Launcher) -> None:
    """It is the program's already."""
    launcher.environ.update(LOG_LEVEL="process", DB_ROOT="process")
    found = environment(launcher("--", "env", "-0"))
    assert found[b"LOG_LEVEL"] == found[b"DB_ROOT"] == b"process"


def test_required_name_that_an_option_leaves_out_is_told(launcher: Launcher) -> None:
    """The contract is checked against what the program will see."""
    problem = refusal(launcher("--only", "LOG_*", "--", "env"))[0]
    assert problem == (
        "DB_PORT is required and not set (left out: not in only LOG_*; declared in .clovrix:4); "
        "expected text"
    )
