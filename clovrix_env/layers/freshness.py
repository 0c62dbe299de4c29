"""Whether last known values will do or Clovrix has to be asked: fresh, stale, refused, offline.

The words are those of HTTP's Cache-Control. Within ``max_age`` nothing is asked. Where Clovrix
cannot answer, values up to ``stale_if_error`` old are taken, and it is said how old and why. What
Clovrix itself refuses (401, 403, 404) is an answer: nothing is taken then. A file that cannot be
used is a miss and a note, never a failure.
"""

from __future__ import annotations

import time

from clovrix_env.errors import (
    BillingError,
    ClovrixAPIError,
    ClovrixConfigError,
    ClovrixConnectionError,
    ServerError,
)
from clovrix_env.layers import refusal
from clovrix_env.layers.cache_folder import CacheFolder, Unusable
from clovrix_env.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Union

    from clovrix_env.api.messages import Failure, Reply
    from clovrix_env.client.origin import Origin
    from clovrix_env.errors import ClovrixError
    from clovrix_env.layers.cache_folder import Version
    from clovrix_env.layers.last_known import Known, LastKnownFile
    from clovrix_env.layers.refusal import Refusal, RefusalFile
    from clovrix_env.layers.remote import Asker
    from clovrix_env.project_file import Cache

    Answered = Union[ClovrixAPIError, ClovrixConnectionError]

# A shorter token could be guessed by who has its file.
SHORTEST_TOKEN = 20
_SECOND = 1_000_000_000
# Clovrix's own refusals, and what it answers while it cannot.
_DENIES = (401, 403, 404)
_PASSES = (402, 408, 429)
_OFFLINE = "offline"


class Wanted(Record):
    """What one load accepts.

    ``deadline`` is a time of ``time.monotonic``. Without ``cache`` nothing is kept or taken, unless
    ``offline``, which then goes by the defaults. ``began`` is when this start began, in ns since
    the epoch: what was fetched after that is as good as asking. ``asks_now`` is how the door
    spells asking in spite of a remembered refusal; ``backoff`` is false where it was told to.
    """

    environment: str
    deadline: float
    cache: Cache | None
    offline: bool
    backoff: bool
    folder: str | None
    began: int
    asks_now: str


class Found(Record, hidden=("entries",)):
    """The entries of one project; ``age`` in seconds where they are last known ones, else ``None``.

    ``why`` says why older ones than ``max_age`` were taken; it is empty where they were not.
    """

    project: str
    entries: Mapping[str, str]
    age: float | None = None
    why: str = ""


def find(
    origin: Origin, projects: Sequence[str], wanted: Wanted, notes: list[str], log: list[str]
) -> list[Found]:
    """What is found for each project, in order. Raises the first project's error, its place first.

    ``notes`` take what somebody has to know; ``log`` takes the rest.
    """
    if wanted.folder is None and not origin.is_store:
        log.append("no last known values: there is no HOME, and CLOVRIX_CACHE_DIR is not set")
    if wanted.folder is None or origin.is_store:
        return _Load(origin, wanted, None, []).find(projects)
    said: list[str] = []
    with CacheFolder(wanted.folder) as folder:
        found = _Load(origin, wanted, folder, said).find(projects)
    (notes if wanted.cache is not None else log).extend(dict.fromkeys(said))
    notes.extend(_told(found, wanted.environment))
    return found


def _told(found: Sequence[Found], environment: str) -> Iterator[str]:
    """One line for all that is stale: how old, and why."""
    stale = [item for item in found if item.why]
    if stale:
        ages = ", ".join(
            f"{item.project}/{environment}: values of {shown_age(item.age or 0)} ago"
            for item in stale
        )
        yield f"{ages}, {stale[0].why}"


