"""``clovrix-exec`` after its options are read: resolve, then hand off."""

from __future__ import annotations

import os
import sys

from clovrix_env.errors import ClovrixConnectionError, ClovrixError
from clovrix_env.handoff import OWN_FAILURE, CannotRun, Changes, hand_off
from clovrix_env.model.names import MARKER
from clovrix_env.model.record import Record
from clovrix_env.resolution import marker as markers
from clovrix_env.resolution.load_report import Dropped
from clovrix_env.resolution.resolve import resolve
from clovrix_env.system.error_lines import lines_of, shortage_of
from clovrix_env.system.process import of_launcher
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence
    from typing import NoReturn

    from clovrix_env.resolution.explain import Explanation
    from clovrix_env.resolution.resolve import Resolution
    from clovrix_env.settings.load_options import LoadOptions

PROGRAM = "clovrix-exec"
# Withheld from the program without --pass-token, because they give access to all other values.
WITHHELD = ("CLOVRIX_TOKEN", "CLOVRIX_MASTER_KEY", "CLOVRIX_STORE")
# The variables that --pristine passes on, because few programs work without them.
PRISTINE: tuple[str, ...] = ("PATH", "HOME", "USER", "LANG", "LC_*", "TERM", "TZ")
if os.name == "nt":
    PRISTINE += ("SYSTEMROOT", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERPROFILE")


class Launch(Record):
    """A parsed command line.

    ``pristine`` passes on only ``PRISTINE`` and the globs of ``keep`` from the process environment.
    ``on_explain`` is called with the explanation instead of running the command.
    """

    request: LoadOptions
    command: Sequence[str]
    pass_token: bool = False
    pristine: bool = False
    keep: Sequence[str] = ()
    verbose: bool = False
    on_explain: Callable[[Explanation], None] | None = None

    def passes_on(self, name: str, resolved: Container[str]) -> bool:
        """Whether the program gets a variable of the process environment."""
        if name in WITHHELD:
            return self.pass_token
        if not self.pristine or name == MARKER or name in resolved:
            return True
        from fnmatch import fnmatchcase

        return any(fnmatchcase(name, glob) for glob in (*PRISTINE, *self.keep))


def launch(asked: Launch) -> NoReturn:
    """Run the command with the resolved environment; exit with 125, 126 or 127 if that fails."""
    try:
        process = of_launcher()
        resolution = resolve(
            asked.request, process, follows_marker=False, explains=asked.on_explain is not None
        )
        environment = resolution.environment
        left_out = [name for name in process.environ if not asked.passes_on(name, environment)]
        if asked.on_explain is not None:
            _explain(asked.on_explain, resolution, left_out)
        say(PROGRAM, resolution.notes)
        if asked.verbose:
            say(PROGRAM, resolution.log)
            say(PROGRAM, _origins(resolution))
        hand_off(asked.command, _changes(resolution, left_out))
    except CannotRun as error:
        say(PROGRAM, [error.sentence])
        sys.exit(error.status)
    except ClovrixConnectionError as error:
        fail(shortage_of(error) or error)
    except ClovrixError as error:
        fail(error)
    except (OSError, ImportError, MemoryError) as error:
        shortage = shortage_of(error)
        if shortage is None:
            raise
        fail(shortage)


def fail(error: ClovrixError) -> NoReturn:
    """Print one line for each problem and its remedy, and exit with 125."""
    say(PROGRAM, [*error.notes, *lines_of(error)])
    sys.exit(OWN_FAILURE)


def _changes(resolution: Resolution, left_out: Iterable[str]) -> Changes:
    environment = resolution.environment
    added = {name: environment[name] for name in resolution.injected}
    if resolution.skips_flask:
        from clovrix_env.resolution import flask

        added[flask.SKIP] = "1"
    removed = [*resolution.removed, *left_out]
    if resolution.marker is not None:
        removed.append(MARKER)
        added[MARKER] = markers.written(resolution.marker)
    return Changes(added, removed)


def _explain(
    show: Callable[[Explanation], None], resolution: Resolution, left_out: Iterable[str]
) -> NoReturn:
    """Show where each value comes from, and fail if the command would not be run."""
    dropped = [
        Dropped(
            name,
            "process environment",
            "--pass-token passes it on" if name in WITHHELD else "--pristine",
        )
        for name in left_out
        if name not in resolution.removed
    ]
    show(resolution.environment.explain().without(dropped))
    if resolution.refusal is not None:
        raise resolution.refusal
    sys.exit(0)


def _origins(resolution: Resolution) -> Iterator[str]:
    environment = resolution.environment
    for name in environment:
        yield f"{name} from {environment.origin(name)}"
