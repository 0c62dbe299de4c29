"""Everything that goes wrong, each with the doors that can meet it, and why no other can.

A failure is a function that changes a ``Stage``. ``meets`` is the family that says which doors; the
doors of ``passes`` go through it all the same, for it is none to them.
"""

from __future__ import annotations

import html
import json
import os
import resource
import shutil
import socket
import sqlite3
import ssl
import struct
import subprocess
import threading
from contextlib import closing, suppress
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conftest import StoreHome
from secrecy.search import marker
from secrecy.stage import KEY

from clovrix_env import WriteItem
from clovrix_env.api.messages import Call
from clovrix_env.store import master_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from secrecy.doors import Door
    from secrecy.stage import Stage

    SetUp = Callable[[Stage], None]


class Family:
    """Failures of one kind: the traits of the doors that can meet them, and why only those."""

    def __init__(self, name: str, why: str, *traits: str) -> None:
        self.name = name
        self.why = why
        self.traits = frozenset(traits)


class Failure:
    def __init__(
        self, name: str, family: Family, set_up: SetUp, traits: frozenset[str], passes: set[str]
    ) -> None:
        self.name = name
        self.family = family
        self.set_up = set_up
        self.traits = traits
        self.passes = passes

    def meets(self, door: Door) -> bool:
        return bool(door.traits & self.traits)

    def __repr__(self) -> str:
        return self.name


FAILURES: list[Failure] = []

NOTHING = Family("nothing", "nothing goes wrong: every door", "client", "asks", "owns")
TOKEN = Family(
    "token",
    "the token is looked at before there is an operation, so the SDK's constructors stand for its "
    "operations; local's commands take none",
    "client",
    "own token",
    "looks",
)
ADDRESS = Family("address", "as the token; local looks at the address too", *TOKEN.traits, "owns")
ANSWER = Family("answer", "whoever asks by HTTP; local's commands ask nobody", "asks")
WIRE = Family("wire", "whoever asks by HTTP; local's commands ask nobody", "asks")
PROXY = Family(
    "proxy",
    "whoever asks by https; a brought client is the SDK's, which is here",
    "sdk",
    "own token",
)
CALLER = Family("caller", "the caller's own exception or signal; local never waits", "asks")
BROUGHT = Family("brought client", "who takes an HTTP client, or a client", "sdk", "by client")
SENDING = Family("before sending", "who is given values, keys or a place", "sdk")
STORE = Family("store", "whoever can open a store", "asks", "owns")
DOTENV = Family("dotenv", "the SDK and local's commands read no .env", "loads")
DECLARED = Family(
    "project file", "the SDK and local's commands read no .clovrix", "loads", "declares"
)
CONTRACT = Family("contract", "who loads holds the values against it", "loads")
VARIABLES = Family("variables", "the SDK's few are in 'token' and 'address'", "loads")
HANDOFF = Family("hand-off", "the launcher alone starts a program", "launches")
OVERRIDES = Family("overrides", "the functions' argument", "function")
OPTIONS = Family("--set", "the launcher's options", "launches")


def failure(
    name: str, family: Family, *only: str, passes: set[str] | None = None
) -> Callable[[SetUp], SetUp]:
    """Adds one. ``only`` narrows the family to doors of one of these traits."""

    def add(set_up: SetUp) -> SetUp:
        traits = frozenset(only) or family.traits
        FAILURES.append(Failure(name, family, set_up, traits, passes or set()))
        return set_up

    return add


def each(
    cases: dict[str, Any], family: Family, *only: str, passes: set[str] | None = None
) -> Callable[[Callable[[Stage, Any], None]], Callable[[Stage, Any], None]]:
    """Adds one for each case: its name, and what the function is given with it."""

    def add(set_up: Callable[[Stage, Any], None]) -> Callable[[Stage, Any], None]:
        for name, case in cases.items():
            failure(name, family, *only, passes=passes)(partial(_with, set_up, case))
        return set_up

    return add


def _with(set_up: Callable[[Stage, Any], None], case: Any, stage: Stage) -> None:
    set_up(stage, case)


EVERYBODY = {"client", "asks", "owns"}


@failure("nothing goes wrong", NOTHING, "client", "asks", passes=EVERYBODY)
def _(stage: Stage) -> None:
    stage.answer(body=stage.body())


# The token


@failure("no token", TOKEN, passes={"looks"})
def _(stage: Stage) -> None:
    stage.token = None
    del stage.secrets["token"]


