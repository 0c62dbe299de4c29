"""Values of this machine on Clovrix, in a repository; and a log that hides too much."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from transfer import readers

from clovrix_env import Client

if TYPE_CHECKING:
    from conftest import StoreHome
    from transfer.conftest import Command

_FILES = {".env", ".env.local", ".env.staging", ".env.staging.local"}


def git(command: Command, *words: str) -> str:
    result = subprocess.run(["git", *words], cwd=command.folder, capture_output=True, check=True)
    return result.stdout.decode()


@pytest.mark.parametrize(
    ("before", "added"),
    [
        (None, [".env", ".env.*", "!.env.example"]),
        ("*.pyc\n.env", [".env.*", "!.env.example"]),
        ("/.env*\n", []),
        (".env*.local\n!.env.ci\n", [".env", ".env.*", "!.env.ci", "!.env.example"]),
    ],
)
def test_git_adds_no_env_file(command: Command, before: str | None, added: list[str]) -> None:
    """After ``init`` ``git add -A`` takes the example, and what was seen before, and no other."""
    shutil.rmtree(command.folder / ".git")
    git(command, "init", "-q")
    if before is not None:
        command.write(".gitignore", before)
    for name in (*_FILES, ".env.example", ".env.ci"):
        command.write(name, "A=1\n")
    told = command.done("init", "-p", "backend", "-e", "staging")
    assert (f"added {', '.join(added)} to" in told) == bool(added)
    git(command, "add", "-A")
    tracked = set(git(command, "ls-files").split())
    assert not tracked & _FILES
    assert (".env.example" in tracked) == bool(added)
    assert (".env.ci" in tracked) == (before is not None and "!" in before)


def test_export_says_what_is_this_machines(at_store: Command, store_home: StoreHome) -> None:
    """Beside values of Clovrix those of files are named; alone they need no line."""
    with Client(base_url=store_home.url) as client:
        client.set_entry("backend", "staging", "SHARED", "1")
    at_store.write(".env", "A=1\nB=2\n")
    at_store.write(".env.local", "B=3\n")
    told = at_store("export", "--format", "json").stderr.decode()
    assert told == "clovrix-env: A comes from .env\nclovrix-env: B comes from .env.local\n"
    assert at_store("export", "--format", "json", "-q").stderr == b""


@pytest.mark.parametrize("place", ["staging", "production"])
def test_import_warns_of_this_machines_values(
    at_store: Command, store_home: StoreHome, place: str
) -> None:
    """Where ``export | import`` would write them; also where files are not read."""
    at_store.write(".clovrix", 'default_environment = "staging"\n')
    at_store.write(".env", "DOMAIN=localhost\nURL=http://${DOMAIN}\nEMPTY=\nlower=1\n")
    at_store.write(".env.staging", "LEVEL=debug\n")
    exported = at_store(
        *("export", "--format", "json", "--exclude", "lower", "--set", "OTHER=1")
    ).stdout
    result = at_store("import", "-", "--format", "json", "-e", place, "--dry-run", given=exported)
    assert result.stderr.decode() == (
        f"clovrix-env: DOMAIN, URL have the same value as in .env: check that it is meant for "
        f"backend/{place}\n"
        f"clovrix-env: LEVEL has the same value as in .env.staging: check that it is meant for "
        f"backend/{place}\n"
    )
    at_store.write("new.env", "DOMAIN=example.com\n")
    for file in ("new.env", ".env.staging"):  # what differs, and what is imported itself
        assert at_store("import", file, "-e", place, "--dry-run").stderr == b""


def test_a_log_is_not_masked_away(command: Command) -> None:
    """google-github-actions/auth#207: of a JSON key neither ``{`` nor ``}`` is a mask.

    The runner splits what is masked as a whole, so each line is masked by itself.
    """
    command.write(".env", "KEY='{\n  \"id\": \"longer\"\n}\n'\nPIN='123\n'\nTINY='ab\n}'\n")
    result = command("export", "--format", "github", "-o", "out")
    assert readers.masked(result.stdout.decode()) == {'  "id": "longer"', "123"}
    assert result.stderr == (
        b"clovrix-env: TINY has lines that are too short to mask: a log can show it\n"
    )


def test_no_other_value_is_written_for_one_that_fits_no_line(command: Command) -> None:
    """3,000 spaces are more than a longer file may have in a row: refused, and no word for them."""
    command.write(".env", "B=1\n")
    said = command.refused("export", "--format", "dotenv", "--set", f"A={' ' * 3_000}")
    assert "A: cannot be read back from a line of a .env file" in said
