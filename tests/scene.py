"""What an entry point finds: folders, an environment, a server, and the secrets planted there."""

import json
import os
import tempfile
from contextlib import ExitStack, contextmanager

from loopback import serve
from secrecy.search import marker

import clovrix_env
from clovrix_env import WriteItem
from clovrix_env.client import exchange, tls

KEY = "API_KEY"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(clovrix_env.__file__)))


class Outcome:
    """What came of an entry point: its error, or the status and the texts of a process."""

    def __init__(self, error=None, status=0, **texts):
        self.error = error
        self.status = status
        self.texts = texts

    @property
    def went_well(self):
        return self.error is None and self.status == 0

    @property
    def stdout(self):
        return os.fsdecode(self.texts["stdout"])

    @property
    def lines(self):
        """An exception's text, or what a process wrote on stderr, without the program's name."""
        if self.error is not None:
            return [str(self.error)]
        told = os.fsdecode(self.texts.get("stderr", b"")).split("\n")
        return [line.partition(": ")[2] for line in told if line]


class Scene:
    """Whatever is set up here is undone by ``stack``. ``traits`` are the entry point's.

    ``secrets`` are by name: ``token``; ``value``, which is sent; ``stored``, which Clovrix holds;
    ``file`` in a ``.env``; ``process`` in the process environment; ``key``, the master key's line.
    ``attempts`` counts what the server saw; it is ``None`` where nobody can see an attempt.
    """

    def __init__(self, place, authority=None, faulty=None, traits=frozenset()):
        self.traits = traits
        self.folder, self.home = place / "work", place / "home"
        self.temporary, self.output = place / "tmp", place / "output"
        for folder in (self.folder, self.home, self.temporary, self.output, self.folder / ".git"):
            folder.mkdir(parents=True)
        self.stack = ExitStack()
        self.authority = authority
        self.faulty = faulty
        self.secrets = {
            "token": f"icr_{marker()}",
            # Several lines, and characters that JSON, HTML, URLs and Python escape.
            "value": f'{marker()}\n"{marker()}" \\ü<&>\n{marker()}',
            "stored": f"{marker()}\n'{marker()}'",
            "file": marker(),
            "process": marker(),
        }
        self.planted = set()
        self.environ = {"PASSWORD": self.secrets["process"]}
        self.token = self.secrets["token"]
        self.server = faulty
        self.url = faulty.url if faulty else ""
        self.project = "backend"
        self.environment = "staging"
        self.key = KEY
        self.value = self.secrets["value"]
        self.attempts = self.items = self.timeout = self.brought = None
        self.retries = 0
        self.words, self.options, self.limits = [], {}, {}
        self.command = ["printenv", "__CLOVRIX_ENV"]
        self.gives_up = self.shows_arguments = False
        self.write(".env", f"FROM_FILE={self.secrets['file']}\n")

    def write(self, name, content):
        """A file in the working folder that holds a secret by design."""
        return self.plant(self.folder / name, content)

    def plant(self, path, content):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(0o600)
        self.planted.add(path)
        return path

    def secret(self, name):
        """One more secret, by this name."""
        return self.secrets.setdefault(name, marker())

    def batch(self):
        """The items of a bulk write: one of either kind."""
        if self.items is not None:
            return self.items
        return [WriteItem(self.key, self.value, True), {"key": "OTHER", "value": self.value}]

    def answer(self, status=200, body=b"", **headers):
        # At once: what is asked again need not wait here.
        headers = {"Retry-After": "0", **headers}
        self.faulty.fault("answer", status=status, body=body, headers=headers)

    def body(self, **fields):
        """A right answer to each of the operations, with the stored value in it."""
        stored = self.secrets["stored"]
        whole = {"entries": {KEY: stored}, "key": KEY, "value": stored, "is_secret": True}
        return json.dumps({**whole, "created": True, "written": 2, **fields}).encode()

    def echo(self):
        """What a careless server repeats of a request: its header and, of a write, its body."""
        said = f"Authorization: Bearer {self.secrets['token']}"
        return f"{said}\n{self.secrets['value']}" if "writes" in self.traits else said

    def serve(self, tls=None, name="127.0.0.1", host="127.0.0.1"):
        """Ask a server of this scene's own, by a name that leads to ``host``."""
        server = self.stack.enter_context(serve(tls=tls, host=host))
        self.server, self.attempts = server, lambda: len(server.requests)
        self.url = f"{'http' if tls is None else 'https'}://{name}:{server.port}"
        self.environ["SSL_CERT_FILE"] = self.authority.file
        self.environ["CLOVRIX_ALLOW_HTTP"] = name
        return server

    def variables(self):
        """The whole environment; what a client is given as arguments is not in it."""
        given = {"PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.temporary)}
        ours = {"CLOVRIX_TOKEN": self.token, "CLOVRIX_API_URL": self.url}
        by_environment = {} if self.traits & {"client", "sdk"} else ours
        whole = {**given, "PYTHONPATH": ROOT, **by_environment, **self.environ}
        return {name: value for name, value in whole.items() if value is not None}

    @contextmanager
    def entered(self):
        """This process in the scene; as it was, afterwards. What fails is asked again at once."""
        folder, environ, temporary = os.getcwd(), dict(os.environ), tempfile.tempdir
        chance, made, narrow = exchange._chance, tls._made, tls._narrow
        variables = self.variables()
        os.environ.clear()
        os.environ.update(variables)
        os.chdir(self.folder)
        tempfile.tempdir = str(self.temporary)
        exchange._chance, tls._made, tls._narrow = (lambda: 0.0), {}, set()
        try:
            yield
        finally:
            exchange._chance, tls._made, tls._narrow = chance, made, narrow
            tempfile.tempdir = temporary
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environ)
