"""Hostile places, as data: what lies there, what is asked for, and what has to come of it.

In the texts ``{stranger}`` is the address of a server that must never be asked, ``{port}`` its
port, ``{honest}`` the address of Clovrix, ``{token}`` the user's token, ``{planted}`` a folder
outside the project. The user's process environment names Clovrix and the token. ``hunter2`` is a
secret wherever it stands.
"""

import os
import socket
from typing import NamedTuple

REFUSED = "refused before anything is sent"
ASKED = "loaded, and only Clovrix was asked"
FAILED = "failed after Clovrix, or who stands at its address, was asked"


class Place(NamedTuple):
    """``ends`` is one of the three above, ``told`` a part of the sentence that says so.

    Of a place that is ``ASKED``, ``told`` is a part of the only line on stderr; empty for silence.
    """

    what: str
    ends: str
    told: str = ""
    files: dict = {}
    environ: object = {}
    asks: tuple = ("backend", "staging")
    lay: object = None  # gets the project's folder and {planted}
    tls: bool = False  # Clovrix is asked over https, by a certificate of the user's SSL_CERT_FILE
    answers: dict = {}  # what stands at Clovrix's address redirects or refuses with
    paths: tuple = ()  # the paths that Clovrix was asked for, as they came
    below: str = ""  # the working directory, below the project's folder
    needs_root: bool = False


def _declared(text, told, what=""):
    return Place(f".clovrix: {what or text}"[:60], REFUSED, told, {".clovrix": text})


def _file(text, told, what="", *, name=".env"):
    return Place(f"{name}: {what or text}"[:60], REFUSED, told, {name: text})


def _variable(name, value, told):
    return Place(f"{name}={value!a}"[:60], REFUSED, told, environ={name: value})


_TAKING_OVER = "cannot be set here"
_UNKNOWN = "is not known"
_KEYS = {
    "api_url": _TAKING_OVER, "token": _TAKING_OVER, "HTTPS_PROXY": _TAKING_OVER,
    "tls_verify": _TAKING_OVER, "CLOVRIX_API_URL": _TAKING_OVER, "insecure": _UNKNOWN,
    '"\\u0061pi_url"': _TAKING_OVER,
}  # fmt: skip

PROJECT_FILES = [
    *(_declared(f'{key} = "{{stranger}}"\n', why, key) for key, why in _KEYS.items()),
    _declared('clovrix.api_url = "{stranger}"\n', _UNKNOWN),
    _declared('[variables.CLOVRIX_API_URL]\ndefault = "{stranger}"\n', "is reserved"),
    _declared('[variables.__CLOVRIX_ENV]\ndefault = "1:{}"\n', "is reserved"),
    _declared('[variables.LD_PRELOAD]\ndefault = "{planted}/x.so"\n', "load a library"),
    _declared('[files]\nnames = ["../planted/.env"]\n', "must have a plain name"),
    _declared('[files]\nnames = ["{project}.env"]\n', "the only placeholder"),
    _declared('project = "."\n', "HTTP treats it as a folder"),
    _declared('project = "back\\u0000end"\n', "contains a NUL character", "a NUL in project"),
    _declared('project = "hunter2', "not valid TOML"),
    _declared("".join(f"[variables.V{i}]\n" for i in range(5_000)) + 'url = "{stranger}"\n',
              _TAKING_OVER, "5 000 tables"),
]  # fmt: skip
# Where a project is declared, no argument names another one.
PROJECT_FILES = [
    place._replace(asks=(), environ={"CLOVRIX_ENVIRONMENT": "staging"})
    if place.files[".clovrix"].startswith("project")
    else place
    for place in PROJECT_FILES
]

_NO_FILE = "must be a file: address"
_NOT_IN_A_FILE = "cannot be set in a file"
_MARKER = (
    '1:{"address":"{stranger}","address_from_file":false,"said":"","project":"backend",'
    '"environment":"staging","only":[],"exclude":[],"root":"/","files_named":null,'
    '"override":false,"local":null,"allow":["LD_PRELOAD"],"remote":true,"offline":false,'
    '"files":[],"names":{},"places":[]}'
)

