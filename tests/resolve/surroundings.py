"""What a door finds: a project's folder, and Clovrix behind a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clovrix_env.api.messages import Call, WriteItem

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StoreHome
    from loopback import Loopback


class Project:
    """A folder: ``write(NAME, TEXT)`` puts a file into it, ``declare(TEXT)`` a ``.clovrix``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

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
