"""The search is looked at too: a leak that is planted in any one place is found there."""

import base64
import html
import logging
import os
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from entry_points import EntryPoint, outcome_of, process
from secrecy.search import OURS, Search, marker

from clovrix_env import ClovrixConfigError, ClovrixError

pytestmark = pytest.mark.slow


class Quiet(ClovrixError):
    """Shows nothing of itself; ``seen`` is a field, ``pickled`` and ``copied`` come out of it."""

    def __init__(self, *hidden, seen="", pickled="", copied=""):
        super().__init__("quiet")
        self.args = hidden or self.args
        self.__dict__["seen"] = seen
        Quiet.pickled, Quiet.copied = pickled, copied

    def __str__(self):
        return "quiet"

    __repr__ = __str__

    def __reduce__(self):
        return ClovrixError, ("quiet",), {"secret": Quiet.pickled}

    def __copy__(self):
        return ClovrixError(Quiet.copied)


def _caused(cause):
    try:
        raise cause
    except Exception:
        raise ClovrixError("quiet") from None


def _raised(error):
    raise error


def _left(folder, name, content):
    path = Path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def _surrogate(secret):
    return UnicodeEncodeError("utf-8", f"{secret}\ud800", 0, 1, "quiet")


# By the place where the secret has to be found: what shows it.
LEAKS = {
    "str of ClovrixError": lambda s: _raised(ClovrixError(f"the token {s} is not valid")),
    "problems of ClovrixConfigError": lambda s: _raised(ClovrixConfigError(["this", f"and {s!r}"])),
    "remedy of ClovrixConfigError": lambda s: _raised(ClovrixConfigError("this", f"unset {s}")),
    "args of Quiet": lambda s: _raised(Quiet({"header": [s]})),
    "seen of Quiet": lambda s: _raised(Quiet(seen=(1, {"header": s.encode()}))),
    "repr of ValueError, cause 1": lambda s: _caused(ValueError(s)),
    "object of UnicodeEncodeError, cause 1": lambda s: _caused(_surrogate(s)),
    "a pickle of Quiet": lambda s: _raised(Quiet(pickled=s)),
    "a copy of Quiet": lambda s: _raised(Quiet(copied=s)),
    "log": lambda s: logging.getLogger("clovrix_env.fake").debug("sent %s", {"Authorization": s}),
    "stdout": print,
    "stderr": lambda s: os.write(2, s.encode()),
    "folder: .env.new": lambda s: _left(".", ".env.new", s),  # beside one that is to hold it
    "folder: a name": lambda s: _left(".", s, ""),
    "home: state": lambda s: _left(os.environ["HOME"], ".cache/deep/state", s),
}


class Loud:
    def __init__(self, secret):
        self.secret = secret

    def __repr__(self):
        return f"Loud({self.secret})"


def _fail_as_ours(local):
    """Fail in a frame that says it is clovrix-env's, with a variable of this value."""
    space = {}
    source = "def fail(local):\n    raise LookupError('quiet')\n"
    exec(compile(source, f"{OURS}fake.py", "exec"), space)
    space["fail"](local)
    raise AssertionError


def _fail_below(local):
    try:
        _fail_as_ours(local)
    except LookupError:
        raise ClovrixError("quiet") from None


@pytest.fixture
def hits(watch):
    """``hits(act)``: where the token is found that ``act`` was given."""

    def run(act):
        fake = EntryPoint("fake", lambda s: outcome_of(lambda: act(s.secrets["token"])), "client")
        return watch(fake, lambda scene: None)[1]

    return run


@pytest.mark.parametrize("place", LEAKS)
def test_a_leak_is_found(hits, place):
    """What leaks in one place is caught, and the place is named."""
    assert any(hit.startswith(f"token in {place}") for hit in hits(LEAKS[place]))


@pytest.mark.parametrize("fail", [_fail_as_ours, _fail_below])
@pytest.mark.parametrize("local", [str, Loud, lambda secret: {"headers": [f"Bearer {secret}"]}])
def test_a_leak_in_a_frame_is_found(hits, local, fail):
    """A variable of a frame of ours, of a suppressed context too, is caught; nothing else is."""
    expected = ["token in local in the frame of fake.py:fail"]
    assert hits(lambda secret: fail(local(secret))) == expected


PROGRAMS = {
    "stdout": "import os; print(os.environ['PASSWORD'])",
    "stderr": "import os, sys; sys.exit(os.environ['PASSWORD'])",
    "the command line": "import os, subprocess, sys; subprocess.run("
    "[sys.executable, '-c', 'import time; time.sleep(0.2)', os.environ['PASSWORD']])",
}


@pytest.mark.parametrize("place", PROGRAMS)
def test_a_leak_of_a_process_is_found(place, watch):
    """What a process writes, and what its child's command line shows while it runs, is caught."""
    argv = [sys.executable, "-c", PROGRAMS[place]]
    fake = EntryPoint("fake", lambda scene: process(scene, argv))
    assert watch(fake, lambda scene: None)[1] == [f"process in {place}"]


FORMS = {
    "as it is": str,
    "repr": repr,
    "bytes": lambda secret: repr(secret.encode()),
    "URL": lambda secret: quote(secret, safe=""),
    "HTML": html.escape,
    "cut": lambda secret: secret[:20],
    "base64": lambda secret: base64.b64encode(secret.encode()),
    "base64 of more": lambda secret: base64.b64encode(b"user:" + secret.encode() + b"@host"),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()),
    "hex": lambda secret: secret.encode().hex(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_found_in_any_form(form):
    """Escaped, encoded, cut, split: the same secret."""
    secret = f'{marker()}\n"{marker()}" ü<&>\\\n{marker()}'
    search = Search({"value": secret, "other": marker()})
    search.text("here", FORMS[form](secret))
    search.text("there", marker())
    assert search.hits() == ["value in here"]
