"""A new terminal, in which nothing says where the store is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from launch.launcher import Launcher
    from resolve.surroundings import Project

pytestmark = pytest.mark.slow


def config(home: Path, text: str) -> None:
    folder = home / ".config" / "clovrix-env"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(text)


def test_address_and_store_are_named(
    launched: Launcher, output: Callable[..., str], clean_environment: Path
) -> None:
    """What was asked for a token, why, and the store that was made in another terminal."""
    first = "no token for https://app.clovrix.com (the default address)"
    told = launched("backend", "development", "--", "true").stderr.decode()
    assert told.startswith(f"clovrix-exec: {first}\n")
    assert "local store" not in told
    output("local", "init", "backend")
    store = f"export CLOVRIX_API_URL=file:{clean_environment}/.local/share/clovrix-env/store.db"
    for printed in (
        launched("backend", "development", "--", "true").stderr.decode(),
        output("list", "-p", "backend", "-e", "development"),
    ):
        assert first in printed
        assert store in printed
    named = {"CLOVRIX_API_URL": "https://127.0.0.1:9"}
    told = launched("backend", "development", "--", "true", env=named).stderr.decode()
    assert told.startswith("clovrix-exec: no token for https://127.0.0.1:9 (CLOVRIX_API_URL)\n")
    assert "local store" not in told


@pytest.mark.parametrize("path", ["~/my.db", "{home}/my.db"])
def test_every_command_goes_to_the_store_of_the_users_configuration(
    project: Project,
    launched: Launcher,
    output: Callable[..., str],
    clean_environment: Path,
    path: str,
) -> None:
    """``api_url`` of ``config.toml``, from whatever folder."""
    config(clean_environment, f'api_url = "file:{path.format(home=clean_environment)}"\n')
    store = clean_environment / "my.db"
    made = output("local", "init", "backend")
    assert f"created    store        {store}" in made
    assert "export " not in made
    assert store.exists()
    (project.folder / "below").mkdir()
    here: dict[str, Any] = {"cwd": project.folder / "below"}
    place = ("-p", "backend", "-e", "development")
    assert "A created" in output("set", "A", *place, "--plain", "--value", "1", **here)
    assert launched("backend", "development", "--", "printenv", "A", **here).stdout == b"1\n"
    for words in (("list", *place), ("doctor", *place), ("whoami", *place)):
        assert "no token" not in output(*words, **here)
    assert "active" in output("local", "billing", **here)


def test_a_relative_path_is_an_error(
    launched: Launcher, output: Callable[..., str], clean_environment: Path
) -> None:
    """It would be another store in each folder."""
    config(clean_environment, 'api_url = "file:my.db"\n')
    told = "api_url of config.toml must not be relative"
    assert told in launched("backend", "development", "--", "true").stderr.decode()
    assert told in output("local", "init", "backend")
