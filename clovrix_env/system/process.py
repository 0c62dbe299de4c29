"""The process environment as a door sees it, before any file was read."""

from __future__ import annotations

import os
import sys
import time

from clovrix_env.model.record import Record
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

# Linux: a quarter of the stack limit, and never more than three quarters of 8 MiB.
_MOST_ON_LINUX = 6 * 1024 * 1024
_POINTER = 8


class Process(Record, hidden=("environ",)):
    """Names and values, and how a text becomes the bytes that a child would inherit."""

    environ: Mapping[str, str]
    encode: Callable[[str], bytes]

    def without(self, names: Container[str]) -> Process:
        """The same without what we have put there ourselves."""
        kept = {name: value for name, value in self.environ.items() if name not in names}
        return Process(kept, self.encode)


def of_functions() -> Process:
    """For ``load_env()``: ``os.environ``, in the encoding of the locale."""
    environ = dict(os.environ)
    if os.name == "nt":
        environ = {name.upper(): value for name, value in environ.items()}
    return Process(environ, _encode_for_locale)


def _encode_for_locale(text: str) -> bytes:
    """As ``os.environ`` encodes; what it cannot write is refused where it is to be set."""
    try:
        return os.fsencode(text)
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def of_launcher() -> Process:
    """For the launcher: the bytes themselves as UTF-8, whatever the locale says."""
    if os.name == "nt":
        return of_functions()
    return Process(
        {_text(name): _text(value) for name, value in given_environ().items()}, encode_utf8
    )


def given_environ() -> dict[bytes, bytes]:
    """What we were given, to the byte. A variable without a name cannot be handed on by Python."""
    environ = dict(os.environb)
    environ.pop(b"", None)
    _undo_coerced_locale(environ)
    return environ


def _undo_coerced_locale(environ: dict[bytes, bytes]) -> None:
    """Without a locale Python sets its own LC_CTYPE (PEP 538); we were given another, or none."""
    if environ.get(b"LC_CTYPE") not in (b"C.UTF-8", b"C.utf8", b"UTF-8"):
        return
    try:
        given = files.read("/proc/self/environ", _MOST_ON_LINUX)[0].split(b"\0")
    except files.Unreadable:
        return
    del environ[b"LC_CTYPE"]
    name = b"LC_CTYPE="
    environ.update((b"LC_CTYPE", i[len(name) :]) for i in given if i.startswith(name))


def argument_text(word: str) -> str:
    """A word of the command line as UTF-8, whatever the locale made of its bytes."""
    return _text(os.fsencode(word))


def encode_utf8(text: str) -> bytes:
    """UTF-8; inherited bytes that were none come out as they came in."""
    return text.encode("utf-8", "surrogateescape")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def longest_string() -> int:
    """How many bytes one variable or argument may take, its end left out: Linux has a limit."""
    if not sys.platform.startswith("linux"):
        return most_bytes()
    return 32 * os.sysconf("SC_PAGE_SIZE") - 1


def most_bytes() -> int:
    """How many bytes environment and arguments of a new program may take together."""
    try:
        most = os.sysconf("SC_ARG_MAX")
    except (AttributeError, ValueError, OSError):
        return _MOST_ON_LINUX
    return min(most, _MOST_ON_LINUX) if most > 0 else _MOST_ON_LINUX


def taken_bytes(strings: Iterable[bytes]) -> int:
    """What strings take of that: themselves, a NUL and a pointer each."""
    return sum(len(string) + 1 + _POINTER for string in strings)


def too_long(strings: Iterable[bytes]) -> Iterator[str]:
    """What to say of each variable, as ``NAME=value``, that no program can be given."""
    longest = longest_string()
    for string in strings:
        if len(string) > longest:
            name = os.fsdecode(string.partition(b"=")[0])
            yield (
                f"{name} takes {len(string) + 1:,} bytes with its name; one variable takes "
                f"{longest + 1:,}"
            )


def shown_bytes(count: int) -> str:
    return f"{count / 1024**2:.1f} MiB" if count >= 1024**2 else f"{count / 1024:.1f} KiB"


def start_of_process() -> int:
    """When the kernel started this process, in ns since the epoch; elsewhere than Linux: now."""
    try:
        fields = files.read("/proc/self/stat")[0].rpartition(b")")[2].split()
        # The count begins at field 3. One tick more: the kernel has rounded down.
        seconds = (int(fields[22 - 3]) + 1) / os.sysconf("SC_CLK_TCK")
        age = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - int(seconds * 1e9)
    except (files.Unreadable, ValueError, IndexError, AttributeError):
        age = 0
    # The clock last: where we are held up between the two, a start is too late and not too early.
    return time.time_ns() - max(0, age)
