"""What reads a command's output is a program: it reads lines, and may end early."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from clovrix_env import Client

if TYPE_CHECKING:
    from conftest import StoreHome
    from transfer.conftest import Command

_LONG = "https://example.com/" + "a-long-path/" * 30 + "end"


def test_nothing_is_wrapped_in_a_pipe(at_store: Command, store_home: StoreHome) -> None:
    """``list --reveal | grep X``: a name and its value are one line, whatever COLUMNS says."""
    with Client(base_url=store_home.url) as client:
        client.set_entry("backend", "staging", "LONG", _LONG)
        client.set_entry("backend", "production", "LONG", "other")
    for number in range(40):
        store_home.store.create_environment("backend", f"environment-{number}")
    at_store.write(".env", f"LONG={_LONG}\nLOCAL={_LONG}\n")
    at_store.write("new.env", "".join(f"KEY_{n}_{'X' * 90}=1\n" for n in range(3)))
    for columns in ("40", ""):
        env = {"COLUMNS": columns}
        listed = at_store("list", "--reveal", env=env).stdout.decode().splitlines()
        assert listed[1].split() == ["LONG", "set", _LONG]
        explained = at_store("explain", "--reveal", env=env).stdout.decode().splitlines()
        (line,) = (line for line in explained if line.startswith("LONG"))
        assert line.split()[:3] == ["LONG", _LONG, ".env:1"]
        imported = at_store("import", "new.env", "--dry-run", env=env).stdout.decode()
        assert len(imported.splitlines()) == 5
        projects = at_store("local", "project", "list", env=env).stdout.decode()
        assert len(projects.splitlines()) == 2
        doctor = at_store("doctor", env=env).stdout.decode().splitlines()
        assert all(line[0] in "✓✗" or line.split()[0] == "→" for line in doctor)
        diff = at_store("diff", "staging", "production", env=env).stdout.decode()
        assert diff.splitlines()[1].split() == ["LONG", "differs"]


@pytest.mark.parametrize(
    "words",
    ["--help", "export --help", "local --help", "run --help", "--version", "local project list"],
)
def test_reader_that_ends_first_ends_every_output_alike(at_store: Command, words: str) -> None:
    """``--help | true``: 141, as a shell reports SIGPIPE, and not a word."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as output:
        ended = subprocess.run(
            at_store.argv(*words.split()),
            cwd=at_store.folder,
            env=at_store.environ,
            stdout=output,
            stderr=subprocess.PIPE,
            timeout=30,
        )
    assert (ended.returncode, ended.stderr) == (141, b"")
