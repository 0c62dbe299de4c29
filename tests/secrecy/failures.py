"""Everything that goes wrong, each with the entry points that can meet it, and why no other can.

A failure is a function that changes a ``Scene``. ``traits`` say which entry points meet it; those
of ``passes`` go through it all the same, because it is not a failure to them.
"""

import html
import json
import resource
import shutil
import sqlite3
from contextlib import closing
from functools import partial
from urllib.parse import quote

from conftest import StoreHome
from faults.catalogue import FAULTS
from scene import KEY
from secrecy.search import marker

from clovrix_env import WriteItem
from clovrix_env.api.messages import Call
from clovrix_env.store import master_key


class Failure:
    def __init__(self, name, set_up, traits, passes):
        self.name, self.set_up, self.traits, self.passes = name, set_up, traits, passes

    def meets(self, entry_point):
        return bool(entry_point.traits & self.traits)

    def __repr__(self):
        return self.name


FAILURES = []


def add(traits, cases, *, passes=None):
    """One failure for each case: its name, and the function that sets it up."""
    FAILURES.extend(Failure(name, case, traits, passes or set()) for name, case in cases.items())


def each(traits, cases, prefix="", *, passes=None):
    """One failure for each case: its name, and what the function is given with the scene."""

    def added(set_up):
        made = {prefix + name: partial(_with, set_up, case) for name, case in cases.items()}
        add(traits, made, passes=passes)

    return added


def _with(set_up, case, scene):
    set_up(scene, case)


EVERYBODY = {"client", "asks", "owns"}
# The token is looked at before there is an operation, so the SDK's constructors stand for its
# operations; the commands of local take none, and look at the address.
TOKEN = {"client", "own token", "looks"}
ADDRESS = {*TOKEN, "owns"}
ASKS = {"asks"}  # by HTTP
PROXY = {"sdk", "own token"}  # who asks by https; a brought client is the SDK's, which is here
SENDING = {"sdk"}  # who is given values, keys or a place
STORE = {"asks", "owns"}  # whoever can open a store
LOADS = {"loads"}  # who reads .env, our variables, and holds values against the contract
DECLARED = {"loads", "declares"}  # who reads .clovrix
LAUNCHES = {"launches"}

add(
    {"client", "asks"}, {"nothing": lambda scene: scene.answer(body=scene.body())}, passes=EVERYBODY
)


# The token

TOKENS = {"a newline": "{}\n", "a space in the middle": "{0} {0}", "no ASCII": "{}ü"}
TOKEN_FILES = {"without ASCII": "{}\u00fc\n", "that is too long": "{0}" * 600}


def _token_by(scene, **variables):
    scene.token = None
    scene.environ.update(variables)


@each(TOKEN, TOKENS, "a token with ")
def _(scene, form):
    scene.token = form.format(scene.secrets["token"])


@each({"client"}, TOKENS, "CLOVRIX_TOKEN with ")
def _(scene, form):
    _token_by(scene, CLOVRIX_TOKEN=form.format(scene.secrets["token"]))


@each(TOKEN, TOKEN_FILES, "a token file ")
def _(scene, form):
    content = form.format(scene.secrets["token"])
    _token_by(scene, CLOVRIX_TOKEN_FILE=str(scene.write("token", content)))


def _no_token(scene):
    scene.token = None
    del scene.secrets["token"]


def _both_variables(scene):
    token = scene.secrets["token"]
    _token_by(scene, CLOVRIX_TOKEN=token, CLOVRIX_TOKEN_FILE=str(scene.write("token", token)))


def _token_folder(scene):
    # A folder: for root, who runs many a test, there is no file that it may not read.
    path = scene.write("token/token", scene.secrets["token"])
    _token_by(scene, CLOVRIX_TOKEN_FILE=str(path.parent))


def _credential(scene):
    path = scene.write("clovrix_token", scene.secrets["token"] + " \n")
    _token_by(scene, CREDENTIALS_DIRECTORY=str(path.parent))


add(TOKEN, {"no token": _no_token}, passes={"looks"})
add(TOKEN, {
    "both token variables": _both_variables,
    "a token file that cannot be read": _token_folder,
    "a systemd credential that is not a token": _credential,
})  # fmt: skip