ADDRESSES_IN_FILES = [
    _file("CLOVRIX_API_URL={stranger}\n", _NO_FILE),
    _file("CLOVRIX_API_URL=https://127.0.0.1:{port}\n", _NO_FILE),
    _file("export CLOVRIX_API_URL='{stranger}'\n", _NO_FILE),
    _file("\ufeffCLOVRIX_API_URL={stranger}\r\n", _NO_FILE),
    _file('CLOVRIX_API_URL=" {stranger}"\n', _NO_FILE),
    _file("CLOVRIX_API_URL=\n", _NO_FILE),
    _file("CLOVRIX_API_URL={stranger}\n", _NO_FILE, name=".env.staging.local"),
    Place(".env: {stranger}, hidden by .env.local", REFUSED, "CLOVRIX_API_URL must be a file:",
          {".env": "CLOVRIX_API_URL={stranger}\n", ".env.local": "CLOVRIX_API_URL=file:store\n"}),
    Place(".env: {stranger} and a token", REFUSED, _NO_FILE,
          {".env": "CLOVRIX_API_URL={stranger}\nCLOVRIX_TOKEN=hunter2\n"},
          {"CLOVRIX_API_URL": None, "CLOVRIX_TOKEN": None}),
    _file("CLOVRIX_API_URL=file:../planted/store.db\n", "outside the project"),
    _file("CLOVRIX_API_URL=file://127.0.0.1:{port}/x\n", "must not contain a host"),
    _file("CLOVRIX_API_URL=file:\n", "no path after file:"),
    _file("CLOVRIX_API_URL=file:${HOME}/store.db\n", "cannot contain references"),
    *(
        _file(f"{name}={value}\n", _NOT_IN_A_FILE)
        for name, value in {
            "CLOVRIX_ALLOW_HTTP": "127.0.0.1:{port}",
            "CLOVRIX_TOKEN_FILE": "{planted}/hunter2",
            "CLOVRIX_PROXY": "{stranger}",
        }.items()
    ),
    _file(f"__CLOVRIX_ENV='{_MARKER}'\n", _NOT_IN_A_FILE, "a forged marker"),
    _file("OPENSSL_CONF={planted}/c.cnf\n", "makes every program with TLS load a library"),
    _file("HOME={planted}\n", "decides which programs and files are found"),
]  # fmt: skip

_NEVER = "refers to CLOVRIX_TOKEN, which values cannot contain"
REFERENCES = [
    _file(text, _NEVER)
    for text in (*("A=${CLOVRIX_TOKEN}\n", "A=${NOTHING:?no ${CLOVRIX_TOKEN}}\n"),
                 *("A=${HOME:+${CLOVRIX_TOKEN}}\n", "A=${A:-${B:-${C:-${CLOVRIX_TOKEN}}}}\n"),
                 *("CLOVRIX_TOKEN=${CLOVRIX_TOKEN}\n", "CLOVRIX_API_URL=file:${CLOVRIX_TOKEN}\n"))
]  # fmt: skip
REFERENCES += [
    _file("A=${__CLOVRIX_ENV}\n", "which values cannot contain"),
    _file("A=${CLOVRIX_MASTER_KEY}\n", "which values cannot contain"),
    Place(
        ".env: ${SECRET:?${PASSWORD}}", FAILED, "refers to SECRET, which is not set",
        {".env": "A=${SECRET:?${PASSWORD}}\n"}, {"PASSWORD": "hunter2"},
    ),
    Place(
        ".env: $CLOVRIX_TOKEN is text", ASKED, "",
        {".env": "A=$CLOVRIX_TOKEN\nB='${CLOVRIX_TOKEN}'\nC=$(cat secret)\nD=`cat secret`\n",
         "secret": "hunter2"},
    ),
]  # fmt: skip

_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy")
SURROUNDINGS_IN_FILES = [
    *(
        Place(f".env: {name}", ASKED, "", {".env": f"{name}={{stranger}}\n"}, tls=True)
        for name in _PROXIES
    ),
    Place(".clovrix: a default HTTPS_PROXY", ASKED, "",
          {".clovrix": '[variables.HTTPS_PROXY]\ndefault = "{stranger}"\n'}, tls=True),
    Place(".env: SSL_CERT_FILE of nobody", ASKED, "",
          {".env": "SSL_CERT_FILE={planted}/nobody.pem\nSSL_CERT_DIR={planted}\n"}, tls=True),
    Place(".env: SSL_CERT_FILE of a stranger's authority", FAILED, "is not valid: ",
          {".env": "SSL_CERT_FILE={authority}\n"}, {"SSL_CERT_FILE": None}, tls=True),
    Place(".env: a whole man in the middle", ASKED, "",
          {".env": "HTTPS_PROXY={stranger}\nSSL_CERT_FILE={authority}\nNO_PROXY=\n"}, tls=True),
    Place(".env: XDG_CONFIG_HOME with an address", ASKED, "",
          {".env": "XDG_CONFIG_HOME={planted}\n",
           "../planted/clovrix-env/config.toml": 'api_url = "{stranger}"\n'},
          {"CLOVRIX_ALLOW": "XDG_CONFIG_HOME"}),
]  # fmt: skip

