"""The hook in a container's surroundings: PID 1, an unknown user, nothing to write to."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest
from condition.container import BARE, need, until
from hook.interpreter import PTH, SEES, WAYS
from launch.launcher import Launcher

if TYPE_CHECKING:
    from pathlib import Path

    from condition.container import Container
    from hook.interpreter import Interpreter
    from resolve.surroundings import Clovrix


@pytest.mark.parametrize("way", WAYS)
def test_program_starts_with_next_to_nothing(
    loaded: Interpreter, clovrix: Clovrix, container: Container, way: str, clean_environment: Path
) -> None:
    """Read-only root, user 12345 without a name, no HOME, no locale, no temporary folder."""
    need(Launcher(loaded.work, clean_environment), "no such system can be made here", *BARE)
    loaded.hooked(way)
    del loaded.environ["HOME"]
    inside = container.start_plain(*BARE, loaded.python, "-c", SEES)
    status, out, err = inside.ended()
    assert (status, err) == (0, b"")
    assert json.loads(out)["NAME"] == "staging"
    assert clovrix.requests == 1


def test_term_ends_it_as_process_1_while_it_asks(
    loaded: Interpreter, clovrix: Clovrix, container: Container
) -> None:
    """The kernel gives process 1 no default action: 143, within half a second."""
    clovrix.loopback.fault("hang")
    inside = container.start_plain(loaded.hooked(PTH).python, "-c", SEES)
    until(lambda: clovrix.requests)
    try:
        assert inside.ended_by(signal.SIGTERM) == 128 + signal.SIGTERM
    finally:
        clovrix.loopback.heal()


_ENDS = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(3)); print(1, flush=True)"


def test_term_is_the_programs_afterwards(
    loaded: Interpreter, clovrix: Clovrix, container: Container
) -> None:
    """Its own handler answers, as without the hook."""
    inside = container.start_plain(loaded.hooked(PTH).python, "-c", f"{_ENDS}; time.sleep(20)")
    assert inside.process.stdout is not None
    assert inside.process.stdout.read(2) == b"1\n"
    assert inside.ended_by(signal.SIGTERM) == 3


def test_launcher_leaks_no_locale_into_it(
    loaded: Interpreter, clovrix: Clovrix, container: Container
) -> None:
    """Without a locale Python sets one for itself; what the launcher starts never sees it."""
    del loaded.environ["CLOVRIX_AUTOLOAD"]
    start = "from clovrix_env.cli.exec import main; main()"
    inside = container.start_plain(
        loaded.python, "-c", start, "backend", "staging", "--", "printenv", "-0"
    )
    status, out, _ = inside.ended()
    names = {item.partition(b"=")[0] for item in out.split(b"\0")}
    assert status == 0
    assert b"NAME" in names
    assert b"LC_CTYPE" not in names