def shown_age(seconds: float) -> str:
    """An age as people say it: ``3 h 12 min``, ``45 s``."""
    whole = int(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"


class _Load:
    """One load from one origin, with what all its projects share."""

    def __init__(
        self, origin: Origin, wanted: Wanted, folder: CacheFolder | None, said: list[str]
    ) -> None:
        self.origin = origin
        self.wanted = wanted
        self.said = said
        self.why_nothing_kept = ""
        self.folder = folder
        self.keeps = self._keeps()
        self.refusals = self._refusals()

    def _keeps(self) -> Cache | None:
        """How old last known values may be; ``None`` where there are none to be had."""
        wanted = self.wanted
        if self.origin.is_store or (wanted.cache is None and not wanted.offline):
            return None
        if self.folder is None:
            self.why_nothing_kept = "there is no folder for them: set HOME or CLOVRIX_CACHE_DIR"
            return None
        if len(self.origin.bearer or "") < SHORTEST_TOKEN:
            self._keep_nothing(
                f"a token of fewer than {SHORTEST_TOKEN} characters would not protect them"
            )
            return None
        try:
            if wanted.cache is not None and not wanted.offline:
                self.folder.make()
        except Unusable as error:
            self._keep_nothing(f"{self.folder.path} {error}")
            return None
        if wanted.cache is not None:
            return wanted.cache
        from clovrix_env.project_file import Cache

        return Cache()

    def _keep_nothing(self, why: str) -> None:
        self.why_nothing_kept = why
        self.said.append(f"no last known values: {why}")

    def _refusals(self) -> RefusalFile | None:
        if self.folder is None or len(self.origin.bearer or "") < SHORTEST_TOKEN:
            return None
        after_failures = self.keeps is not None and not refusal.on_terminal()
        return refusal.RefusalFile(self.folder, self.origin, after_failures=after_failures)

    def find(self, projects: Sequence[str]) -> list[Found]:
        sources = [_Source(self, project) for project in projects]
        taken = {source.project: source.without_asking() for source in sources}
        asking = [source for source in sources if taken[source.project] is None]
        if asking:
            from clovrix_env.layers import remote

            by_name = {source.project: source for source in asking}
            with remote.Asker(self.origin) as asker:
                asked = remote.side_by_side(list(by_name), lambda name: by_name[name].ask(asker))
            taken.update((item.project, item) for item in asked)
        return [item for item in map(taken.get, projects) if item is not None]


class _Source:
    """One project: what is known of it, and what comes of asking."""

    def __init__(self, load: _Load, project: str) -> None:
        self.project = project
        self._load = load
        self._wanted = load.wanted
        self._place = f"{project}/{load.wanted.environment}"
        self._file: LastKnownFile | None = None
        self._known: Known | None = None
        self._version: Version = None
        self._unusable = ""
        if load.keeps is not None and load.folder is not None:
            from clovrix_env.layers.last_known import LastKnownFile

            self._file = LastKnownFile(load.folder, load.origin, project, load.wanted.environment)

    def without_asking(self) -> Found | None:
        """What will do as it is known; ``None`` where Clovrix has to be asked."""
        self._read()
        if self._wanted.offline and not self._load.origin.is_store:
            return self._found_offline()
        return self._fresh()

    def ask(self, asker: Asker) -> Found:
        """What Clovrix answers, or what another start was answered meanwhile, or what is known."""
        bound = self._bound()
        if bound is not None:
            return bound
        if self._file is None or self._load.folder is None:
            return self._asked(asker)
        from clovrix_env.layers.single_flight import Turn

        deadline = self._wanted.deadline
        with Turn(self._load.folder, f"{self._file.name}.lock") as turn:
            while not turn.taken():
                landed = self._landed()
                if landed is not None:
                    return landed
                if time.monotonic() >= deadline:
                    return self._fallen_back("another start still waits for it", self._late())
                turn.pause(deadline)
            return self._landed() or self._bound() or self._asked(asker)

    def _read(self) -> None:
        if self._file is None:
            return
        self._version = self._file.version()
        try:
            self._known, self._unusable = self._file.read(time.time_ns()), ""
        except Unusable as error:
            self._known, self._unusable = None, f"their file {error}"
            self._say(error)

    def _say(self, error: Unusable) -> None:
        self._load.said.append(f"{self._place}: the file of its last known values {error}")

    def _age(self, known: Known) -> float:
        return max(0, time.time_ns() - known.fetched) / _SECOND

    def _fresh(self) -> Found | None:
        known, keeps = self._known, self._load.keeps
        if known is None or keeps is None or known.denied:
            return None
        age = self._age(known)
        if age < keeps.max_age or known.fetched >= self._wanted.began:
            return Found(self.project, known.entries, age)
        return None

    def _landed(self) -> Found | None:
        """What another start has fetched since we looked."""
        if self._file is None or self._file.version() == self._version:
            return None
        self._read()
        return self._fresh()

    def _is_usable(self) -> bool:
        known, keeps = self._known, self._load.keeps
        if known is None or keeps is None or known.denied:
            return False
        return self._age(known) <= keeps.stale_if_error and keeps.stale_if_error > 0

    def _asked(self, asker: Asker) -> Found:
        from clovrix_env.api import operations
        from clovrix_env.client.retry import MAX_RETRIES
        from clovrix_env.layers.remote import say_more

        wanted = self._wanted
        retries = 0 if self._is_usable() else MAX_RETRIES
        began = time.time_ns()
        outcome = asker.outcome(self.project, wanted.environment, wanted.deadline, retries)
        error = operations.error_of(outcome)
        if self._load.refusals is not None and (error is None or _is_answer(outcome)):
            self._load.refusals.forget()
        if error is None:
            try:
                entries = operations.entries(outcome)
            except ClovrixConnectionError as unfit:
                error = unfit
            else:
                self._keep(began, entries)
                return Found(self.project, entries)
        assert isinstance(error, (ClovrixAPIError, ClovrixConnectionError))
        say_more(error, before=f"{self._place}: ")
        if isinstance(error, ClovrixAPIError) and _is_answer(outcome):
            if error.status_code in _DENIES:
                self._deny()
            raise error.with_traceback(None)
        if self._load.refusals is not None:
            self._load.refusals.remember(outcome)
        return self._fallen_back(_reason(outcome), error)

    def _keep(self, began: int, entries: Mapping[str, str]) -> None:
        if self._file is not None:
            try:
                self._file.write(began, entries)
            except Unusable as error:
                self._say(error)

    def _deny(self) -> None:
        if self._known is not None and self._file is not None:
            try:
                self._file.deny(time.time_ns())
            except Unusable as error:
                self._say(error)

    def _fallen_back(self, why: str, error: Answered) -> Found:
        """Last known values where they may be used, else the error, which tells of them."""
        known, keeps = self._known, self._load.keeps
        if known is not None and keeps is not None and self._is_usable():
            age = self._age(known)
            if isinstance(error, BillingError):
                left = shown_age(keeps.stale_if_error - age)
                why += (
                    f": settle the organization's billing within {left}; after that nothing starts"
                )
            return Found(self.project, known.entries, age, f"for Clovrix cannot answer ({why})")
        from clovrix_env.layers.remote import say_more

        say_more(error, behind=self._too_old())
        raise error.with_traceback(None)

    def _too_old(self) -> str:
        known, keeps = self._known, self._load.keeps
        if known is None or keeps is None:
            return ""
        if known.denied:
            return "; there are no last known values: Clovrix has refused since"
        age, most = shown_age(self._age(known)), shown_age(keeps.stale_if_error)
        return f"; the last known values are of {age} ago, and stale_if_error allows {most}"

    def _bound(self) -> Found | None:
        """What a remembered refusal leaves; raises where that is nothing."""
        if self._load.refusals is None or not self._wanted.backoff:
            return None
        found = self._load.refusals.binding()
        if found is None:
            return None
        said = f"HTTP {found.status}" if found.status else "no answer just now"
        why = f"{said}; not asked again before {found.clock()}"
        return self._fallen_back(why, self._bound_error(found, why))

    def _bound_error(self, found: Refusal, why: str) -> Answered:
        sentence = f"{self._place}: {why}{self._wanted.asks_now}"
        if not found.status:
            return ClovrixConnectionError(sentence)
        kind = ServerError if found.status >= 500 else ClovrixAPIError
        return kind(sentence, found.status, found.seconds_left)

    def _late(self) -> ClovrixConnectionError:
        return ClovrixConnectionError(
            f"{self._place}: another start asks {self._load.origin.address}, which did not answer "
            "in time"
        )

    def _found_offline(self) -> Found:
        known, load = self._known, self._load
        if known is not None and self._is_usable():
            age = self._age(known)
            fresh = load.keeps is not None and age < load.keeps.max_age
            return Found(self.project, known.entries, age, "" if fresh else f"for it is {_OFFLINE}")
        raise self._nothing_offline(known)

    def _nothing_offline(self, known: Known | None) -> ClovrixError:
        place, keeps = self._place, self._load.keeps
        if known is not None and not known.denied and keeps is not None:
            age, most = shown_age(self._age(known)), shown_age(keeps.stale_if_error)
            hours = int(self._age(known)) // 3600 + 1
            return ClovrixConfigError(
                f"{_OFFLINE}, and the last known values of {place} are of {age} ago: "
                f"stale_if_error allows {most}",
                f'stale_if_error = "{hours}h" in [cache], or CLOVRIX_CACHE=stale_if_error={hours}h,'
                " accepts them",
            )
        why = self._load.why_nothing_kept or self._unusable
        if known is not None and known.denied:
            why = "Clovrix has refused since they were fetched"
        return ClovrixConfigError(
            f"{_OFFLINE}, and there are no last known values of {place}"
            + (f": {why}" if why else ""),
            "start once without being offline, with [cache] in .clovrix or CLOVRIX_CACHE set: "
            "it keeps them",
        )


def _is_answer(outcome: Reply | Failure) -> bool:
    """Whether Clovrix itself has decided: its own JSON, and nothing that passes."""
    status, data = getattr(outcome, "status", 0), getattr(outcome, "data", None)
    if status in _PASSES or status >= 500 or not data:
        return False
    said = data.get("error")
    return isinstance(said, str) and bool(said)


def _reason(outcome: Reply | Failure) -> str:
    """Why Clovrix cannot answer; no word of what was answered, for that may be anybody's."""
    status = getattr(outcome, "status", 0)
    if not status:
        return getattr(outcome, "reason", "")
    passes = status in _PASSES or status >= 500
    return f"HTTP {status}" if passes else f"HTTP {status}, which is no answer of Clovrix"
