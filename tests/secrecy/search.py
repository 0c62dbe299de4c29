"""The search: whether a planted secret shows anywhere that people, logs or error reporters look.

Each secret is looked for piece by piece: its runs of letters and digits, which no escaping changes,
and of each every twelve characters, as they are, in base64 and in hexadecimal. A hit names the
place and the secret, by its name.
"""

import base64
import copy
import dataclasses
import os
import pickle
import re
import secrets
import traceback
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import clovrix_env
from clovrix_env import ClovrixError

OURS = os.path.dirname(os.path.abspath(clovrix_env.__file__)) + os.sep
# As Sentry's serializer: what lies deeper is its repr.
DEPTH = 5
_RUN = 12
_PIECE = re.compile(r"[0-9A-Za-z_]{12,}")


def marker():
    """A text that stands nowhere by chance, of characters that no escaping changes."""
    return secrets.token_hex(16)


def leaks(scene, outcome, **texts):
    """Where a secret shows in what an entry point left: error, texts, and files beside those meant.

    ``texts`` are what this process wrote meanwhile.
    """
    search = Search(scene.secrets)
    if outcome.error is not None:
        search.exception(outcome.error)
    for place, content in (*texts.items(), *outcome.texts.items()):
        search.text(place, content)
    for place in ("folder", "home", "temporary"):
        search.files(place, getattr(scene, place), scene.planted)
    return search.hits()


class Search:
    """Looks for ``secrets``, by name, in whatever it is shown."""

    def __init__(self, secrets):
        self._needles = {name: tuple(set(_forms(text))) for name, text in secrets.items()}
        self._shown = []

    def hits(self):
        """Each place that shows a secret, once."""
        whole = b"\n".join(content for _, content in self._shown)
        found = {}
        for name, needles in self._needles.items():
            for needle in needles:
                if needle in whole:
                    shown = (place for place, content in self._shown if needle in content)
                    found.update((f"{name} in {place}", None) for place in shown)
        return list(found)

    def text(self, place, content):
        if isinstance(content, str):
            content = content.encode("utf-8", "surrogatepass")
        self._shown.append((place, content))

    def files(self, place, folder, except_for):
        """Names and contents of all files below a folder, but those that are to hold a secret."""
        passed_over = set(except_for)
        for path in folder.rglob("*"):
            self.text(f"{place}: a name", path.name)
            if path.is_file() and path not in passed_over:
                self.text(f"{place}: {path.name}", path.read_bytes())

    def exception(self, error):
        """An exception and all that hang on it: texts, fields, pickles, copies, frames of ours."""
        for depth, link in enumerate(_chain(error)):
            whose = type(link).__name__ + (f", cause {depth}" if depth else "")
            for kind, content in _told_by(link):
                self.text(f"{kind} of {whose}", content)
            for where, name, value in _locals_of_ours(link.__traceback__):
                for content in serialised(value):
                    self.text(f"{name} in the frame of {where}", content)
        lines = traceback.format_exception(None, error, error.__traceback__)
        self.text("the traceback", "".join(lines))


def serialised(value, depth=DEPTH):
    """The texts that an error reporter sends of a variable: item by item, else its repr."""
    if isinstance(value, (str, bytes)):
        yield value
    elif isinstance(value, bytearray):
        yield bytes(value)
    elif depth == 0:
        yield _repr(value)
    elif isinstance(value, Mapping):
        for item in tuple(value.items()):
            yield from serialised(item, depth - 1)
    elif isinstance(value, (Sequence, AbstractSet)):
        for item in tuple(value):
            yield from serialised(item, depth - 1)
    elif dataclasses.is_dataclass(value) or hasattr(value, "__attrs_attrs__"):
        yield from serialised(vars(value), depth - 1)
    else:
        yield _repr(value)


def _repr(value):
    try:
        return repr(value)
    except Exception as error:
        return f"no repr: {type(error).__name__}"


def _forms(secret):
    pieces = _PIECE.findall(secret) or [secret]
    for piece in pieces:
        plain = piece.encode()
        for at in range(len(plain) - _RUN + 1):
            run = plain[at : at + _RUN]
            yield run
            yield run.hex().encode()
    for piece in (*pieces, secret):
        plain = piece.encode("utf-8", "surrogatepass")
        for shift in range(3):
            # What stands before and behind decides the outermost characters.
            encoded = base64.b64encode(b"\0" * shift + plain)
            inner = encoded[4 if shift else 0 : len(plain) // 3 * 4]
            yield inner[:32]
            yield inner[:32].replace(b"+", b"-").replace(b"/", b"_")


def _chain(error):
    """The exception, its causes and contexts (suppressed ones too), and the members of groups."""
    links = []
    waiting = [error]
    while waiting:
        link = waiting.pop(0)
        if link is not None and not any(link is known for known in links):
            links.append(link)
            waiting += [link.__cause__, link.__context__, *getattr(link, "exceptions", ())]
    return links


def _told_by(error):
    yield "str", str(error)
    yield "repr", repr(error)
    for content in serialised(error.args):
        yield "args", content
    for name in (*vars(error), "object", "doc", "problems", "filename", "strerror"):
        for content in serialised(getattr(error, name, None)):
            yield name, content
    if isinstance(error, ClovrixError):
        for protocol in (2, pickle.HIGHEST_PROTOCOL):
            yield "a pickle", pickle.dumps(error, protocol)
        for twin in (copy.copy(error), copy.deepcopy(error)):
            for content in serialised((str(twin), repr(twin), twin.args, vars(twin))):
                yield "a copy", content


def _locals_of_ours(link):
    while link is not None:
        code = link.tb_frame.f_code
        if code.co_filename.startswith(OURS):
            where = f"{code.co_filename[len(OURS) :]}:{code.co_name}"
            for name, value in tuple(link.tb_frame.f_locals.items()):
                yield where, name, value
        link = link.tb_next