# The address

ADDRESSES = {
    "with a password": "https://user:{}@127.0.0.1",
    "with a query": "https://127.0.0.1/?key={}",
    "that is not a valid URL": "https://[{}",
    "of another scheme": "ftp://user:{}@127.0.0.1",
}


@each(ADDRESS, ADDRESSES, "an address ")
def _(scene, form):
    scene.url = form.format(scene.secret("password"))


# Answers that repeat what was sent


def _json(scene):
    return json.dumps({"error": f"no: {scene.echo()}", "billing_status": scene.echo()}).encode()


def _readable_json(scene):
    # As Go and PHP write it: other characters are escaped than by Python.
    text = json.dumps({"error": f"no: {scene.echo()}"}, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003E").replace("&", "\\u0026").encode()


def _other_json(scene):
    detail = [{"loc": ["body"], "input": {"value": scene.echo()}}]
    return json.dumps({"detail": detail}, ensure_ascii=False).encode()


def _html(scene):
    echo = scene.echo()
    shown = html.escape(echo) + html.escape(json.dumps(echo)) + quote(echo) + repr(echo)
    return f"<html><h1>{shown}</h1></html>".encode()


# The status chooses the class of the error and whether it is asked again; how an answer repeats
# what was sent has nothing to do with it, so some come with two statuses only.
STATUSES = (400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 503)
BODIES = {
    "JSON": (_json, STATUSES),
    "HTML": (_html, (*STATUSES, 200, 204, 302)),
    "nothing": (lambda scene: b"", STATUSES),
    "readable JSON": (_readable_json, (422, 500)),
    "JSON of another shape": (_other_json, (422, 500)),
    "text": (lambda scene: scene.echo().encode(), (422, 500)),
}
_ANSWERS = {
    f"{status} with {kind}": (status, body)
    for kind, (body, statuses) in BODIES.items()
    for status in statuses
}


@each(ASKS, _ANSWERS)
def _(scene, case):
    status, body = case
    scene.answer(status, body(scene))


# What comes is broken

SOON = 0.4
BROKEN = {
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "a list": lambda body: b"[" + body + b"]",
    "deep": lambda body: b"[" * 100_000 + body,
}
SHAPES = {
    "entries are a list": lambda v: {"entries": [v], "is_secret": v},
    "a value is a list": lambda v: {"entries": {KEY: [v]}, "value": [v], "key": {v: v}},
    "a lone surrogate": lambda v: {"entries": {KEY: v + "\ud800"}, "value": v + "\ud800"},
}
# Of each kind one: ``faults`` looks for secrets as well.
FROM_FAULTS = (
    *("a closed port", "a certificate of an unknown authority", "a body that drips"),
    *("reset within the body", "half of a JSON object", "JSON that is not UTF-8"),
)


@each(ASKS, {name: name for name in FROM_FAULTS})
def _(scene, name):
    FAULTS[name](scene)
    scene.timeout = SOON


@each(ASKS, BROKEN)
def _(scene, form):
    scene.answer(body=form(scene.body()))


@each(ASKS, SHAPES)
def _(scene, shape):
    stored = scene.secrets["stored"]  # also where numbers and truth are
    scene.answer(body=scene.body(**{"created": stored, "written": stored, **shape(stored)}))


def _unresolved(scene):
    scene.url, scene.timeout = "https://clovrix.invalid", SOON


def _nul(scene):
    nul = scene.secrets["stored"] + "\0"
    scene.answer(body=scene.body(entries={KEY: nul, "OTHER": nul}, value=nul))


add(ASKS, {
    "gzip that is not gzip": lambda s: s.answer(body=s.body(), **{"Content-Encoding": "gzip"}),
    "a name that does not resolve": _unresolved,
    # Not in its header: httpcore logs all of them at DEBUG.
    "a redirect": lambda s: s.answer(302, s.echo().encode(), Location=f"{s.url}/elsewhere"),
})  # fmt: skip
add({"reads"}, {"a NUL in a value": _nul}, passes={"sdk", "compares", "entries"})


@each(LOADS, {"that the guard refuses": "LD_PRELOAD", "of ours": "CLOVRIX_TOKEN", "with =": "A=B"},
      "a name ")  # fmt: skip
def _(scene, name):
    scene.answer(body=scene.body(entries={name: scene.secrets["stored"]}))


@each(PROXY, {"that refuses": 407, "that is not a proxy": 200, "whose URL is not valid": 0},
      "a proxy ")  # fmt: skip
def _(scene, status):
    scene.faulty.fault("answer", status=status)
    at = f"user:{scene.secret('password')}@127.0.0.1"
    scene.environ["HTTPS_PROXY"] = f"http://{at}:{scene.faulty.port}" if status else f"bad://{at}"
    _unresolved(scene)


# The caller, and a client that it brings


def _gives_up(scene):
    scene.serve().fault("hang")
    scene.gives_up = True


class Brought:
    """Fails in a way of its own."""

    def request(self, method, url, **options):
        raise RuntimeError("of its own")


def _brings(scene):
    scene.brought = Brought()


def _second_project(scene):
    scene.write(".clovrix", 'extends = ["shared"]\n')
    scene.faulty.fault("answer", times=1, body=scene.body())
    scene.answer(403, _json(scene))


add(ASKS, {"the caller gives up, or TERM comes": _gives_up})
add({"sdk", "by client"}, {"a brought client fails in a way of its own": _brings})
add(LOADS, {"the second of two projects fails": _second_project})


# Refused before it is sent

VALUES = {
    "too long": lambda value: value * 400,
    "a lone surrogate": lambda value: value + "\ud800",
    "bytes": lambda value: value.encode(),
    "a list": lambda value: [value],
}
KEYS = {"lower case": "key", "bytes": b"KEY"}
BATCHES = {
    "with a key twice": lambda value: [WriteItem(KEY, value), {"key": KEY, "value": value}],
    "of 101": lambda value: [WriteItem(f"K{number}", value) for number in range(101)],
    "with a text": lambda value: [WriteItem(KEY, value), value],
    "with another field": lambda value: [{"key": KEY, "value": value, "note": value}],
    "that is one text": lambda value: value,
    "without a key": lambda value: [{"value": value}],
    "whose secrecy is a text": lambda value: [{"key": "A", "value": value, "is_secret": value}],
    "that is one mapping": lambda value: {"key": KEY, "value": value},
    "that fails on the way": lambda value: _failing(value),
}
SEGMENTS = {"dots": "..", "NUL": "a\0", "surrogate": "a\udc80"}


def _failing(value):
    yield {"key": KEY, "value": value}
    raise LookupError("of the caller's own generator")


@each({"writes"}, VALUES, "a value that is ")
def _(scene, form):
    scene.value = form(scene.secrets["value"])


@each({"get_entry", "set_entry", "set_entries"}, KEYS, "a key that is ")
def _(scene, key):
    scene.key = key


@each({"set_entries"}, BATCHES, "a batch ")
def _(scene, form):
    scene.items = form(scene.secrets["value"])


@each(SENDING, SEGMENTS, "a project that is ")
def _(scene, text):
    scene.project = text


# The embedded store


class Stores:
    """A store that is made once and copied into each scene that needs one, with its key."""

    _made = None

    @classmethod
    def put(cls, scene):
        if cls._made is None:
            folder = scene.output / "template"
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
        # Messages show the prefix. A key of many signs is looked for whole.
        key = line[len(master_key.PREFIX) :]
        scene.secrets.update({"key": key, "stored": stored, "stored token": token})
        scene.token = None
        path = scene.plant(scene.folder / "data" / "store.db", content)
        beside = ("-wal", "-shm", "-journal")
        scene.planted.update(path.with_name(path.name + end) for end in beside)
        scene.plant(cls.key_file(scene), line + "\n")
        scene.url = f"file:{path}"
        return path

    @staticmethod
    def key_file(scene):
        return scene.home / ".config" / "clovrix-env" / "master.key"


def _first_use(scene):
    Stores.put(scene).unlink()
    Stores.key_file(scene).unlink()


def _damaged(part):
    def damage(scene):
        path = Stores.put(scene)
        path.write_bytes(path.read_bytes()[part])

    return damage


def _line(scene):
    return master_key.PREFIX + scene.secrets["key"]


def _key(form, *, mode=0o600):
    """The key file as ``form`` writes it."""

    def put(scene):
        Stores.put(scene)
        scene.plant(Stores.key_file(scene), form(_line(scene))).chmod(mode)

    return put


def _other_key(scene):
    other = master_key.generate("the test").line()
    scene.secrets["other key"] = other[len(master_key.PREFIX) :]
    _key(lambda line: other)(scene)


def _changed(statement):
    def change(scene):
        if "loads" in scene.traits:
            scene.timeout = SOON
        key = scene.secrets["value"].encode().hex()
        with closing(sqlite3.connect(Stores.put(scene))) as connection, connection:
            connection.execute(statement.replace("PLANTED", key))

    return change


def _store_token(form, project="backend"):
    def put(scene):
        Stores.put(scene)
        scene.token, scene.project = form(scene), project

    return put


def _full_disk(scene):
    """No file may grow: SQLite and the kernel say it as they say it of a full disk."""
    Stores.put(scene)
    most = 4096
    if "owns" in scene.traits:
        scene.limits[resource.RLIMIT_FSIZE] = most
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    scene.stack.callback(resource.setrlimit, resource.RLIMIT_FSIZE, before)


DAMAGED_KEYS = {
    "in hex": lambda raw, line: f"{master_key.PREFIX}{raw.hex()}:{line[-8:]}",
    "without a checksum": lambda raw, line: line[:-9],
    "with a wrong checksum": lambda raw, line: line[:-8] + "00000000",
    "with other bytes": lambda raw, line: line.replace(line[20:24], "AAAA"),
    "without its prefix": lambda raw, line: line[len(master_key.PREFIX) :],
    "that is short": lambda raw, line: line.replace(line[20:24], ""),
    "that is not base64": lambda raw, line: line.replace(line[20:24], "ü€!"),
}


@each(STORE, DAMAGED_KEYS, "a key ")
def _(scene, form):
    Stores.put(scene)
    line = _line(scene)
    raw = master_key.parse(line, "the test").key
    scene.secrets["key in hex"] = raw.hex()
    scene.environ["CLOVRIX_MASTER_KEY"] = form(raw, line)


add(STORE, {"nothing, and a store": Stores.put}, passes=EVERYBODY)
add({"owns init"}, {"the first use of a store": _first_use}, passes=EVERYBODY)
add(STORE, {"a missing store": lambda s: Stores.put(s).unlink()}, passes={"owns init"})
add(STORE, {
    "a store cut short": _damaged(slice(0, -5000)),
    "a store of noise": _damaged(slice(100, None)),
    "a store that others can read": lambda s: Stores.put(s).chmod(0o644),
    "a key that others can read": _key(str, mode=0o644),
    "the key of another store": _other_key,
    "a key file that is not a key": _key(lambda line: f"{line[:-8]}\n{line}\n"),
})  # fmt: skip
add({"asks"}, {"a row that was changed": _changed("UPDATE entry SET is_secret = 0")},
    passes={"writes", "replaces"})  # fmt: skip
add({"asks"}, {
    "a data key that was changed": _changed(
        "UPDATE data_key SET sealed = randomblob(length(sealed))"
    ),
    "billing that is restricted": _changed(
        "INSERT OR REPLACE INTO setting VALUES ('billing', 'restricted')"
    ),
})  # fmt: skip
add({"reads"}, {
    "an entry without its value": _changed("UPDATE version SET sealed = 'a text'"),
}, passes={"replaces"})  # fmt: skip
add({"reads"}, {
    "a row that is not UTF-8": _changed("UPDATE entry SET key = CAST(X'PLANTEDFF' AS TEXT)"),
})  # fmt: skip
add({"sdk"}, {
    "a token that the store does not know": _store_token(lambda s: s.secrets["token"]),
    "a token of the store that is cut": _store_token(lambda s: s.secrets["stored token"][:-1]),
    "a token of the store that may not": _store_token(
        lambda s: s.secrets["stored token"], "another"
    ),
})  # fmt: skip
add({"writes", "makes"}, {"a full disk": _full_disk})


# .env: PLANTED stands for the secret

DOTENVS = {
    "a line that is not one": "FIRST=PLANTED\nthis is PLANTED no line\n",
    "a quote without end": 'KEY="-----BEGIN KEY-----\nPLANTED\n-----END KEY-----\nNEXT=PLANTED\n',
    "text behind a quote": "KEY='PLANTED' PLANTED\n",
    "a key that is not one": "FIRST=PLANTED\nPLANTED-KEY=PLANTED\n",
    "a reference to nothing": "FIRST=PLANTED\nKEY=PLANTED${ABSENT}PLANTED\n",
    "a reference without end": "KEY=PLANTED${FIRST\n",
    "a reference without name": "KEY=PLANTED${-PLANTED}\n",
    "a reference with another operator": "KEY=PLANTED${FIRST/PLANTED}\n",
    "a reference below": "KEY=${LATER}\nLATER=PLANTED\n",
    "a reference to ours": "KEY=PLANTED${CLOVRIX_TOKEN}\n",
    "a reference to itself": "SECRET=PLANTED\nKEY=PLANTED${KEY}\n",
    "a missing one with its message": "SECRET=PLANTED\nKEY=PLANTED${ABSENT:?set ${SECRET} first}\n",
    "a NUL": "KEY=PLANTED\0PLANTED\n",
    "a name that the guard refuses": "LD_PRELOAD=PLANTED\n",
    "a doubling expansion": "K0=PLANTED\n"
    + "".join(f"K{n + 1}=${{K{n}}}${{K{n}}}\n" for n in range(16)),
    "deep references": "KEY=PLANTED" + "${A:-" * 2_000 + "PLANTED" + "}" * 2_000 + "\n",
    "too large": "KEY=" + "PLANTED" * 40_000 + "\n",
    "not UTF-8": "KEY=PLANTED\udcff\n",
}
DOTENV_ORIGINS = {
    "an address of ours": "CLOVRIX_API_URL=https://user:PLANTED@127.0.0.1\n",
    "a store elsewhere": "CLOVRIX_API_URL=file:/PLANTED/store.db\n",
    "an address that refers": "SECRET=PLANTED\nCLOVRIX_API_URL=file:${SECRET}\n",
    "a token that refers": "SECRET=PLANTED\nCLOVRIX_TOKEN=PLANTED${SECRET}\n",
    "a token that is not one": "CLOVRIX_TOKEN='PLANTED '\n",
}


def _answers_with(scene, name, text, secret="file"):
    """Clovrix answers, and a file is in the way."""
    scene.answer(body=scene.body())
    content = text.replace("PLANTED", scene.secret(secret))
    scene.write(name, content.encode("utf-8", "surrogateescape"))


def _cycle(scene):
    _answers_with(scene, ".env", "SECRET=PLANTED\nONE=PLANTED${TWO}\n")
    _answers_with(scene, ".env.local", "TWO=PLANTED${ONE}\n")


@each(LOADS, DOTENVS, ".env: ")
def _(scene, text):
    _answers_with(scene, ".env", text)


@each({"own token"}, DOTENV_ORIGINS, ".env: ")
def _(scene, text):
    scene.token = None
    scene.environ["CLOVRIX_API_URL"] = None
    _answers_with(scene, ".env", text)


add(LOADS, {".env: a cycle of two files": _cycle})


# .clovrix and our other settings

DECLARATIONS = {
    "a text without end": 'project = "PLANTED\n',
    "not TOML": 'project = PLANTED\n"PLANTED" PLANTED\n',
    "a word of its own": 'password = "PLANTED"\n',
    "a token": 'token = "PLANTED"\n',
    "a default that is a list": '[variables.KEY]\ndefault = ["PLANTED"]\n',
    "an unknown type": '[variables.KEY]\ntype = "PLANTED"\n',
    "a table that is a text": 'variables = "PLANTED"\n',
    "a default with NUL": '[variables.KEY]\ndefault = "PLANTED\\u0000"\n',
    "a pattern that is not valid": '[variables.KEY]\npattern = "PLANTED("\n',
    "an age that is not valid": '[cache]\nmax_age = "PLANTED"\n',
}
# Of a value from a file, from Clovrix and from the process: what they are declared to be.
_TYPES = ("int", "float", "bool", "url", "port", "json", "duration")
CONTRACTS = {
    **{f"not of type {kind}": f"type = '{kind}'" for kind in _TYPES},
    "none of its choices": "type = 'enum'\nchoices = ['x', 'y']",
    "another pattern": "pattern = 'x+'",
}
REQUIRED = (
    "[select]\nonly = ['X']\n[variables.FROM_FILE]\nrequired_in = ['staging']\n"
    f"[variables.{KEY}]\nrequired = true\n[variables.ABSENT]\nrequired = true\n"
)
OWN = 'api_url = "https://user:{}@127.0.0.1'


@each(DECLARED, DECLARATIONS, ".clovrix: ")
def _(scene, text):
    _answers_with(scene, ".clovrix", text, "declared")


@each(LOADS, CONTRACTS, "contract: ")
def _(scene, fields):
    names = ("FROM_FILE", KEY, "PASSWORD")
    text = "".join(f"[variables.{name}]\n{fields}\n" for name in names)
    _answers_with(scene, ".clovrix", text)


@each(LOADS, {"below its minimum": "min = 0", "above its maximum": "max = 0"}, "contract: ")
def _(scene, bound):
    scene.secrets["file"] = f"{'-' if 'min' in bound else ''}{int(marker(), 16)}"
    _answers_with(scene, ".env", "FROM_FILE=PLANTED\n")
    _answers_with(scene, ".clovrix", f"[variables.FROM_FILE]\ntype = 'int'\n{bound}\n")


@each(LOADS, {name: name for name in ("CLOVRIX_OFFLINE", "CLOVRIX_CACHE", "CLOVRIX_ROOT")})
def _(scene, name):
    # A root that does not exist is told by its path: it is no place for a secret.
    scene.environ[name] = "" if name == "CLOVRIX_ROOT" else scene.secrets["process"]


def _own_configuration(scene, end="\n"):
    content = OWN.format(scene.secret("own")) + end
    scene.plant(scene.home / ".config" / "clovrix-env" / "config.toml", content)


def _own_address(scene):
    scene.environ["CLOVRIX_API_URL"] = None
    _own_configuration(scene, '"\n')


add(LOADS, {
    "contract: required and left out": lambda s: _answers_with(s, ".clovrix", REQUIRED),
    "config.toml that is not TOML": _own_configuration,
})  # fmt: skip
add({"own token"}, {"an address in config.toml": _own_address})


# Handing off, and what the user sets by hand

SETS = {
    "--set without =": "--set {}",
    "--set without a name": "--set ={}",
    "--set with a name of ours": "--set CLOVRIX_TOKEN={}",
    "an option that does not exist": "--password={}",
}
GIVEN = {
    "without a name": lambda planted: {"": planted},
    "with a name of ours": lambda planted: {"CLOVRIX_TOKEN": planted},
    "with a NUL": lambda planted: {"KEY": planted + "\0"},
    "with a list": lambda planted: {"KEY": [planted]},
    "that is right, and a 500": lambda planted: {},
}


def _stack_limit(scene):
    _answers_with(scene, ".env", "".join(f"K{n}={'PLANTED' * 500}\n" for n in range(20)))
    scene.limits[resource.RLIMIT_STACK] = 1024 * 1024


def _surrogate_at_the_end(scene):
    scene.answer(body=scene.body())
    scene.words = ["--set", b"KEY=" + scene.secret("set").encode() + b"\xff"]
    scene.shows_arguments = True  # they are the user's


add(LAUNCHES, {
    "a value that the kernel refuses": lambda s: _answers_with(
        s, ".env", f"KEY={'PLANTED' * 5_000}\n"
    ),
    "an environment that the kernel refuses": _stack_limit,
    "a lone surrogate at the end": _surrogate_at_the_end,
})  # fmt: skip


@each(LAUNCHES, {"a command that does not exist": "absent", "a command that is a folder": "/"})
def _(scene, command):
    scene.answer(body=scene.body())
    scene.command = [command]


@each(LAUNCHES, SETS)
def _(scene, form):
    planted = scene.secret("set")
    scene.words = ["--set", f"GOOD={planted}", *form.format(planted).split()]
    scene.shows_arguments = True  # they are the user's


@each({"function"}, GIVEN, "overrides= ")
def _(scene, form):
    planted = scene.secret("set")
    scene.options["overrides"] = {"GOOD": planted, **form(planted)}
    scene.answer(500)
