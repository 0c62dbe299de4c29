"""What a door finds: a project's folder, and Clovrix behind a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clovrix_env.api.messages import Call, WriteItem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import StoreHome
    from loopback import Loopback

    Answers = Callable[..., Any]  # the fixture ``answers``
    Refused = Callable[..., list[str]]  # the fixture ``refused``


class Project:
    """A folder: ``write(NAME, TEXT)`` puts a file into it, ``declare(TEXT)`` a ``.clovrix``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def write_all(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            self.write(name, text)

    def declare(self, text: str) -> Path:
        return self.write(".clovrix", text)


class Clovrix:
    """The loopback server as our Clovrix: ``put("backend", "staging", A="1")``."""

    def __init__(self, home: StoreHome, loopback: Loopback) -> None:
        self.home = home
        self.loopback = loopback

    def put(self, project: str, environment: str, **values: str) -> None:
        items = tuple(WriteItem(key, value) for key, value in values.items())
        reply = self.home.store.answer(Call("set_entries", project, environment, items=items))
        assert reply.status == 200, reply.data

    @property
    def requests(self) -> int:
        return len(self.loopback.requests)
