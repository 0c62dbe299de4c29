"""The process environment of an entry point, before any file is read."""

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
    """Names and values, and the encoding of a text for a child process."""

    environ: Mapping[str, str]
    encode: Callable[[str], bytes]

    def without(self, names: Container[str]) -> Process:
        """Return the same without the given names."""
        kept = {name: value for name, value in self.environ.items() if name not in names}
        return Process(kept, self.encode)


def of_functions() -> Process:
    """Return ``os.environ`` in the encoding of the locale, for ``load_env()``."""
    environ = dict(os.environ)
    if os.name == "nt":
        environ = {name.upper(): value for name, value in environ.items()}
    return Process(environ, _encode_for_locale)


def _encode_for_locale(text: str) -> bytes:
    """Encode as ``os.environ`` does; a text that it cannot encode is refused when it is set."""
    try:
        return os.fsencode(text)
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def of_launcher() -> Process:
    """Return the environment's bytes as UTF-8, whatever the locale, for the launcher."""
    if os.name == "nt":
        return of_functions()
    return Process(
        {_text(name): _text(value) for name, value in given_environ().items()}, encode_utf8
    )


def given_environ() -> dict[bytes, bytes]:
    """Return the inherited bytes. Python cannot pass on a variable without a name."""
    environ = dict(os.environb)
    environ.pop(b"", None)
    _undo_coerced_locale(environ)
    return environ


def _undo_coerced_locale(environ: dict[bytes, bytes]) -> None:
    """Undo the LC_CTYPE that Python itself sets without a locale (PEP 538)."""
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
    """Return a word of the command line as UTF-8, whatever the locale."""
    return _text(os.fsencode(word))


def encode_utf8(text: str) -> bytes:
    """Encode as UTF-8; inherited bytes that are not UTF-8 stay as they are."""
    return text.encode("utf-8", "surrogateescape")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def longest_string() -> int:
    """Return the size limit of one variable or argument without its NUL, which Linux has."""
    if not sys.platform.startswith("linux"):
        return most_bytes()
    return 32 * os.sysconf("SC_PAGE_SIZE") - 1


def most_bytes() -> int:
    """Return the size limit of a program's environment and arguments together."""
    try:
        most = os.sysconf("SC_ARG_MAX")
    except (AttributeError, ValueError, OSError):
        return _MOST_ON_LINUX
    return min(most, _MOST_ON_LINUX) if most > 0 else _MOST_ON_LINUX


def taken_bytes(strings: Iterable[bytes]) -> int:
    """Count the bytes of strings towards that limit: text, NUL and pointer of each."""
    return sum(len(string) + 1 + _POINTER for string in strings)


def too_long(strings: Iterable[bytes]) -> Iterator[str]:
    """Describe each variable (``NAME=value``) that is too long for any program."""
    longest = longest_string()
    for string in strings:
        if len(string) > longest:
            name = os.fsdecode(string.partition(b"=")[0])
            yield (
                f"{name} takes {len(string) + 1:,} bytes with its name; the limit is "
                f"{longest + 1:,}"
            )


def shown_bytes(count: int) -> str:
    return f"{count / 1024**2:.1f} MiB" if count >= 1024**2 else f"{count / 1024:.1f} KiB"


def start_of_process() -> int:
    """Return the start time of this process in ns since the epoch; outside Linux, now."""
    try:
        fields = files.read("/proc/self/stat")[0].rpartition(b")")[2].split()
        # The list begins at field 3. One tick is added because the kernel rounds down.
        seconds = (int(fields[22 - 3]) + 1) / os.sysconf("SC_CLK_TCK")
        age = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - int(seconds * 1e9)
    except (files.Unreadable, ValueError, IndexError, AttributeError):
        age = 0
    # The clock is read last: a delay between the two makes the result too late, never too early.
    return time.time_ns() - max(0, age)
