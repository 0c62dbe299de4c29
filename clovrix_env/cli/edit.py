"""``clovrix-env edit``: edit all entries of an environment, and write the difference."""

from __future__ import annotations

import sys

import click

from clovrix_env.cli import asking
from clovrix_env.cli.common_options import ScopeOptions, json_option, quiet_option, scope_options
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import write, write_json
from clovrix_env.system import files
from clovrix_env.system.error_lines import OF_COMMANDS, lines_of
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from clovrix_env.cli.entries import Entries
    from clovrix_env.errors import ClovrixError, Problems

# Version of the document that --json prints.
VERSION = 1
GIVEN_UP = 1
_AT_ONCE = "the editor ended at once: a graphical editor needs its option to wait (code --wait)"


@click.command(cls=Command, epilog="Example: EDITOR=nano clovrix-env edit -e staging")
@click.option(
    "--plain",
    is_flag=True,
    help="Create new keys as plain (default: secret). This cannot be changed later.",
)
@scope_options
@json_option
@quiet_option
def edit(plain: bool, as_json: bool, quiet: bool, **given: Any) -> None:
    """Edit all entries of an environment in $VISUAL or $EDITOR, and write the changes.

    Either all changes are written or none. The file is in memory if possible ($XDG_RUNTIME_DIR,
    /dev/shm) and is always removed. Removing a line is refused: clovrix-env delete removes a value.
    After a mistake you can continue editing. New keys are secret unless .clovrix declares
    `secret = false` or --plain is given.
    """
    from clovrix_env.cli.editor import Editor
    from clovrix_env.cli.entries import Entries

    with Entries(ScopeOptions.taken_from(given).request()) as entries:
        entries.check_writable()
        editing = _Editing(entries, plain=plain)
        with Editor() as editor:
            notes = [f"removed {path}, left by an edit that was killed" for path in editor.swept]
            if not editor.in_memory and not quiet:
                notes.append(
                    "the file to edit is on a disk because this system has no folder in memory"
                )
            say("clovrix-env", notes)
            editor.write(editing.text)
            while True:
                error = editing.take(editor.edited())
                if error is None:
                    break
                _ask_to_go_on(error)
            if editor.ended_at_once and not (editing.created or editing.changed or quiet):
                say("clovrix-env", [_AT_ONCE])
    if as_json:
        about = {"created": editing.created, "changed": editing.changed}
        write_json({"version": VERSION, **entries.document, **about})
    elif not quiet:
        _report(editing, entries.name)


class _Editing:
    """The entries before the edit, and the changes of an edited text."""

    def __init__(self, entries: Entries, *, plain: bool) -> None:
        from clovrix_env.cli import edited_text

        self._entries = entries
        self._plain = plain
        self._before: Mapping[str, str | None] = entries.get_readable()
        draft = edited_text.draft(self._before, entries.name, "plain" if plain else "secret")
        self.text = draft.text
        self._left_out = draft.left_out
        self.created: list[str] = []
        self.changed: list[str] = []

    def take(self, content: bytes) -> ClovrixError | None:
        """Write the changes of a text, or return the error; nothing is written then."""
        from clovrix_env.api.messages import WriteItem
        from clovrix_env.cli import edited_text
        from clovrix_env.errors import ClovrixConfigError, ClovrixError, Problems

        problems = Problems()
        try:
            text = files.text_of(content)
        except files.Unreadable as error:
            return ClovrixConfigError(f"the text {error}")
        changes = edited_text.changes(text, self._before, self._left_out, problems)
        del content, text
        try:
            if changes and not problems:
                self._check_still_so(changes, problems)
            problems.raise_if_any()
            if changes:
                self._entries.set_many(
                    WriteItem(key, changes[key], self._secrecy(key)) for key in changes
                )
        except ClovrixError as error:
            return error
        self.created = [key for key in changes if key not in self._before]
        self.changed = [key for key in changes if key in self._before]
        return None

    def _check_still_so(self, changes: Mapping[str, str], problems: Problems) -> None:
        """Report entries that another user changed meanwhile; the next save overwrites them."""
        now = self._entries.get_readable()
        for key in changes:
            if now.get(key) != self._before.get(key):
                problems.add(
                    f"{key} was changed by another program during this edit",
                    "save again to replace it",
                )
                self._before = {**self._before, key: now.get(key, "")}

    def _secrecy(self, key: str) -> bool | None:
        if key in self._before:
            return None
        return not self._plain and self._entries.is_secret_at_first(key)


def _ask_to_go_on(error: ClovrixError) -> None:
    """Offer to continue editing; without a terminal the error is raised."""
    if not asking.somebody_is_there():
        raise error
    say("clovrix-env", lines_of(error, OF_COMMANDS))
    if not asking.yes("Continue editing?", default=True):
        say("clovrix-env", ["cancelled; nothing was written"])
        sys.exit(GIVEN_UP)


def _report(editing: _Editing, place: str) -> None:
    results = {"created": editing.created, "updated": editing.changed}
    lines = [f"{what} in {place}: {', '.join(keys)}" for what, keys in results.items() if keys]
    write("\n".join(lines) or f"unchanged: {place}")
