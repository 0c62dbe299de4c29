"""The entries of one project and environment, fetched as a program would fetch them."""

from __future__ import annotations

import time
from copy import copy

from clovrix_env.api import history as api
from clovrix_env.api import operations
from clovrix_env.api.messages import Reply
from clovrix_env.client.exchange import exchange
from clovrix_env.client.retry import MAX_RETRIES
from clovrix_env.client.sender import ignores_token, sender_of
from clovrix_env.errors import ClovrixConfigError, ClovrixConnectionError, ServerError
from clovrix_env.resolution.guard import refusal_reason
from clovrix_env.resolution.inputs import Inputs
from clovrix_env.system.error_lines import is_damaged
from clovrix_env.system.process import of_launcher
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from clovrix_env.api.messages import Call, Entry, EntryVersion, LogEvent, WriteItem, WriteResult
    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.client.exchange import Outcome, Send
    from clovrix_env.contract.contract import Contract
    from clovrix_env.settings.load_options import LoadOptions
    from clovrix_env.settings.settings import Settings


# Requests at the same time.
_AT_ONCE = 8


class Entries:
    """The entries of one environment. A context manager that closes its connections.

    Creating one reads the settings and sends no request; ``ClovrixConfigError`` has all problems.
    Each method sends one request, raises Clovrix's error, and has its own timeout.
    """

    def __init__(self, request: LoadOptions, *, any_environment: bool = False) -> None:
        inputs = Inputs.below_marker(request, of_launcher())
        if any_environment and inputs.settings.environment is None:
            inputs = Inputs.below_marker(request.replaced(environment="*"), of_launcher())
        say(request.wording.program, inputs.notes)
        inputs.read()
        inputs.problems.raise_if_any()
        if not inputs.fetches or inputs.settings.offline:
            raise ClovrixConfigError(
                "no project is named, or Clovrix is turned off",
                "name a project with -p, CLOVRIX_PROJECT or in .clovrix",
            )
        assert inputs.endpoint is not None
        if not inputs.can_fetch:
            raise inputs.endpoint.missing_token(inputs.process.environ, may_be_kept=True)
        self.settings: Settings = inputs.settings
        self.contract: Contract = inputs.contract
        self.endpoint: Endpoint = inputs.endpoint
        self._environ = inputs.process.environ
        self._send: Send | None = None

    @property
    def name(self) -> str:
        """PROJECT/ENVIRONMENT, for messages."""
        return f"{self.settings.project}/{self.settings.environment}"

    @property
    def document(self) -> dict[str, str | None]:
        """The project and the environment, for ``--json``."""
        return {"project": self.settings.project, "environment": self.settings.environment}

    def __enter__(self) -> Entries:
        self._send = sender_of(self.endpoint, self._environ)
        return self

    def __exit__(self, *raised: object) -> None:
        close = getattr(self._send, "close", None)
        if close is not None:
            close()

    def elsewhere(self, project: str | None, environment: str) -> Entries:
        """The entries of another project or environment, by the same connections and token."""
        other = copy(self)
        other.settings = self.settings.replaced(project=project, environment=environment)
        return other

    def get_all(self) -> dict[str, str]:
        return operations.entries(self._asked(operations.get_entries(self._place())))

    def get_readable(self) -> dict[str, str | None]:
        """All entries; ``None`` in place of a value of an embedded store that does not open."""
        try:
            return {**self.get_all()}
        except ServerError as error:
            if not (self.endpoint.is_store and is_damaged(error)):
                raise
        from clovrix_env.cli.local.where import opened_store

        place = self._place()
        with opened_store(self.endpoint.store_path) as store:
            keys = store.keys(place.project, place.environment)
        return {key: self._value(key) for key in keys}

    def _value(self, key: str) -> str | None:
        try:
            return self.get(key).value
        except ServerError as error:
            if not is_damaged(error):
                raise
            return None

    def get(self, key: str) -> Entry:
        return operations.entry(self._asked(operations.get_entry(self._place(), key)))

    def kinds(self, keys: Collection[str]) -> dict[str, bool]:
        """Fetch whether each key is secret, several at once. The first failure is raised."""
        if not keys:
            return {}
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            asked = {key: pool.submit(self.get, key) for key in keys}
            return {key: answer.result().is_secret for key, answer in asked.items()}
        finally:  # after Ctrl-C or a failure, do not wait for the others
            pool.shutdown(wait=False, cancel_futures=True)

    def set(self, item: WriteItem) -> WriteResult:
        return operations.write_result(self._written(operations.set_entry(self._place(), item)))

    def set_many(self, items: Iterable[WriteItem]) -> int:
        """Write up to 100 entries, all or none."""
        return operations.written(self._written(operations.set_entries(self._place(), items)))

    def history(self, key: str) -> tuple[list[EntryVersion], bool]:
        """The last versions of an entry, and whether there are older ones."""
        reply = self._asked(api.get_history(self._place(), key))
        return api.history(reply, self.endpoint.address), api.has_more(reply)

    def restore(self, key: str, version: int) -> tuple[int, bool]:
        """The number of the current version, and whether it is new."""
        reply = self._written(api.restore_entry(self._place(), key, version))
        return api.restored(reply, self.endpoint.address)

    def delete(self, key: str) -> int:
        reply = self._written(api.delete_entry(self._place(), key))
        return api.deleted(reply, self.endpoint.address)

    def log(self, environment: str | None, after: int = 0) -> list[LogEvent]:
        """Events of one environment, or of all."""
        project, token = self.settings.project, self.endpoint.bearer
        assert project is not None
        scope = api.project_scope(project, token)
        if environment is not None:
            scope = operations.checked_place(project, environment, token)
        reply = self._asked(api.get_log(scope, after))
        return api.log(reply, self.endpoint.address)

    def is_secret_at_first(self, key: str) -> bool:
        """Whether a new key is secret: yes, unless the contract declares otherwise."""
        declared = self.contract.find(key)
        return declared is None or declared.secret

    def warnings(self, key: str, value: str) -> Iterator[str]:
        """Yield each reason for which programs would refuse this value, without the value."""
        allowed = self.settings.allow.union(self.settings.declared.allow)
        reason = refusal_reason(key)
        if reason is not None and key not in allowed:
            yield (
                f"{key} {reason}: programs refuse it from Clovrix "
                "unless [guard] allow in .clovrix names it"
            )
        declared = self.contract.find(key)
        if declared is not None:
            for why in declared.why_unfit(value):
                yield (
                    f"{key} {why} (declared in {self.contract.source}:{declared.line}); expected "
                    f"{declared.expected}: programs do not start with this value"
                )

    def check_writable(self) -> None:
        """Refuse to write with the token of a project file, which only reads."""
        token = self.endpoint.token
        if token is None or not token.from_file or self._store_ignores_token():
            return
        remedy = "run clovrix-env login, or set CLOVRIX_TOKEN"
        if self.endpoint.is_store:
            remedy = "set CLOVRIX_TOKEN, or remove that line: the owner of the store needs no token"
        raise ClovrixConfigError(
            f"the only token comes from {token.source}, and a token from a file can only read",
            remedy,
        )

    def _store_ignores_token(self) -> bool:
        return ignores_token(self.endpoint, self._environ, self._deadline()) is True

    def _deadline(self) -> float:
        return time.monotonic() + self.settings.timeout

    def _place(self) -> operations.Scope:
        project, environment = self.settings.project, self.settings.environment
        assert project is not None
        assert environment is not None
        return operations.checked_place(project, environment, self.endpoint.bearer)

    def _written(self, call: Call) -> Reply:
        self.check_writable()
        try:
            return self._asked(call)
        except ClovrixConnectionError as error:
            if not error.sent:
                raise
            why = f"{error.message}; the entries may have been written anyway"
        raise ClovrixConnectionError(why, True)

    def _asked(self, call: Call) -> Reply:
        """The answer. Raises Clovrix's error."""
        outcome = self._outcome(call)
        about = f"{'/'.join(filter(None, (call.project, call.environment)))}: "
        if call.operation in api.OPERATIONS:
            error = api.error_of(outcome, self.endpoint.address, about)
        else:
            error = operations.error_of(outcome, about)
        if isinstance(error, ServerError):
            error.message += self.endpoint.failed(error)
        if error is not None:
            raise error
        assert isinstance(outcome, Reply)
        return outcome

    def _outcome(self, call: Call) -> Outcome:
        assert self._send is not None
        return exchange(call, self._send, deadline=self._deadline(), max_retries=MAX_RETRIES)
