"""What a door finds: a project's folder, and Clovrix behind a real server."""

from importlib.metadata import version

from clovrix_env.api.messages import Call, WriteItem

# The parser decides some corner cases. 1.2.1 is the newest for Python 3.9.
DOTENV = tuple(map(int, version("python-dotenv").split(".")))


class Project:
    """A folder: ``write(NAME, TEXT)`` puts a file into it, ``declare(TEXT)`` a ``.clovrix``."""

    def __init__(self, folder):
        self.folder = folder

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def write_all(self, files):
        for name, text in files.items():
            self.write(name, text)

    def declare(self, text):
        return self.write(".clovrix", text)


class Clovrix:
    """The loopback server as our Clovrix: ``put("backend", "staging", A="1")``."""

    def __init__(self, home, loopback):
        self.home = home
        self.loopback = loopback

    def put(self, project, environment, **values):
        items = tuple(WriteItem(key, value) for key, value in values.items())
        reply = self.home.store.answer(Call("set_entries", project, environment, items=items))
        assert reply.status == 200, reply.data

    @property
    def requests(self):
        return len(self.loopback.requests)
