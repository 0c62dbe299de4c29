"""Starts of ``clovrix-exec`` against a real server, and the files that they leave behind."""

import time

from launch.launcher import Launcher

from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.auth.endpoint import Endpoint
from clovrix_env.auth.token import Token
from clovrix_env.cache.folder import CacheFolder
from clovrix_env.cache.sealed_file import SealedFile

SECRET = "planted-value-of-a-secret"
HOURS = 3600


class Starts:
    """``starts("--offline")`` is a start of a program that prints A, of ``backend/staging``.

    ``environ`` is what it is given: a token, the server's address and ``CLOVRIX_CACHE``.
    """

    def __init__(self, folder, user, home, loopback):
        self.launcher = Launcher(folder, user)
        self.environ = self.launcher.environ
        self.home = home
        self.server = loopback
        self.folder = user / ".cache" / "clovrix-env"
        self.environ["CLOVRIX_TOKEN"] = home.token
        self.environ["CLOVRIX_API_URL"] = loopback.url
        self.allow(max_age="30s")
        self.put(A=SECRET)

    def __call__(self, *options, **more):
        return self.launcher(*options, "backend", "staging", "--", "printenv", "A", **more)

    def allow(self, **ages):
        """What ``CLOVRIX_CACHE`` says; without arguments it is not set."""
        self.environ["CLOVRIX_CACHE"] = ",".join(f"{name}={age}" for name, age in ages.items())
        if not ages:
            del self.environ["CLOVRIX_CACHE"]

    def put(self, project="backend", **values):
        items = tuple(WriteItem(key, value) for key, value in values.items())
        reply = self.home.store.answer(Call("set_entries", project, "staging", items=items))
        assert reply.status == 200, reply.data

    def extend(self):
        """Have ``backend`` extend a project ``shared``, whose B is ``of shared``."""
        self.home.project("shared", "staging")
        self.environ["CLOVRIX_TOKEN"] = self.home.make_token("backend", "shared")
        self.put("shared", B="of shared")
        (self.launcher.folder / ".clovrix").write_text('extends = ["shared"]\n')

    def in_process(self, monkeypatch):
        """Have ``resolve_env()`` find here what a start is given."""
        for name in ("CLOVRIX_CACHE", "CLOVRIX_API_URL", "CLOVRIX_TOKEN"):
            monkeypatch.setenv(name, str(self.environ[name]))
        monkeypatch.chdir(self.launcher.folder)

    @property
    def requests(self):
        return len(self.server.requests)

    def fill(self, **values):
        """Start once, so that there are cached values."""
        if values:
            self.put(**values)
        result = self()
        assert (result.returncode, result.stderr) == (0, b"")

    def names(self, *endings):
        """The files of the folder with these endings; "" is the sealed one."""
        if not self.folder.exists():
            return []
        return sorted(p.name for p in self.folder.iterdir() if p.suffix in endings)

    @property
    def sealed(self):
        """The one file of cached values."""
        (name,) = self.names("")
        return self.folder / name

    def file(self, folder, project="backend"):
        """What ``backend/staging`` is kept in, by our own code."""
        url, token = str(self.environ["CLOVRIX_API_URL"]), str(self.environ["CLOVRIX_TOKEN"])
        return SealedFile(folder, Endpoint(url, "test", Token(token, "test")), project, "staging")

    def known(self, project="backend"):
        """What is cached of ``staging``, by our own code."""
        with CacheFolder(str(self.folder)) as folder:
            return self.file(folder, project).read(time.time_ns())

    def keep(self, age, **values):
        """Have cached values of ``age`` seconds ago, without a server."""
        with CacheFolder(str(self.folder)) as folder:
            self.file(folder).write(time.time_ns() - int(age * 1e9), values)

    def age(self, seconds, project="backend"):
        """Let the cached values be older; a negative age is the future."""
        known = self.known(project)
        with CacheFolder(str(self.folder)) as folder:
            fetched = known.fetched - int(seconds * 1e9)
            self.file(folder, project).write(fetched, known.entries, known.tag)


def outcome(result):
    """Status, what the program printed, and our lines without their beginning."""
    lines = result.stderr.decode().splitlines()
    assert all(line.startswith("clovrix-exec: ") for line in lines), lines
    return (
        result.returncode,
        result.stdout.decode().rstrip("\n"),
        [line[len("clovrix-exec: ") :] for line in lines],
    )
