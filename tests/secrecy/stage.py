"""One cell of the matrix: a door, what goes wrong, and the secrets that are planted around them."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from loopback import serve
from secrecy.search import marker

from clovrix_env import WriteItem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from ssl import SSLContext

    import pytest
    from loopback import Authority, Loopback
    from secrecy.doors import Door

KEY = "API_KEY"


class Outcome:
    """What came of a door: its error, or the texts of a process, and whether it went well."""

    def __init__(self, error: BaseException | None = None, status: int = 0, **texts: bytes) -> None:
        self.error = error
        self.status = status
        self.texts = texts

    @property
    def went_well(self) -> bool:
        return self.error is None and self.status == 0


class Stage:
    """What a door finds. A failure changes it before the door is run; ``stack`` undoes the change.

    ``secrets`` are by name: ``token``; ``value``, which is sent; ``stored``, which Clovrix holds;
    ``file`` in a ``.env``; ``process`` in the process environment; ``key``, the master key's line.
    """

    def __init__(self, door: Door, place: Path, faulty: Loopback, authority: Authority) -> None:
        self.door = door
        self.folder, self.home = place / "work", place / "home"
        self.temporary, self.output = place / "tmp", place / "output"
        for folder in (self.folder, self.home, self.temporary, self.output):
            folder.mkdir()
        (self.folder / ".git").mkdir()
        self.stack = ExitStack()
        self.faulty = faulty
        self.authority = authority
        self.secrets = {
            "token": f"icr_{marker()}",
            # Several lines, and characters that JSON, HTML, URLs and Python escape.
            "value": f'{marker()}\n"{marker()}" \\ü<&>\n{marker()}',
            "stored": f"{marker()}\n'{marker()}'",
            "file": marker(),
            "process": marker(),
        }
        self.planted: set[Path] = set()
        self.environ: dict[str, str | None] = {"PASSWORD": self.secrets["process"]}
        self.token: str | None = self.secrets["token"]
        self.url = faulty.url
        self.project, self.environment = "backend", "staging"
        self.key: Any = KEY
        self.value: Any = self.secrets["value"]
        self.items: Any = None
        self.timeout: float | None = None
        self.brought: Any = None
        self.options: dict[str, Any] = {}
        self.words: list[str | bytes] = []
        self.command = ["printenv", "__CLOVRIX_ENV"]
        self.limits: dict[int, int] = {}
        self.server = faulty
        self.gives_up = False
        self.shows_arguments = False
        self.write(".env", f"FROM_FILE={self.secrets['file']}\n")

    def write(self, name: str, content: str | bytes) -> Path:
        """A file in the working folder that holds a secret by design."""
        return self.plant(self.folder / name, content)

    def plant(self, path: Path, content: str | bytes) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(0o600)
        self.planted.add(path)
        return path

    def batch(self) -> Any:
        """The items of a bulk write: one of either kind."""
        if self.items is not None:
            return self.items
        return [WriteItem(self.key, self.value, True), {"key": "OTHER", "value": self.value}]

    def answer(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        # At once: what is asked again need not wait here.
        self.faulty.fault(
            "answer", status=status, body=body, headers={"Retry-After": "0", **headers}
        )

    def body(self, **fields: Any) -> bytes:
        """A right answer to each of the operations, with the stored value in it."""
        stored = self.secrets["stored"]
        whole = {
            "entries": {KEY: stored},
            "key": KEY,
            "value": stored,
            "is_secret": True,
            "created": True,
            "written": 2,
        }
        return json.dumps({**whole, **fields}).encode()

    def echo(self) -> str:
        """What a careless server repeats of a request: its header and, of a write, its body."""
        said = f"Authorization: Bearer {self.secrets['token']}"
        return f"{said}\n{self.secrets['value']}" if "writes" in self.door.traits else said

    def serve(self, tls: SSLContext | None = None) -> Loopback:
        """A server of this cell's own, which is asked from now on."""
        self.server = self.stack.enter_context(serve(tls=tls))
        self.url = self.server.url
        return self.server

    def trust(self) -> None:
        """Let the door trust the tests' authority."""
        self.environ["SSL_CERT_FILE"] = self.authority.file

    def variables(self) -> dict[str, str]:
        """Our variables and those of the cell, for a door that is told by the environment."""
        given = {**self.environ}
        if not self.door.is_sdk:
            given = {"CLOVRIX_TOKEN": self.token, "CLOVRIX_API_URL": self.url, **given}
        return {name: value for name, value in given.items() if value is not None}

    def apply(self, patch: pytest.MonkeyPatch) -> None:
        """Make the cell this process's own surroundings."""
        import tempfile

        patch.chdir(self.folder)
        patch.setattr(tempfile, "tempdir", str(self.temporary))
        for name, value in {**self.surroundings(), **self.variables()}.items():
            patch.setenv(name, value)

    def surroundings(self) -> Mapping[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "TMPDIR": str(self.temporary)}
