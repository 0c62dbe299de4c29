"""The search is looked at too: a leak that is planted in any one place is found there."""

from __future__ import annotations

import base64
import html
import logging
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

import pytest
from secrecy.doors import Door, process
from secrecy.search import DEPTH, OURS, Search, marker, serialised
from secrecy.stage import Outcome

from clovrix_env import ClovrixConfigError, ClovrixError, Environment
from clovrix_env.contract.contract import Contract
from clovrix_env.resolution.load_report import LoadReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from secrecy.conftest import Watched
    from secrecy.stage import Stage

    Leak = Callable[[str], object]

LEAKS: dict[str, tuple[Leak, str]] = {}


def leak(place: str) -> Callable[[Leak], Leak]:
    """A door that shows its secret, and the place where it has to be found."""

    def add(act: Leak) -> Leak:
        LEAKS[act.__name__.strip("_")] = act, place
        return act

    return add


@leak("token in str of ClovrixError")
def message(secret: str) -> None:
    raise ClovrixError(f"the token {secret} is not valid")


@leak("token in repr of ValueError")
def another_kind(secret: str) -> None:
    raise ValueError(secret)


@leak("token in problems of ClovrixConfigError")
def problem(secret: str) -> None:
    raise ClovrixConfigError(["this", f"and {secret!r}"])


@leak("token in remedy of ClovrixConfigError")
def remedy(secret: str) -> None:
    raise ClovrixConfigError("this", f"unset {secret}")


@leak("token in args of Quiet")
def arguments(secret: str) -> None:
    class Quiet(Exception):
        def __str__(self) -> str:
            return "quiet"

        __repr__ = __str__

    raise Quiet({"header": [secret]})


@leak("token in seen of ClovrixError")
def field(secret: str) -> None:
    error = ClovrixError("quiet")
    error.seen = (1, {"header": secret.encode()})  # type: ignore[attr-defined]
    raise error


@leak("token in str of ValueError, cause 1")
def cause(secret: str) -> None:
    try:
        raise ValueError(secret)
    except ValueError as error:
        raise ClovrixError("quiet") from error


@leak("token in str of ValueError, cause 1")
def suppressed_context(secret: str) -> None:
    try:
        raise ValueError(secret)
    except ValueError:
        raise ClovrixError("quiet") from None


@leak("token in object of UnicodeEncodeError, cause 1")
def object_of_a_codec(secret: str) -> None:
    try:
        (secret + "\ud800").encode()
    except UnicodeEncodeError:
        raise ClovrixError("quiet") from None


class Pickled(ClovrixError):
    secret = ""

    def __reduce__(self) -> Any:
        return ClovrixError, ("quiet",), {"secret": Pickled.secret}


@leak("token in a pickle of Pickled")
def in_a_pickle(secret: str) -> None:
    Pickled.secret = secret
    raise Pickled("quiet")


class Copied(ClovrixError):
    secret = ""

    def __reduce__(self) -> str | tuple[Any, ...]:
        return ClovrixError, ("quiet",)

    def __copy__(self) -> ClovrixError:
        return ClovrixError(Copied.secret)


@leak("token in a copy of Copied")
def in_a_copy(secret: str) -> None:
    Copied.secret = secret
    raise Copied("quiet")


@dataclass
class Pair:
    name: str
    value: str

    def __repr__(self) -> str:
        return "quiet"


class Loud:
    def __init__(self, secret: str) -> None:
        self.secret = secret

    def __repr__(self) -> str:
        return f"Loud({self.secret})"


LOCALS: dict[str, Callable[[str], object]] = {
    "a text": str,
    "bytes": str.encode,
    "a bytearray": lambda secret: bytearray(secret.encode()),
    "a dict": lambda secret: {"headers": {"Authorization": f"Bearer {secret}"}},
    "a key": lambda secret: {secret: 1},
    "a tuple in a list": lambda secret: [("KEY", secret)],
    "a set": lambda secret: {secret},
    "a dataclass": lambda secret: Pair("KEY", secret),
    "a mapping": lambda secret: Environment({"KEY": secret}, {}, Contract(), LoadReport()),
    "a repr": Loud,
    "a deep one": lambda secret: [[[[[[[[secret]]]]]]]],
}


def _fail_as_ours(local: object) -> NoReturn:
    """Fail in a frame that says it is clovrix-env's, with a variable of this value."""
    space: dict[str, Any] = {}
    source = "def fail(local):\n    raise LookupError('quiet')\n"
    exec(compile(source, f"{OURS}fake.py", "exec"), space)
    space["fail"](local)
    raise AssertionError


@leak("token in the log")
def a_log_line(secret: str) -> None:
    logging.getLogger("clovrix_env.fake").debug("sent %s", {"Authorization": secret})


@leak("token in the log")
def another_library_log_line(secret: str) -> None:
    logging.getLogger("httpcore.fake").debug("header %r", secret.encode())


@leak("token in stdout")
def printed(secret: str) -> None:
    print(secret)


@leak("token in stderr")
def written_past_python(secret: str) -> None:
    os.write(2, secret.encode())


@leak("token in folder: left.txt")
def a_file_in_the_working_folder(secret: str) -> None:
    Path("left.txt").write_text(f"x{secret}x")


@leak("token in home: state")
def a_file_in_home(secret: str) -> None:
    path = Path(os.environ["HOME"], ".cache", "deep", "state")
    path.parent.mkdir(parents=True)
    path.write_text(secret)


