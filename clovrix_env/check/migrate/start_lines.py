"""Finds the commands in a file that starts programs, each as words, whatever lines it takes. Pure.

A command goes on after a backslash, in a list of JSON or YAML, and in a folded text of YAML.
"""

from __future__ import annotations

import posixpath
import re

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST_LINES = 50
_LONGEST = 2_000
# `["dotenv", "run"]` and `session.run("dotenv", "run")`: what is between two words.
_BETWEEN = re.compile(r"[\"']\s*,\s*[\"']")
_JSON = re.compile(r"^(.*?)[\[(]\s*[\"'](.*)$")
_OPEN = re.compile(r"[\[(]\s*(?:[\"'][^\[\]]*)?$")
_FOLDED = re.compile(r"^[\s-]*[\w.-]+\s*:\s*>[+-]?\s*$")
_LISTED = re.compile(r"^\s*(?:-\s+)?(?:command|entrypoint|args|env_file|dotenv)\s*:\s*$")
_ITEM = re.compile(r"^\s*-\s+(.*)$")
# The limit keeps the time of a search linear.
FILE = r"(?:[\w./-]{0,200}\.(?:env[\w.-]*|flaskenv))"
# The paths that are shown: any other may be a secret.
_PUBLIC = re.compile(r"(?:(?:\.\.|\.?[\w-]{1,40})/){0,4}\.env(?:[.-][a-z_-]{1,20}){0,3}")
_KEYS = ("-", "path", "required", "format", "raw", "true", "false")
_PARTS = re.compile(r"&&|\|\||;")
# Programs that print a command, often as help.
_PRINTS = re.compile(r"^[@\s-]*(?:echo|printf|info|warn|error|log|print)\b", re.IGNORECASE)


class Command(Record):
    """A command, the number of its first line, and that line."""

    line: int
    text: str
    first: str


def commands(text: str) -> Iterator[Command]:
    """Yield each command of a file; a line that only prints a command has none."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        first, taken = lines[at], 1
        if first.strip() and not first.lstrip().startswith(("#", "//")) and len(first) <= _LONGEST:
            whole, taken = _joined(lines, at)
            for part in _PARTS.split(_plain(whole)):
                if not _PRINTS.match(part):
                    yield Command(at + 1, part, first)
        at += taken


def words(command: str) -> list[str]:
    """Return the words of a command without quotes; ``--token="…"`` is one word."""
    return [found.translate(_NO_QUOTES) for found in re.findall(r"\S+", command)]


def options_of(paths: str, folder: str) -> str:
    """Return the options of clovrix-exec for files that compose names, relative to ``folder``.

    Empty for ``.env``, which is read by default; ``-f FILE`` for a path that may be private.
    """
    given = [one for one in re.findall(r"[^\s,:\[\]{}\"']+", paths) if one not in _KEYS]
    files = [posixpath.normpath(posixpath.join(folder, one)) for one in given]
    if files == [".env"]:
        return ""
    return "".join(f" -f {file if _PUBLIC.fullmatch(file) else 'FILE'}" for file in files[:5])


def files_of(command: str) -> list[str]:
    """Return the files of variables that a command names, without folders (default: ``.env``)."""
    return [found.rpartition("/")[2] for found in re.findall(FILE, command)] or [".env"]


_NO_QUOTES = {ord(quote): None for quote in "\"'`"}


def _joined(lines: Sequence[str], at: int) -> tuple[str, int]:
    """Return the command that begins at a line, and the number of its lines."""
    below = lines[at + 1 : at + _MOST_LINES]
    first = lines[at].rstrip()
    if first.endswith("\\"):
        return _continued(first, below)
    if _LISTED.match(first):
        items = [first, *_items(first, below)]
        return " ".join(items), len(items)
    if _FOLDED.match(first):
        folded = [first, *_deeper(first, below)]
        return " ".join(folded), len(folded)
    if _OPEN.search(first) and "]" not in first:
        return _bracketed(first, below)
    return first, 1


def _continued(first: str, below: Sequence[str]) -> tuple[str, int]:
    parts, count = [first[:-1]], 1
    for line in below:
        count += 1
        stripped = line.rstrip()
        if stripped.lstrip().startswith("#"):
            continue  # a Dockerfile can have comments between
        parts.append(stripped.removesuffix("\\"))
        if not stripped.endswith("\\"):
            break
    return _shortened(" ".join(parts)), count


def _items(first: str, below: Sequence[str]) -> Iterator[str]:
    for line in below:
        item = _ITEM.match(line)
        if depth(line) < depth(first) or (item is None and depth(line) == depth(first)):
            return
        yield item[1] if item is not None else ""  # a second key of an item


def _deeper(first: str, below: Sequence[str]) -> Iterator[str]:
    for line in below:
        if line.strip() and depth(line) <= depth(first):
            return
        yield line.strip()


def _bracketed(first: str, below: Sequence[str]) -> tuple[str, int]:
    """Join a list over several lines, if it has only texts and is closed."""
    parts = [first]
    for line in below:
        stripped = line.strip()
        if not stripped.startswith(('"', "'", "]", ")")):
            break
        parts.append(stripped)
        if stripped.startswith(("]", ")")) or stripped.endswith(("]", ")")):
            return _shortened(" ".join(parts)), len(parts)
    return first, 1


def depth(line: str) -> int:
    """Return the number of spaces before a line."""
    return len(line) - len(line.lstrip())


def _plain(command: str) -> str:
    """Return a command with the words of its lists separated by spaces."""
    found = _JSON.match(command)
    if found is None or not _BETWEEN.search(command):
        return _shortened(command)
    return _shortened(f"{found[1]} {_BETWEEN.sub(' ', found[2]).rstrip(' ])')}")


def _shortened(command: str) -> str:
    return command[:_LONGEST]
