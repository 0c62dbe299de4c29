"""``clovrix-env set``: one value, from the prompt, stdin or a file."""

from __future__ import annotations

import stat
import sys
import time

import click

from clovrix_env.api import limits
from clovrix_env.api.messages import WriteItem
from clovrix_env.cli import asking
from clovrix_env.cli.common_options import (
    Command,
    ScopeOptions,
    checked_key,
    json_option,
    nothing_more,
    quiet_option,
    scope_options,
)
from clovrix_env.cli.output import write, write_json
from clovrix_env.errors import ClovrixConfigError, NotFoundError
from clovrix_env.model.names import OURS
from clovrix_env.system import files
from clovrix_env.system.process import argument_text
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clovrix_env.api.messages import Entry
    from clovrix_env.cli.entries import Entries

# Of the document that --json prints.
VERSION = 1
NOT_AS_ASKED = 1
_WAYS = "--stdin or --file"
# What fits, a newline that is no part of it, and one too many.
_MOST_BYTES = limits.VALUE_BYTES + 3


@click.command(
    cls=Command, epilog="Example: clovrix-env set DATABASE_URL -e production --stdin < url.txt"
)
@click.argument("key", callback=checked_key)
@nothing_more(f"a value is no argument, which others can see: give it by {_WAYS}, or when asked")
@click.option("--stdin", is_flag=True, help="Read the value from stdin, without its last newline.")
@click.option("--file", metavar="FILE", help="Read the value from a file, to the letter.")
@click.option(
    "--value",
    type=argument_text,
    metavar="V",
    help="The value itself, where it is not secret: others can see a command line.",
)
@click.option(
    "--secret/--plain", default=None, help="What a new key is made as. It cannot be changed."
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
    """Write the value of KEY: without an option it is asked for, and not shown.

    A new key is secret unless .clovrix declares `secret = false` or --plain is given, and stays
    so for ever, in every environment. A value that is there already is not written again. Status 1
    where it was written, and the key had been made otherwise than asked for.
    """
    from clovrix_env.cli.entries import Entries

    if sum((stdin, file is not None, value is not None)) > 1:
        raise click.UsageError("--stdin, --file and --value exclude each other")
    with Entries(ScopeOptions.taken_from(given).request()) as entries:
        entries.check_writable()
        made_secret = entries.is_secret_at_first(key) if secret is None else secret
        if value and made_secret:  # an empty one shows nothing
            raise click.UsageError(
                f"--value shows {key} in the list of processes: give it by {_WAYS}; "
                "--plain says that it is not secret"
            )
        read = _read(key, stdin, file) if value is None else value
        if "\0" in read:
            del read
            raise ClovrixConfigError(
                f"the value of {key} holds a NUL character, with which no program would start",
                "values are text; encode others as base64",
            )
        item = WriteItem(key, read, made_secret)
        del read, value
        _Setting(entries, item, asked_for=secret is not None).write(as_json=as_json, quiet=quiet)


class _Setting:
    """One entry to write, what was there before, and what came of it."""

    def __init__(self, entries: Entries, item: WriteItem, *, asked_for: bool) -> None:
        self._entries = entries
        self._item = item
        self._asked_for = asked_for
        self._before = self._entry()
        if self._before is None and item.key.startswith(OURS):
            raise ClovrixConfigError(
                f"{item.key} is ours, and no start takes it from Clovrix", "choose another name"
            )

    def write(self, *, as_json: bool, quiet: bool) -> None:
        key, before = self._item.key, self._before
        if before is not None and self._contradicts(before):
            raise ClovrixConfigError(
                f"{key} is {_word(before.is_secret)} since it was made, which cannot be changed",
                f"leave --{_word(not before.is_secret)} out, or choose another name",
            )
        changes = before is None or before.value != self._item.value
        created = changes and self._entries.set(self._item).created
        # Made in another environment: only now is it there to be looked at.
        now = before if created or before is not None else self._entry()
        secret = bool(self._item.is_secret) if now is None else now.is_secret
        what = "made" if created else "written" if changes else "the same already"
        if as_json:
            about = {"key": key, "created": created, "changed": changes, "is_secret": secret}
            write_json({"version": VERSION, **about})
        elif not quiet:
            write(f"{key} {what} in {self._entries.name} ({_word(secret)})")
        if now is not None and self._contradicts(now):
            say(
                "clovrix-env",
                [f"{key} had been made {_word(secret)} elsewhere, which cannot be changed"],
            )
            sys.exit(NOT_AS_ASKED)

    def _contradicts(self, entry: Entry) -> bool:
        return self._asked_for and entry.is_secret != self._item.is_secret

    def _entry(self) -> Entry | None:
        try:
            return self._entries.get(self._item.key)
        except NotFoundError:  # or its place is: writing will tell
            return None


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
    """A value that is not empty by accident: the program that should have given it failed."""
    if value:
        return value
    raise ClovrixConfigError(
        f"{why}, and nothing was written",
        f"an empty value is written by clovrix-env set {key} --value ''",
    )


def _decoded(content: bytes, source: str) -> str:
    if len(content) == _MOST_BYTES:
        del content
        raise ClovrixConfigError(f"{source} has more than {limits.VALUE_BYTES} bytes")
    try:
        return files.decoded(content)
    except files.Unreadable as error:
        raise ClovrixConfigError(
            f"{source} {error}", "values are text; encode others as base64"
        ) from None
    finally:
        del content


def _word(secret: bool) -> str:
    return "secret" if secret else "plain"