@leak("token in folder: a name")
def the_name_of_a_file(secret: str) -> None:
    Path(secret).touch()


@leak("token in folder: .env.new")
def beside_a_planted_file(secret: str) -> None:
    Path(".env.new").write_text(secret)


def _watched(
    stage_for: Callable[[Door], Stage],
    watch: Callable[[Stage], Watched],
    run: Callable[[Stage], Outcome],
) -> list[str]:
    return watch(stage_for(Door("fake", run, "client"))).hits


def _run(act: Callable[[], object]) -> Outcome:
    try:
        act()
    except Exception as error:
        return Outcome(error)
    return Outcome()


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_found(
    name: str, stage_for: Callable[[Door], Stage], watch: Callable[[Stage], Watched]
) -> None:
    """A door that leaks in one place is caught, and the place is named."""
    act, place = LEAKS[name]
    hits = _watched(stage_for, watch, lambda stage: _run(lambda: act(stage.secrets["token"])))
    assert place in hits


@pytest.mark.parametrize("name", LOCALS)
def test_a_leak_in_a_frame_is_found(
    name: str, stage_for: Callable[[Door], Stage], watch: Callable[[Stage], Watched]
) -> None:
    """A variable of a frame of ours is caught, however deep the secret lies; nothing else is."""
    made = LOCALS[name]
    hits = _watched(
        stage_for,
        watch,
        lambda stage: _run(lambda: _fail_as_ours(made(stage.secrets["token"]))),
    )
    assert hits == ["token in local in the frame of fake.py:fail"]


def test_a_leak_in_a_cause_s_frame_is_found(
    stage_for: Callable[[Door], Stage], watch: Callable[[Stage], Watched]
) -> None:
    """The frames of a suppressed context are looked at as well."""

    def fail(secret: str) -> None:
        try:
            _fail_as_ours({"KEY": secret})
        except LookupError:
            raise ClovrixError("quiet") from None

    hits = _watched(stage_for, watch, lambda stage: _run(lambda: fail(stage.secrets["value"])))
    assert hits == ["value in local in the frame of fake.py:fail"]


def test_a_leak_in_a_temporary_file_is_found(
    stage_for: Callable[[Door], Stage], watch: Callable[[Stage], Watched]
) -> None:
    """A temporary file that was left behind is caught."""

    def leave(secret: str) -> None:
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.write(secret)

    hits = _watched(stage_for, watch, lambda stage: _run(lambda: leave(stage.secrets["stored"])))
    assert len(hits) == 1
    assert hits[0].startswith("stored in temporary: tmp")


@pytest.mark.parametrize("place", ["stdout", "stderr", "the command line"])
def test_a_leak_of_a_process_is_found(
    place: str, stage_for: Callable[[Door], Stage], watch: Callable[[Stage], Watched]
) -> None:
    """What a process writes, and what its child's command line shows while it runs, is caught."""
    programs = {
        "stdout": "import os; print(os.environ['PASSWORD'])",
        "stderr": "import os, sys; sys.exit(os.environ['PASSWORD'])",
        "the command line": "import os, subprocess, sys; subprocess.run("
        "[sys.executable, '-c', 'import time; time.sleep(0.2)', os.environ['PASSWORD']])",
    }
    hits = _watched(
        stage_for, watch, lambda stage: process(stage, [sys.executable, "-c", programs[place]])
    )
    assert hits == [f"process in {place}"]


def test_where_no_leak_is_none_is_found(
    stage_for: Callable[[Door], Stage], watch: Callable[[Stage], Watched]
) -> None:
    """A quiet door among planted secrets is not accused."""

    def fail() -> None:
        raise ClovrixConfigError(["there is no token"], "set CLOVRIX_TOKEN")

    assert _watched(stage_for, watch, lambda stage: _run(fail)) == []


FORMS: dict[str, Callable[[str], Any]] = {
    "as it is": str,
    "repr": repr,
    "ascii": ascii,
    "bytes": lambda secret: repr(secret.encode()),
    "URL": lambda secret: quote(secret, safe=""),
    "HTML": html.escape,
    "one line": lambda secret: secret.splitlines()[-1],
    "cut": lambda secret: secret[:20],
    "the end": lambda secret: secret[-14:],
    "base64": lambda secret: base64.b64encode(secret.encode()),
    "base64 of more": lambda secret: base64.b64encode(b"user:" + secret.encode() + b"@host"),
    "base64 of a line": lambda secret: base64.b64encode(b"xy" + secret.splitlines()[0].encode()),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()),
    "hex": lambda secret: secret.encode().hex(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_found_in_any_form(form: str) -> None:
    """Escaped, encoded, cut, split: the same secret."""
    secret = f'{marker()}\n"{marker()}" ü<&>\\\n{marker()}'
    search = Search({"value": secret, "other": marker()})
    search.text("here", FORMS[form](secret))
    search.text("there", marker())
    assert search.hits() == ["value in here"]


def test_variables_are_read_as_reporters_read_them() -> None:
    """Five containers deep item by item, then a repr; a text is itself."""
    assert list(serialised({"a": [1, b"x"]})) == ["a", "1", b"x"]
    nested: Any = "text"
    for _ in range(DEPTH):
        nested = [nested]
    assert list(serialised(nested)) == ["text"]
    assert list(serialised([[nested]])) == ["[['text']]"]
