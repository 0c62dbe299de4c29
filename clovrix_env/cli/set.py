"""``clovrix-env set``: write one value from a prompt, stdin or a file."""

from __future__ import annotations

import stat
import sys
import time

import click

from clovrix_env.api import limits
from clovrix_env.api.messages import WriteItem
from clovrix_env.cli import asking
from clovrix_env.cli.common_options import (
    ScopeOptions,
    checked_key,
    json_option,
    nothing_more,
    offers,
    quiet_option,
    scope_options,
)
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import kind, write, write_json
from clovrix_env.errors import ClovrixConfigError, NotFoundError, ServerError
from clovrix_env.model.names import OURS
from clovrix_env.system import files
from clovrix_env.system.error_lines import is_damaged
from clovrix_env.system.process import argument_text
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clovrix_env.api.messages import Entry
    from clovrix_env.cli.entries import Entries

# Version of the document that --json prints.
VERSION = 1
NOT_AS_ASKED = 1
_WAYS = "--stdin or --file"
# The largest value, a newline after it, and one byte to notice more.
_MOST_BYTES = limits.VALUE_BYTES + 3


@click.command(
    cls=Command, epilog="Example: clovrix-env set DATABASE_URL -e production --stdin < url.txt"
)
@click.argument("key", callback=checked_key, shell_complete=offers("names"))
@nothing_more(
    "a value cannot be an argument, where other users can see it: "
    f"use the prompt, {_WAYS}, or --value with --plain"
)
@click.option("--stdin", is_flag=True, help="Read the value from stdin, without its last newline.")
@click.option("--file", metavar="FILE", help="Read the value from a file, verbatim.")
@click.option(
    "--value",
    type=argument_text,
    metavar="V",
    help="Value, if it is not secret: other users can see command lines.",
)
@click.option(
    "--secret/--plain",
    default=None,
    help="Kind of a new key (default: as in .clovrix, otherwise secret). "
    "This cannot be changed later.",
)
@scope_options
@json_option
@quiet_option
def set(  # noqa: A001 - the command's own name
    key: str,
    stdin: bool,
    file: str | None,
    value: str | None,
    secret: bool | None,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Write the value of KEY, by default from a prompt that does not show it.

    A new key is secret unless .clovrix declares `secret = false` or --plain is given. This holds in
    every environment and cannot be changed later. A value that is the same already is not written
    again. The status is 1 if the value was written but the key is of the other kind.
    """
    from clovrix_env.cli.entries import Entries

    if sum((stdin, file is not None, value is not None)) > 1:
        raise click.UsageError("--stdin, --file and --value exclude each other")
    with Entries(ScopeOptions.taken_from(given).request()) as entries:
        entries.check_writable()
        made_secret = entries.is_secret_at_first(key) if secret is None else secret
        if value and made_secret:  # an empty value reveals nothing
            raise click.UsageError(
                f"--value would show {key} in the list of processes: use {_WAYS}, "
                "or add --plain if it is not secret"
            )
        read = _read(key, stdin, file) if value is None else value
        if "\0" in read:
            del read
            raise ClovrixConfigError(
                f"the value of {key} contains a NUL character, which an environment cannot contain",
                "encode binary values as base64",
            )
        item = WriteItem(key, read, made_secret)
        del read, value
        _Setting(entries, item, asked_for=secret is not None).write(as_json=as_json, quiet=quiet)


class _Setting:
    """The entry to write, the entry before it, and the result."""

    def __init__(self, entries: Entries, item: WriteItem, *, asked_for: bool) -> None:
        self._entries = entries
        self._item = item
        self._asked_for = asked_for
        self._before = self._entry()
        if self._before is None and item.key.startswith(OURS):
            raise ClovrixConfigError(
                f"{item.key} is a setting of clovrix-env, which programs do not load from Clovrix",
                "choose another name",
            )

    def write(self, *, as_json: bool, quiet: bool) -> None:
        key, before = self._item.key, self._before
        if before is not None and self._contradicts(before):
            raise ClovrixConfigError(
                f"{key} was created as {kind(before.is_secret)}, which cannot be changed",
                f"leave out --{kind(not before.is_secret)}, or choose another name",
            )
        changes = before is None or before.value != self._item.value
        created = changes and self._entries.set(self._item).created
        # Created in another environment: it can be fetched only now.
        now = before if created or before is not None else self._entry()
        secret = bool(self._item.is_secret) if now is None else now.is_secret
        result = "created" if created else "updated" if changes else "unchanged"
        if as_json:
            about = {"key": key, "created": created, "changed": changes, "is_secret": secret}
            write_json({"version": VERSION, **about})
        elif not quiet:
            write(f"{key} {result} in {self._entries.name} ({kind(secret)})")
        if changes and not quiet:
            say("clovrix-env", self._entries.warnings(key, self._item.value))
        if now is not None and self._contradicts(now):
            say(
                "clovrix-env",
                [f"{key} was created as {kind(secret)} elsewhere, which cannot be changed"],
            )
            sys.exit(NOT_AS_ASKED)

    def _contradicts(self, entry: Entry) -> bool:
        return self._asked_for and entry.is_secret != self._item.is_secret

    def _entry(self) -> Entry | None:
        try:
            return self._entries.get(self._item.key)
        except NotFoundError:  # or its project is missing: writing reports it
            return None
        except ServerError as error:
            if not is_damaged(error):
                raise
            return None  # a value that does not open can be replaced


def _read(key: str, stdin: bool, file: str | None) -> str:
    if file is not None:
        try:
            until = time.monotonic() + files.FIFO_SECONDS
            content, found = files.read(file, _MOST_BYTES, cut=True, fifo_deadline=until)
        except files.Unreadable as error:
            raise ClovrixConfigError(f"--file {file} {error}") from None
        text = _decoded(content, f"--file {file}")
        return _not_empty(key, text, f"{file} was empty") if stat.S_ISFIFO(found.st_mode) else text
    if stdin:
        text = _decoded(asking.piped(_MOST_BYTES), "--stdin")
        return _not_empty(key, files.without_newline(text), "stdin was empty")
    return _not_empty(key, asking.hidden(f"Value of {key}", _WAYS), "nothing was typed")


def _not_empty(key: str, value: str, why: str) -> str:
    """Refuse an empty value: the program that should have printed it may have failed."""
    if value:
        return value
    raise ClovrixConfigError(
        f"{why}, and nothing was written",
        f"to write an empty value, run clovrix-env set {key} --value ''",
    )


def _decoded(content: bytes, source: str) -> str:
    if len(content) == _MOST_BYTES:
        del content
        raise ClovrixConfigError(f"{source} has more than {limits.VALUE_BYTES} bytes")
    try:
        return files.decoded(content)
    except files.Unreadable as error:
        raise ClovrixConfigError(f"{source} {error}", "encode binary values as base64") from None
    finally:
        del content
