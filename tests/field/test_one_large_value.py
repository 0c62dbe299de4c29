"""One value that no program can be given."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from clovrix_env import load_env
from clovrix_env.handoff import check_sizes

if TYPE_CHECKING:
    from resolve.surroundings import Project


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has the limit")
def test_load_env_names_it(
    project: Project, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set in this process it works; then not even ``true`` can be started."""
    monkeypatch.setenv("LARGE", "")
    size = 32 * os.sysconf("SC_PAGE_SIZE")
    load_env(overrides={"LARGE": "x" * size})
    assert capfd.readouterr().err == (
        f"clovrix-env: LARGE takes {size + 7:,} bytes with its name; the limit is {size:,}: "
        "programs started from here fail\n"
    )


def test_the_limit_of_one_string_is_linuxs(monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS has none, and 64-KiB pages have more."""
    monkeypatch.setattr(sys, "platform", "darwin")
    check_sizes([b"x" * 200_000], {b"A": b"x" * 200_000})
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 65536, "SC_ARG_MAX": 2**21}.__getitem__)
    check_sizes([b"x" * 200_000], {b"A": b"x" * 200_000})