_ODD_NAMES = (
    ("../x", "..%2Fx"), ("stg/eu", "stg%2Feu"), ("a b", "a%20b"), ("a\nb", "a%0Ab"),
    ("a?b=c#d", "a%3Fb%3Dc%23d"), ("%2e%2e", "%252e%252e"),
    ("${CLOVRIX_TOKEN}", "%24%7BCLOVRIX_TOKEN%7D"),
    ("\u202e\u001b[2J", "%E2%80%AE%1B%5B2J"),
)  # fmt: skip
_PATH = "/api/public/v1/projects/{}/environments/{}/entries"
NAMES = [
    *(
        Place(f"environment {name!a}", ASKED, "", asks=("backend", name),
              files={".env.x": "PLANTED=1\n", ".env.stg/eu": "PLANTED=1\n", "x": "PLANTED=1\n"},
              paths=(_PATH.format("backend", path),))
        for name, path in _ODD_NAMES
    ),
    *(
        Place(f"{kind} {name!a}", REFUSED, told,
              asks=("backend", name) if kind == "environment" else (name, "staging"))
        for name, told in (("", "is empty"), (".", "as a folder"), ("..", "as a folder"),
                           ("x" * 1025, "more than 1024 bytes"))
        for kind in ("environment", "project")
    ),
    *(
        Place(f"environment {name}, and its file", ASKED, "", asks=("backend", name),
              files={f".env.{name}": "PLANTED=1\n"})
        for name in ("example", "sample", "schema", "vault", "keys")
    ),
    Place("environment production, and .env", ASKED, ".env not read in production",
          asks=("backend", "production"), files={".env": "PLANTED=1\n"}),
    Place(".clovrix: extends ../../x", ASKED, "", {".clovrix": 'extends = ["../../x"]\n'},
          paths=(_PATH.format("..%2F..%2Fx", "staging"), _PATH.format("backend", "staging"))),
]  # fmt: skip


def _sparse(name):
    def lay(folder, planted):
        with open(folder / name, "wb") as file:
            file.truncate(1024**3)

    return lay


def _link(name, target):
    return lambda folder, planted: (folder / name).symlink_to(target)


def _socket(folder, planted):
    before = os.getcwd()
    os.chdir(folder)  # a socket's path is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(".env")
    finally:
        os.chdir(before)


def _special(what, told, lay):
    return Place(what, REFUSED, told, lay=lay)


SPECIAL_FILES = [
    _special(".env is 1 GiB of nothing", ".env is larger than 1 MiB", _sparse(".env")),
    _special(".env is a device", "is a device", _link(".env", "/dev/zero")),
    _special(".env is a socket", ".env cannot be read", _socket),
    _special(".env is the process's own environment", "NUL", _link(".env", "/proc/self/environ")),
    _special(".env is another secret", "expected KEY=value", _link(".env", "../planted/secret")),
    _special(".clovrix is another secret", "TOML", _link(".clovrix", "../planted/secret")),
    _special(".clovrix is a FIFO", ".clovrix is a FIFO", lambda f, p: os.mkfifo(f / ".clovrix")),
    Place(".env is tracked by git", ASKED, "", {".env": "OTHER=1\n", ".git/index": "DIRC"}),
]  # fmt: skip


_SOMEBODY = 54321
_STOLEN = {
    ".clovrix": 'project = "stolen"\ndefault_environment = "staging"\n',
    ".env": "PLANTED=1\nCLOVRIX_TOKEN=hunter2\n",
    "inner/x": "",
}


def _above(what, change, **more):
    """A ``.clovrix`` in the folder above the working directory, whose owner or mode is changed."""
    place = Place(f".clovrix above, {what}", ASKED, "is skipped", _STOLEN, below="inner")
    return place._replace(lay=lambda folder, planted: change(folder), **more)


