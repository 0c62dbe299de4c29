"""``--pristine`` and ``--keep``: what a program is left of the process environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from launch.launcher import environment, refusal

if TYPE_CHECKING:
    from launch.launcher import Launcher

SHOW = ("--", "env", "-0")
_USUAL = {
    "USER": "somebody",
    "LANG": "C.UTF-8",
    "LC_TIME": "de_DE.UTF-8",
    "TERM": "xterm",
    "TZ": "Europe/Berlin",
}
_OTHERS = {"PYTHONPATH", "SECRET", "PROXY_A", "PROXY_B", "LCX", "MY_PATH", "lang"}


@pytest.fixture(autouse=True)
def given(launcher: Launcher) -> None:
    """Some of what ``--pristine`` leaves, and some of what it does not."""
    launcher.environ.update(_USUAL)
    launcher.environ.update(dict.fromkeys(_OTHERS - {"PYTHONPATH"}, "given"))


def _names(launcher: Launcher, *words: str) -> set[str]:
    return {name.decode() for name in environment(launcher(*words, *SHOW))}


def test_program_gets_what_was_resolved_and_a_few_names(launcher: Launcher) -> None:
    """PATH, HOME, USER, LANG, LC_*, TERM and TZ, as they were given."""
    found = environment(launcher("--pristine", "--set", "LAST=x", *SHOW))
    assert {name.decode() for name in found} == {"PATH", "HOME", *_USUAL, "GREETING", "LAST"}
    assert found[b"TZ"] == b"Europe/Berlin"
    assert found[b"GREETING"] == b"hello"


def test_without_it_everything_is_handed_on(launcher: Launcher) -> None:
    """As the environment of a start is."""
    assert _names(launcher) == {"PATH", "HOME", "GREETING", *_USUAL, *_OTHERS}


@pytest.mark.parametrize(
    ("globs", "kept"),
    [
        (["SECRET"], {"SECRET"}),
        (["PROXY_*"], {"PROXY_A", "PROXY_B"}),
        (["PROXY_[B]", "?CX"], {"PROXY_B", "LCX"}),
        (["secret"], set()),
        (["*"], _OTHERS),
    ],
)
def test_keep_names_what_is_handed_on_too(
    launcher: Launcher, globs: list[str], kept: set[str]
) -> None:
    """By glob, case counts."""
    words = [word for glob in globs for word in ("--keep", glob)]
    assert _names(launcher, "--pristine", *words) == {"PATH", "HOME", "GREETING", *_USUAL, *kept}


def test_declared_name_of_the_process_is_handed_on(launcher: Launcher) -> None:
    """The contract says that the program expects it."""
    (launcher.folder / ".clovrix").write_text("[variables.SECRET]\nrequired = true\n")
    found = environment(launcher("--pristine", *SHOW))
    assert found[b"SECRET"] == b"given"
    assert b"PROXY_A" not in found


@pytest.mark.parametrize("keep", [(), ("--keep", "CLOVRIX_*"), ("--keep", "*")])
def test_token_is_handed_on_only_by_its_own_option(
    launcher: Launcher, keep: tuple[str, ...]
) -> None:
    """No glob means it."""
    secrets = {"CLOVRIX_TOKEN": "icr_x", "CLOVRIX_MASTER_KEY": "x"}
    launcher.environ.update(secrets)
    assert not _names(launcher, "--pristine", *keep) & set(secrets)
    assert _names(launcher, "--pristine", "--pass-token", *keep) >= set(secrets)


def test_program_below_finds_what_stands(launcher: Launcher) -> None:
    """The marker is handed on: another ``clovrix-exec`` below asks nobody and drops nothing."""
    inner = (*launcher.argv("--", "env", "-0"),)
    outer = ("--pristine", "--keep", "PYTHONPATH")
    found = environment(launcher(*outer, "--set", "LAST=x", "--", *inner))
    assert {name.decode() for name in found} == {
        *("PATH", "HOME", "PYTHONPATH", "GREETING", "LAST"),
        *_USUAL,
    }


def test_pristine_below_a_launcher_keeps_what_that_one_set(launcher: Launcher) -> None:
    """It was resolved, there as here."""
    inner = launcher.argv("--pristine", "--", "env", "-0")
    found = environment(launcher("--set", "LAST=x", "--", *inner))
    assert {name.decode() for name in found} == {"PATH", "HOME", *_USUAL, "GREETING", "LAST"}


def test_disabled_hands_everything_on(launcher: Launcher) -> None:
    """clovrix-env does nothing then, and chooses nothing."""
    launcher.environ["CLOVRIX_DISABLED"] = "1"
    found = _names(launcher, "--pristine")
    assert found == {"PATH", "HOME", "CLOVRIX_DISABLED", *_USUAL, *_OTHERS}


def test_bytes_that_are_no_text_are_handed_on(launcher: Launcher) -> None:
    """What is kept is kept to the byte."""
    launcher.environ[b"SECRET"] = b"\xff\xfe"
    del launcher.environ["SECRET"]
    assert environment(launcher("--pristine", "--keep", "S*", *SHOW))[b"SECRET"] == b"\xff\xfe"


def test_command_is_looked_for_in_the_path_that_is_left(launcher: Launcher) -> None:
    """PATH is what a program needs first."""
    assert launcher("--pristine", "--", "true").returncode == 0


def test_keep_alone_is_wrong_usage(launcher: Launcher) -> None:
    """It would do nothing."""
    assert refusal(launcher("--keep", "X", *SHOW)) == [
        "--keep needs --pristine",
        "see clovrix-exec --help",
    ]
