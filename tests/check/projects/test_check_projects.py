"""Three projects on PyPI that use python-dotenv: what a check says of them, as they are.

`docs/how-to/check.md` explains these findings.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Of each release the SHA-256 of its source archive.
PROJECTS = {
    "linkedin-mcp-server==1.0.0": (
        "73e0687a47f03810112644fa393884497743da93067bda9c5fdf15f18519721f"
    ),
    "mcp-clickhouse==0.7.0": ("2168e4ddd3e704ef971c12fb0bb15b85e74470bfa9e3d190a29b8954991e978f"),
    "mcp-todoist==0.5.1": ("ef751ac8de4a334113e82cbfdace4839cc41835af63d2df4ff99d3cb7936f406"),
}
# What the projects' own READMEs tell their users to write.
LINKEDIN = (
    "LINKEDIN_CLIENT_ID=your_client_id\n"
    "LINKEDIN_CLIENT_SECRET=your_client_secret\n"
    "LINKEDIN_REDIRECT_URI=http://localhost:8000\n"
)
CLICKHOUSE = (
    "CLICKHOUSE_HOST=localhost\n"
    "CLICKHOUSE_PORT=8123\n"
    "CLICKHOUSE_USER=default\n"
    "CLICKHOUSE_PASSWORD=clickhouse\n"
)


@pytest.fixture
def unpacked(project: Any, tmp_path: Path) -> Callable[[str], None]:
    """``unpacked("NAME==VERSION")`` fills the project's folder with that release."""

    def unpack(release: str) -> None:
        wanted = tmp_path / "wanted.txt"
        wanted.write_text(f"{release} --hash=sha256:{PROJECTS[release]}\n")
        pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps")
        source = ("--no-binary", release.partition("==")[0], "--ignore-requires-python")
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                (*pip, *source, "--retries", "1", "--dest", str(tmp_path), "-r", str(wanted)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=45,
                check=False,
            )
        found = list(tmp_path.glob("*.tar.gz"))
        if not found:
            pytest.skip(f"{release} cannot be had from PyPI here")
        with tarfile.open(found[0]) as archive:
            archive.extractall(tmp_path / "unpacked", filter="data")
        (inner,) = (tmp_path / "unpacked").iterdir()
        project.folder.rmdir()
        inner.rename(project.folder)
        project.folder.chmod(0o700)

    return unpack


def test_linkedin_mcp_server(
    project: Any, unpacked: Callable[[str], None], check: Callable[..., Any], monkeypatch: Any
) -> None:
    """A token that the code reads, and that the README does not name."""
    unpacked("linkedin-mcp-server==1.0.0")
    monkeypatch.chdir(project.folder)
    project.write(".env", LINKEDIN)
    assert [(rule, name) for rule, _, _, name in check().findings] == [
        ("unprovided", "LINKEDIN_ACCESS_TOKEN")
    ]


def test_mcp_clickhouse(
    project: Any, unpacked: Callable[[str], None], check: Callable[..., Any], monkeypatch: Any
) -> None:
    """Options that are read without a fallback; without a .env what is needed comes on top."""
    unpacked("mcp-clickhouse==0.7.0")
    monkeypatch.chdir(project.folder)
    project.write(".env", CLICKHOUSE)
    options = ["CLICKHOUSE_PROXY_PATH", "CLICKHOUSE_TLS_MODE", "MCP_MIDDLEWARE_MODULE"]
    found = check()
    assert set(found.rules) == {"unprovided"}
    assert sorted(name or "" for *_, name in found.findings) == options
    # Declared, they are optional, and the contract says so to the next reader too.
    project.write(".clovrix", "".join(f"[variables.{name}]\n" for name in options))
    assert set(check().rules) == {"unknown"}
    project.write(".env", "")
    project.write(".clovrix", "")
    needed = ["CLICKHOUSE_HOST", "CLICKHOUSE_USER"]
    assert sorted(name or "" for *_, name in check().findings) == sorted([*needed, *options])


def test_mcp_todoist(
    project: Any, unpacked: Callable[[str], None], check: Callable[..., Any], monkeypatch: Any
) -> None:
    """Its .env.example, copied: nothing to find, until the copy is committed."""
    unpacked("mcp-todoist==0.5.1")
    monkeypatch.chdir(project.folder)
    project.write(".env", (project.folder / ".env.example").read_text())
    assert check().findings == []
    project.commit()
    assert check().findings == [("tracked", ".env", None, None)]