ROOTS = [
    _above("in a folder of another user", lambda f: os.chown(f, _SOMEBODY, 0), needs_root=True),
    _above("in a folder like /tmp", lambda f: f.chmod(0o1777)),
    Place(".clovrix above .git", ASKED, "", {**_STOLEN, "inner/.git": "gitdir: x\n"},
          below="inner"),
    Place(".clovrix above, and PWD says that it is here", ASKED, "is skipped", _STOLEN,
          {"PWD": "{planted}"}, below="inner", lay=lambda f, p: f.chmod(0o777)),
    Place("a link to a folder below a planted .clovrix", ASKED, "is skipped",
          {f"../planted/{name}": text for name, text in _STOLEN.items()}, below="link",
          lay=lambda folder, planted: _by_link(folder, planted)),
]  # fmt: skip


def _by_link(folder, planted):
    planted.chmod(0o777)
    (folder / "link").symlink_to(planted / "inner")


_IN_CLEAR = "not be encrypted"
_ASCII = "printable ASCII"
_LOOK_ALIKES = {
    "http://stranger.invalid:{port}": _IN_CLEAR,
    "http://localhost.:{port}": "invalid host or port",
    "https://app.clovrix.com@127.0.0.1:{port}": "user name or password",
    "http://127.0.0.1:{port}\\@app.clovrix.com": _ASCII,
    "https://127.0.0.1:{port}/x": "only scheme and host",
}
ADDRESSES = [
    *(_variable("CLOVRIX_API_URL", address, told) for address, told in _LOOK_ALIKES.items()),
    Place("CLOVRIX_ALLOW_HTTP names another host", REFUSED, _IN_CLEAR,
          environ={"CLOVRIX_API_URL": "http://stranger.invalid", "CLOVRIX_ALLOW_HTTP": "honest"}),
]  # fmt: skip

_TOKENS = {
    "icr_hunter2\n": "begins or ends with white space",
    "icr_hunter2\r\nX-Evil: 1": "not printable ASCII",
    "icr_hunter2\x1b[2J": "not printable ASCII",
    "icr_hunter2\u00e9": "not printable ASCII",
    "icr_hunter2 x": "not printable ASCII",
    "icr_hunter2\u200b": "not printable ASCII",
    "": "no token for ",
}
TOKENS = [
    *(
        Place(f".env: a token {token!a}", REFUSED, told, {".env": f'CLOVRIX_TOKEN="{token}"\n'},
              {"CLOVRIX_TOKEN": None})
        for token, told in _TOKENS.items()
    ),
    *(
        Place(f"a token's file that is {what}", REFUSED, told, lay=lay,
              environ={"CLOVRIX_TOKEN": None, "CLOVRIX_TOKEN_FILE": "token"})
        for what, told, lay in (
            ("a FIFO", "is empty", lambda f, p: os.mkfifo(f / "token")),
            ("1 GiB of nothing", "is larger than 16 KiB", _sparse("token")),
            ("a device", "is a device or a socket", _link("token", "/dev/zero")),
        )
    ),
]  # fmt: skip

_REDIRECTS = (301, 303, 307)
ANSWERS = [
    *(
        Place(f"Clovrix answers {status} over {scheme}", FAILED, "", tls=scheme == "https",
              answers={"status": str(status), "location": f"{{stranger}}{path}"})
        for status in _REDIRECTS
        for scheme in ("http", "https")
        for path in ("/api/public/v1/projects/backend/environments/staging/entries",)
    ),
    Place("Clovrix answers 302 to //stranger", FAILED, "",
          answers={"status": "302", "location": "//127.0.0.1:{port}/"}),
    Place("Clovrix repeats the token", FAILED, "",
          answers={"status": "403", "body": '{"error": "no access for {token}"}'}),
]  # fmt: skip

GROUPS = {
    "project file": PROJECT_FILES,
    "address in a file": ADDRESSES_IN_FILES,
    "reference": REFERENCES,
    "surroundings in a file": SURROUNDINGS_IN_FILES,
    "name": NAMES,
    "special file": SPECIAL_FILES,
    "root": ROOTS,
    "address": ADDRESSES,
    "token": TOKENS,
    "answer": ANSWERS,
}
PLACES = [place for places in GROUPS.values() for place in places]