TOKENS = {
    "a newline": "{}\n",
    "a space in the middle": "{0} {0}",
    "no ASCII": "{}ü",
    "a control character": "{}\x1b[0m",
}


@each({f"a token with {name}": form for name, form in TOKENS.items()}, TOKEN)
def _(stage: Stage, form: str) -> None:
    stage.token = form.format(stage.secrets["token"])


@each({f"CLOVRIX_TOKEN with {name}": form for name, form in TOKENS.items()}, TOKEN, "client")
def _(stage: Stage, form: str) -> None:
    stage.environ["CLOVRIX_TOKEN"] = form.format(stage.secrets["token"])
    stage.token = None


@failure("both token variables", TOKEN)
def _(stage: Stage) -> None:
    path = stage.write("token", stage.secrets["token"])
    stage.token = None
    stage.environ.update(CLOVRIX_TOKEN=stage.secrets["token"], CLOVRIX_TOKEN_FILE=str(path))


TOKEN_FILES = {
    "with two lines": "{0}\n{0}\n",
    "without ASCII": "{}\u00fc\n",
    "that is too long": "{}" * 600,
}


@each({f"a token file {name}": form for name, form in TOKEN_FILES.items()}, TOKEN)
def _(stage: Stage, form: str) -> None:
    many = form.replace("{}", "{0}").format(stage.secrets["token"])
    stage.environ["CLOVRIX_TOKEN_FILE"] = str(stage.write("token", many))
    stage.token = None


@failure("a token file that cannot be read", TOKEN)
def _(stage: Stage) -> None:
    # A folder: for root, who runs many a test, there is no file that it may not read.
    (stage.folder / "token").mkdir()
    stage.write("token/token", stage.secrets["token"])
    stage.environ["CLOVRIX_TOKEN_FILE"] = str(stage.folder / "token")
    stage.token = None


@failure("a systemd credential that is no token", TOKEN)
def _(stage: Stage) -> None:
    path = stage.write("clovrix_token", stage.secrets["token"] + " \n")
    stage.environ["CREDENTIALS_DIRECTORY"] = str(path.parent)
    stage.token = None


# The address

ADDRESSES = {
    "with a password": "https://user:{}@127.0.0.1",
    "with a query": "https://127.0.0.1/?key={}",
    "with a fragment": "https://127.0.0.1/#{}",
    "that is not a valid URL": "https://[{}",
    "of another scheme": "ftp://user:{}@127.0.0.1",
    "with a user name that is http": "http://{}@clovrix.invalid",
}


@each({f"an address {name}": form for name, form in ADDRESSES.items()}, ADDRESS)
def _(stage: Stage, form: str) -> None:
    stage.secrets["password"] = marker()
    stage.url = form.format(stage.secrets["password"])


# Answers

STATUSES = (400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 503)


def _json(stage: Stage) -> bytes:
    return json.dumps({"error": f"no: {stage.echo()}", "billing_status": stage.echo()}).encode()


def _readable_json(stage: Stage) -> bytes:
    # As Go and PHP write it: other characters are escaped than by Python.
    text = json.dumps({"error": f"no: {stage.echo()}"}, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003E").replace("&", "\\u0026").encode()


def _other_json(stage: Stage) -> bytes:
    detail = [{"loc": ["body"], "input": {"value": stage.echo()}}]
    return json.dumps({"detail": detail}, ensure_ascii=False).encode()


def _html(stage: Stage) -> bytes:
    echo = stage.echo()
    shown = html.escape(echo) + html.escape(json.dumps(echo)) + quote(echo) + repr(echo)
    return f"<html><h1>{shown}</h1></html>".encode()


BODIES: dict[str, Callable[[Stage], bytes]] = {
    "JSON": _json,
    "HTML": _html,
    "nothing": lambda stage: b"",
    "readable JSON": _readable_json,
    "JSON of another shape": _other_json,
    "text": lambda stage: stage.echo().encode(),
}
# The status chooses the class of the error and whether it is asked again; how an answer repeats
# what was sent has nothing to do with it, so the last three come with these only.
_ALL_BODIES = (422, 500)
_ANSWERS = {
    f"{status} with {kind}": (status, kind)
    for status in STATUSES
    for number, kind in enumerate(BODIES)
    if number < 3 or status in _ALL_BODIES
}


@each(_ANSWERS, ANSWER)
def _(stage: Stage, case: tuple[int, str]) -> None:
    status, kind = case
    stage.answer(status, BODIES[kind](stage))


@failure("a redirect", ANSWER)
def _(stage: Stage) -> None:
    # Not in its header: httpcore logs all of them at DEBUG.
    body = stage.echo().encode()
    stage.answer(302, body, Location=f"{stage.url}/elsewhere")


# What comes is broken

BROKEN = {
    "bad JSON": lambda body: body[:-1],
    "JSON behind JSON": lambda body: body + body,
    "not UTF-8": lambda body: body[:-2] + b"\xff}",
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "a list": lambda body: b"[" + body + b"]",
    "a text": lambda body: json.dumps(body.decode()).encode(),
    "deep": lambda body: b"[" * 100_000 + body,
}


@each(BROKEN, WIRE)
def _(stage: Stage, form: Callable[[bytes], bytes]) -> None:
    stage.answer(body=form(stage.body()))


@each({f"HTML with status {status}": status for status in (200, 204, 302)}, WIRE)
def _(stage: Stage, status: int) -> None:
    stage.answer(status, f"<p>{html.escape(stage.echo())}</p>".encode())


SHAPES: dict[str, Callable[[str], dict[str, Any]]] = {
    "entries are a list": lambda v: {"entries": [v], "is_secret": v, "created": v, "written": v},
    "entries are a text": lambda v: {"entries": v, "key": [v], "created": v, "written": v},
    "a value is a list": lambda v: {
        "entries": {KEY: [v]},
        "value": [v],
        "key": {v: v},
        "written": [v],
    },
    "a lone surrogate": lambda v: {
        "entries": {KEY: v + "\ud800"},
        "value": v + "\ud800",
        "created": v,
        "written": v,
    },
}


@each(SHAPES, WIRE)
def _(stage: Stage, shape: Callable[[str], dict[str, Any]]) -> None:
    stage.answer(body=stage.body(**shape(stage.secrets["stored"])))


@failure("a lone surrogate behind good entries", WIRE, "get_entries", "loads")
def _(stage: Stage) -> None:
    stored = stage.secrets["stored"]
    many = {f"KEY_{number}": stored for number in range(20)}
    stage.answer(body=stage.body(entries={**many, KEY: "\ud800"}))


@failure("a NUL in a value", WIRE, "reads", passes={"sdk", "compares", "entries"})
def _(stage: Stage) -> None:
    nul = stage.secrets["stored"] + "\0"
    stage.answer(body=stage.body(entries={KEY: nul, "OTHER": nul}, value=nul))


@failure("a name that the guard refuses", WIRE, "loads")
def _(stage: Stage) -> None:
    stage.answer(body=stage.body(entries={"LD_PRELOAD": stage.secrets["stored"]}))


@failure("a name of ours", WIRE, "loads")
def _(stage: Stage) -> None:
    stage.answer(body=stage.body(entries={"CLOVRIX_TOKEN": stage.secrets["stored"]}))


@failure("a name that is none", WIRE, "loads")
def _(stage: Stage) -> None:
    stage.answer(body=stage.body(entries={"A=B": stage.secrets["stored"]}))


# The connection

SOON = 0.4


@failure("nobody listens", WIRE)
def _(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    stage.url, stage.timeout = f"http://127.0.0.1:{port}", SOON


@failure("a reset", WIRE)
def _(stage: Stage) -> None:
    """Each connection is taken, a piece of the request read, and then reset."""
    listener = stage.stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    stage.url, stage.timeout = f"http://127.0.0.1:{listener.getsockname()[1]}", SOON

    def reset() -> None:
        with suppress(OSError):
            while True:
                taken, _ = listener.accept()
                taken.recv(64)
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                taken.close()

    thread = threading.Thread(target=reset)
    thread.start()
    stage.stack.callback(thread.join)
    stage.stack.callback(listener.shutdown, socket.SHUT_RDWR)


CUT: dict[str, Callable[[bytes], tuple[str, dict[str, Any]]]] = {
    "closed early": lambda body: ("close", {}),
    "half a body": lambda body: (
        "raw",
        {"content": b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + body},
    ),
    "a wrong length": lambda body: ("wrong_length", {"body": body}),
    "a chunk without end": lambda body: (
        "raw",
        {"content": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n" + body},
    ),
}


@each(CUT, WIRE)
def _(stage: Stage, cut: Callable[[bytes], tuple[str, dict[str, Any]]]) -> None:
    kind, options = cut(stage.body())
    stage.faulty.fault(kind, **options)
    stage.timeout = SOON


@failure("gzip that is none", WIRE)
def _(stage: Stage) -> None:
    body = stage.body()
    stage.faulty.fault("answer", body=body, headers={"Content-Encoding": "gzip"})


@each({"it hangs": "hang", "it drips": "drip_body"}, WIRE)
def _(stage: Stage, kind: str) -> None:
    stage.serve().fault(kind)
    stage.timeout = 0.2


@failure("a certificate for another name", WIRE)
def _(stage: Stage) -> None:
    stage.trust()
    stage.serve(stage.authority.context("clovrix.example"))


@failure("an unknown authority", WIRE)
def _(stage: Stage) -> None:
    stage.serve(stage.authority.context())


@failure("a self-signed certificate", WIRE)
def _(stage: Stage) -> None:
    stage.trust()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*_self_signed(stage.authority.folder))
    stage.serve(context)


@failure("no TLS on the TLS port", WIRE)
def _(stage: Stage) -> None:
    stage.trust()
    stage.serve()
    stage.url = stage.url.replace("http:", "https:")
    stage.timeout = SOON


@failure("a name that does not resolve", WIRE)
def _(stage: Stage) -> None:
    stage.url, stage.timeout = "https://clovrix.invalid", SOON


def _self_signed(folder: str) -> tuple[str, str]:
    """One for the whole run: certificate and key."""
    pair = os.path.join(folder, "self", "cert.pem"), os.path.join(folder, "self", "key.pem")
    if not os.path.exists(pair[0]):
        os.makedirs(os.path.dirname(pair[0]))
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        subprocess.run(
            [*command.split(), *names, "-out", pair[0], "-keyout", pair[1]],
            check=True,
            capture_output=True,
        )
    return pair


PROXIES = {"refuses": 407, "is no proxy": 200}


@each({f"a proxy that {name}": status for name, status in PROXIES.items()}, PROXY)
def _(stage: Stage, status: int) -> None:
    stage.secrets["password"] = marker()
    stage.faulty.fault("answer", status=status)
    stage.environ["HTTPS_PROXY"] = (
        f"http://user:{stage.secrets['password']}@127.0.0.1:{stage.faulty.port}"
    )
    stage.url, stage.timeout = "https://clovrix.invalid", SOON


@failure("a proxy that is not a valid URL", PROXY)
def _(stage: Stage) -> None:
    stage.secrets["password"] = marker()
    stage.environ["HTTPS_PROXY"] = f"bad://user:{stage.secrets['password']}@127.0.0.1"
    stage.url, stage.timeout = "https://clovrix.invalid", SOON


# The caller


@failure("the caller gives up, or TERM comes", CALLER)
def _(stage: Stage) -> None:
    stage.serve().fault("hang")
    stage.gives_up = True


@failure("a brought client fails in a way of its own", BROUGHT)
def _(stage: Stage) -> None:
    class Brought:
        def request(self, method: str, url: str, **options: Any) -> Any:
            raise RuntimeError("of its own")

    stage.brought = Brought()


@failure("a brought client fails for the second project", BROUGHT, "by client")
def _(stage: Stage) -> None:
    stage.write(".clovrix", 'extends = ["shared"]\n')
    body = stage.body()

    class Brought:
        def request(self, method: str, url: str, **options: Any) -> Any:
            if "/backend/" in url:
                raise RuntimeError("of its own")
            return SimpleNamespace(status_code=200, headers={}, content=body)

    stage.brought = Brought()


@failure("the second of two projects fails", WIRE, "loads")
def _(stage: Stage) -> None:
    stage.write(".clovrix", 'extends = ["shared"]\n')
    stage.faulty.fault("answer", times=1, body=stage.body())
    stage.answer(403, _json(stage))


# Refused before it is sent

VALUES: dict[str, Callable[[str], Any]] = {
    "too long": lambda value: value * 400,
    "a lone surrogate": lambda value: value + "\ud800",
    "bytes": lambda value: value.encode(),
    "a list": lambda value: [value],
    "nothing": lambda value: {"value": value},
}


@each({f"a value that is {name}": form for name, form in VALUES.items()}, SENDING, "writes")
def _(stage: Stage, form: Callable[[str], Any]) -> None:
    stage.value = form(stage.secrets["value"])


KEYS = {"lower case": "key", "empty": "", "long": "K" * 200, "bytes": b"KEY"}
KEYED = ("get_entry", "set_entry", "set_entries")


@each({f"a key that is {name}": key for name, key in KEYS.items()}, SENDING, *KEYED)
def _(stage: Stage, key: Any) -> None:
    stage.key = key


@failure("a secrecy that is no boolean", SENDING, "set_entries")
def _(stage: Stage) -> None:
    value = stage.secrets["value"]
    stage.items = [WriteItem(KEY, value), {"key": "A", "value": value, "is_secret": value}]


BATCHES: dict[str, Callable[[str], Any]] = {
    "with a key twice": lambda value: [WriteItem(KEY, value), {"key": KEY, "value": value}],
    "of 101": lambda value: [WriteItem(f"K{number}", value) for number in range(101)],
    "with a text": lambda value: [WriteItem(KEY, value), value],
    "with a pair": lambda value: [(KEY, value)],
    "without a key": lambda value: [{"value": value}],
    "with another field": lambda value: [{"key": KEY, "value": value, "note": value}],
    "that is one mapping": lambda value: {"key": KEY, "value": value},
    "that is one text": lambda value: value,
    "that fails on the way": lambda value: _failing(value),
}


@each({f"a batch {name}": form for name, form in BATCHES.items()}, SENDING, "set_entries")
def _(stage: Stage, form: Callable[[str], Any]) -> None:
    stage.items = form(stage.secrets["value"])


def _failing(value: str) -> Iterator[Any]:
    yield {"key": KEY, "value": value}
    raise LookupError("of the caller's own generator")


SEGMENTS = {"empty": "", "dots": "..", "NUL": "a\0", "surrogate": "a\udc80", "long": "a" * 2000}


@each({f"a project that is {name}": text for name, text in SEGMENTS.items()}, SENDING)
def _(stage: Stage, text: str) -> None:
    stage.project = text


# The embedded store


class Stores:
    """A store that is made once and copied into each cell that needs one; its key is the cell's."""

    _made: tuple[bytes, str, str, str] | None = None

    @classmethod
    def put(cls, stage: Stage) -> Path:
        if cls._made is None:
            folder = stage.output / "template"
            folder.mkdir()
            home = StoreHome(folder)
            stored = f"{marker()}\n{marker()}"
            item = (WriteItem(KEY, stored, True),)
            home.store.answer(Call("set_entries", "backend", "staging", items=item))
            home.store.close()
            content = folder.joinpath("store.db").read_bytes()
            cls._made = content, home.master_key.line(), stored, home.token
            shutil.rmtree(folder)
        content, line, stored, token = cls._made
        stage.secrets.update(key=line, stored=stored)
        stage.token = None
        path = stage.plant(stage.folder / "data" / "store.db", content)
        beside = ("-wal", "-shm", "-journal")
        stage.planted.update(path.with_name(path.name + end) for end in beside)
        stage.plant(cls.key_file(stage), line + "\n")
        stage.url = f"file:{path}"
        stage.secrets["token of the store"] = token
        return path

    @staticmethod
    def key_file(stage: Stage) -> Path:
        return stage.home / ".config" / "clovrix-env" / "master.key"


@failure("nothing goes wrong with a store", NOTHING, "asks", "owns", passes=EVERYBODY)
def _(stage: Stage) -> None:
    Stores.put(stage)


@failure("the first use of a store", NOTHING, "owns init", passes=EVERYBODY)
def _(stage: Stage) -> None:
    Stores.put(stage).unlink()
    Stores.key_file(stage).unlink()


@failure("a missing store", STORE, passes={"owns init"})
def _(stage: Stage) -> None:
    Stores.put(stage).unlink()


@each({"a store cut short": slice(0, -5000), "a store of noise": slice(100, None)}, STORE)
def _(stage: Stage, part: slice) -> None:
    path = Stores.put(stage)
    path.write_bytes(path.read_bytes()[part])


@failure("a store that others can read", STORE)
def _(stage: Stage) -> None:
    Stores.put(stage).chmod(0o644)


@failure("a key that others can read", STORE)
def _(stage: Stage) -> None:
    Stores.put(stage)
    Stores.key_file(stage).chmod(0o644)


@failure("the key of another store", STORE)
def _(stage: Stage) -> None:
    Stores.put(stage)
    stage.secrets["other key"] = master_key.generate("the test").line()
    stage.plant(Stores.key_file(stage), stage.secrets["other key"])


DAMAGED_KEYS: dict[str, Callable[[bytes, str], str]] = {
    "in hex": lambda raw, line: f"{master_key.PREFIX}{raw.hex()}:{line[-8:]}",
    "without a checksum": lambda raw, line: line[:-9],
    "with a wrong checksum": lambda raw, line: line[:-8] + "00000000",
    "with other bytes": lambda raw, line: line.replace(line[20:24], "AAAA"),
    "without its prefix": lambda raw, line: line[len(master_key.PREFIX) :],
    "with a space": lambda raw, line: line + " ",
    "that is short": lambda raw, line: line.replace(line[20:24], ""),
    "that is no base64": lambda raw, line: line.replace(line[20:24], "ü€!"),
}


@each({f"a key {name}": form for name, form in DAMAGED_KEYS.items()}, STORE)
def _(stage: Stage, form: Callable[[bytes, str], str]) -> None:
    Stores.put(stage)
    line = stage.secrets["key"]
    raw = master_key.parse(line, "the test").key
    stage.secrets["key in hex"] = raw.hex()
    stage.environ["CLOVRIX_MASTER_KEY"] = form(raw, line)


@failure("a key file that is no key", STORE)
def _(stage: Stage) -> None:
    Stores.put(stage)
    stage.plant(Stores.key_file(stage), f"{stage.secrets['key'][:-8]}\n{stage.secrets['key']}\n")


def _change(stage: Stage, statement: str) -> None:
    if "loads" in stage.door.traits:
        stage.timeout = SOON
    with closing(sqlite3.connect(Stores.put(stage))) as connection, connection:
        connection.execute(statement)


@failure("a row that was changed", STORE, "asks", passes={"writes"})
def _(stage: Stage) -> None:
    _change(stage, "UPDATE entry SET is_secret = 0")


@failure("a data key that was changed", STORE, "asks")
def _(stage: Stage) -> None:
    _change(stage, "UPDATE data_key SET sealed = randomblob(length(sealed))")


@failure("an entry without its value", STORE, "reads")
def _(stage: Stage) -> None:
    _change(stage, "UPDATE version SET sealed = 'a text'")


@failure("a row that is no UTF-8", STORE, "reads")
def _(stage: Stage) -> None:
    key = stage.secrets["value"].encode().hex()
    _change(stage, f"UPDATE entry SET key = CAST(X'{key}FF' AS TEXT)")


@failure("a token that the store does not know", STORE, "sdk")
def _(stage: Stage) -> None:
    token = stage.token
    Stores.put(stage)
    stage.token = token


@failure("a token of the store that is cut", STORE, "sdk")
def _(stage: Stage) -> None:
    Stores.put(stage)
    stage.token = stage.secrets["token of the store"][:-1]


@failure("a token of the store that may not", STORE, "sdk")
def _(stage: Stage) -> None:
    Stores.put(stage)
    stage.token = stage.secrets["token of the store"]
    stage.project = "another"


@failure("billing that is restricted", STORE, "asks")
def _(stage: Stage) -> None:
    _change(stage, "INSERT OR REPLACE INTO setting VALUES ('billing', 'restricted')")


@failure("a full disk", STORE, "writes", "makes")
def _(stage: Stage) -> None:
    """No file may grow: SQLite and the kernel say it as they say it of a full disk."""
    Stores.put(stage)
    most = 4096
    if "owns" in stage.door.traits:
        stage.limits[resource.RLIMIT_FSIZE] = most
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    stage.stack.callback(resource.setrlimit, resource.RLIMIT_FSIZE, before)


# .env: PLANTED stands for the secret

DOTENVS = {
    "a line that is none": "FIRST=PLANTED\nthis is PLANTED no line\n",
    "a quote without end": 'KEY="-----BEGIN KEY-----\nPLANTED\n-----END KEY-----\nNEXT=PLANTED\n',
    "text behind a quote": "KEY='PLANTED' PLANTED\n",
    "a key that is none": "FIRST=PLANTED\nPLANTED-KEY=PLANTED\n",
    "a reference to nothing": "FIRST=PLANTED\nKEY=PLANTED${ABSENT}PLANTED\n",
    "a reference without end": "KEY=PLANTED${FIRST\n",
    "a reference without name": "KEY=PLANTED${-PLANTED}\n",
    "a reference with another operator": "KEY=PLANTED${FIRST/PLANTED}\n",
    "a reference to ours": "KEY=PLANTED${CLOVRIX_TOKEN}\n",
    "a reference below": "KEY=${LATER}\nLATER=PLANTED\n",
    "a reference to itself": "SECRET=PLANTED\nKEY=PLANTED${KEY}\n",
    "a missing one with its message": "SECRET=PLANTED\nKEY=PLANTED${ABSENT:?set ${SECRET} first}\n",
    "a NUL": "KEY=PLANTED\0PLANTED\n",
    "a name that the guard refuses": "LD_PRELOAD=PLANTED\n",
    "a name of ours": "CLOVRIX_PROJECT=PLANTED\n",
    "a doubling expansion": "K0=PLANTED\n"
    + "".join(f"K{n + 1}=${{K{n}}}${{K{n}}}\n" for n in range(16)),
    "deep references": "KEY=PLANTED" + "${A:-" * 2_000 + "PLANTED" + "}" * 2_000 + "\n",
}


@each({f".env: {name}": text for name, text in DOTENVS.items()}, DOTENV)
def _(stage: Stage, text: str) -> None:
    stage.answer(body=stage.body())
    stage.write(".env", text.replace("PLANTED", stage.secrets["file"]))


DOTENV_ORIGINS = {
    "an address of ours": "CLOVRIX_API_URL=https://user:PLANTED@127.0.0.1\n",
    "a store elsewhere": "CLOVRIX_API_URL=file:/PLANTED/store.db\n",
    "an address that refers": "SECRET=PLANTED\nCLOVRIX_API_URL=file:${SECRET}\n",
    "a token that refers": "SECRET=PLANTED\nCLOVRIX_TOKEN=PLANTED${SECRET}\n",
    "a token that is none": "CLOVRIX_TOKEN='PLANTED '\n",
}


@each({f".env: {name}": text for name, text in DOTENV_ORIGINS.items()}, DOTENV, "own token")
def _(stage: Stage, text: str) -> None:
    stage.token = None
    stage.environ["CLOVRIX_API_URL"] = None
    stage.write(".env", text.replace("PLANTED", stage.secrets["file"]))


@failure(".env: a cycle of two files", DOTENV)
def _(stage: Stage) -> None:
    stage.answer(body=stage.body())
    planted = stage.secrets["file"]
    stage.write(".env", f"SECRET={planted}\nONE={planted}${{TWO}}\n")
    stage.write(".env.local", f"TWO={planted}${{ONE}}\n")


@each(
    {
        ".env: no UTF-8": lambda planted: planted + b"\xff",
        ".env: too large": lambda planted: planted * 40_000,
    },
    DOTENV,
)
def _(stage: Stage, form: Callable[[bytes], bytes]) -> None:
    planted = stage.secrets["file"].encode()
    stage.write(".env", b"KEY=" + form(planted) + b"\n")


# .clovrix and our other settings

DECLARATIONS = {
    "a text without end": 'project = "PLANTED\n',
    "no TOML": 'project = PLANTED\n"PLANTED" PLANTED\n',
    "a word of its own": 'password = "PLANTED"\n',
    "a token": 'token = "PLANTED"\n',
    "a default that is a list": '[variables.KEY]\ndefault = ["PLANTED"]\n',
    "a default with NUL": '[variables.KEY]\ndefault = "PLANTED\\u0000"\n',
    "a type that is none": '[variables.KEY]\ntype = "PLANTED"\n',
    "a pattern that is none": '[variables.KEY]\npattern = "PLANTED("\n',
    "a table that is none": 'variables = "PLANTED"\n',
    "an age that is none": '[cache]\nmax_age = "PLANTED"\n',
}


@each({f".clovrix: {name}": text for name, text in DECLARATIONS.items()}, DECLARED)
def _(stage: Stage, text: str) -> None:
    stage.answer(body=stage.body())
    stage.secrets["declared"] = marker()
    stage.write(".clovrix", text.replace("PLANTED", stage.secrets["declared"]))


# Of a value from a file, from Clovrix and from the process: what they are declared to be.
CONTRACTS = {
    **{
        f"no {kind}": f"type = '{kind}'"
        for kind in ("int", "float", "bool", "url", "port", "json", "duration")
    },
    "none of its choices": "type = 'enum'\nchoices = ['x', 'y']",
    "another pattern": "pattern = 'x+'",
}


@each({f"contract: {name}": fields for name, fields in CONTRACTS.items()}, CONTRACT)
def _(stage: Stage, fields: str) -> None:
    stage.answer(body=stage.body())
    names = ("FROM_FILE", KEY, "PASSWORD")
    stage.write(".clovrix", "".join(f"[variables.{name}]\n{fields}\n" for name in names))


@each(
    {"contract: below its minimum": "min = 0", "contract: above its maximum": "max = 0"}, CONTRACT
)
def _(stage: Stage, bound: str) -> None:
    stage.answer(body=stage.body())
    sign = "-" if "min" in bound else ""
    stage.secrets["file"] = f"{sign}{int(marker(), 16)}"
    stage.write(".env", f"FROM_FILE={stage.secrets['file']}\n")
    stage.write(".clovrix", f"[variables.FROM_FILE]\ntype = 'int'\n{bound}\n")


@failure("contract: required and left out", CONTRACT)
def _(stage: Stage) -> None:
    stage.answer(body=stage.body())
    stage.write(
        ".clovrix",
        "[select]\nonly = ['X']\n[variables.FROM_FILE]\nrequired_in = ['staging']\n"
        f"[variables.{KEY}]\nrequired = true\n[variables.ABSENT]\nrequired = true\n",
    )


@each(
    {f"{name} that is none": name for name in ("CLOVRIX_OFFLINE", "CLOVRIX_CACHE", "CLOVRIX_ROOT")},
    VARIABLES,
)
def _(stage: Stage, name: str) -> None:
    # A root that does not exist is told by its path: it is no place for a secret.
    stage.environ[name] = "" if name == "CLOVRIX_ROOT" else stage.secrets["process"]


@failure("config.toml that is none", VARIABLES)
def _(stage: Stage) -> None:
    stage.secrets["own"] = marker()
    content = f'api_url = "https://user:{stage.secrets["own"]}@127.0.0.1\n'
    stage.plant(stage.home / ".config" / "clovrix-env" / "config.toml", content)


@failure("an address in config.toml", VARIABLES, "own token")
def _(stage: Stage) -> None:
    stage.secrets["own"] = marker()
    content = f'api_url = "https://user:{stage.secrets["own"]}@127.0.0.1"\n'
    stage.plant(stage.home / ".config" / "clovrix-env" / "config.toml", content)
    stage.environ["CLOVRIX_API_URL"] = None


# Handing off, and what the user sets by hand


@failure("a value that the kernel refuses", HANDOFF)
def _(stage: Stage) -> None:
    stage.answer(body=stage.body())
    stage.write(".env", f"KEY={stage.secrets['file'] * 5_000}\n")


@failure("an environment that the kernel refuses", HANDOFF)
def _(stage: Stage) -> None:
    stage.answer(body=stage.body())
    stage.write(".env", "".join(f"K{n}={stage.secrets['file'] * 500}\n" for n in range(20)))
    stage.limits[resource.RLIMIT_STACK] = 1024 * 1024


@failure("a lone surrogate at the end", HANDOFF)
def _(stage: Stage) -> None:
    stage.answer(body=stage.body())
    stage.secrets["set"] = marker()
    stage.words = ["--set", b"KEY=" + stage.secrets["set"].encode() + b"\xff"]
    stage.shows_arguments = True  # they are the user's


@each({"a command that is not there": "absent", "a command that is a folder": "/"}, HANDOFF)
def _(stage: Stage, command: str) -> None:
    stage.answer(body=stage.body())
    stage.command = [command]


SETS = {
    "no =": "{}",
    "no name": "={}",
    "a name of ours": "CLOVRIX_TOKEN={}",
}


@each({f"--set with {name}": form for name, form in SETS.items()}, OPTIONS)
def _(stage: Stage, form: str) -> None:
    stage.secrets["set"] = marker()
    planted = stage.secrets["set"]
    stage.words = ["--set", f"GOOD={planted}", "--set", form.format(planted)]
    stage.shows_arguments = True  # they are the user's


@failure("an option that does not exist", OPTIONS)
def _(stage: Stage) -> None:
    stage.secrets["set"] = marker()
    stage.words = [f"--password={stage.secrets['set']}"]
    stage.shows_arguments = True


GIVEN: dict[str, Callable[[str], dict[Any, Any]]] = {
    "no name": lambda planted: {"": planted},
    "a name of ours": lambda planted: {"CLOVRIX_TOKEN": planted},
    "a NUL": lambda planted: {"KEY": planted + "\0"},
    "bytes": lambda planted: {"KEY": planted.encode()},
    "a list": lambda planted: {"KEY": [planted]},
}


@each({f"overrides= with {name}": form for name, form in GIVEN.items()}, OVERRIDES)
def _(stage: Stage, form: Callable[[str], dict[Any, Any]]) -> None:
    stage.secrets["set"] = marker()
    stage.options["overrides"] = {"GOOD": stage.secrets["set"], **form(stage.secrets["set"])}


@failure("overrides= that is right, and a 500", OVERRIDES)
def _(stage: Stage) -> None:
    stage.secrets["set"] = marker()
    stage.options["overrides"] = {"GOOD": stage.secrets["set"]}
    stage.answer(500)
