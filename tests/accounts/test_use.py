"""``use``: the address stays, in the user's own configuration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from accounts.person import Person
    from condition.terminal import Terminal

OTHER = "https://clovrix.example.com"


def config(person: Person) -> Path:
    return person.home / ".config" / "clovrix-env" / "config.toml"


def test_an_address_holds_in_every_terminal(newcomer: Person) -> None:
    """A relative store becomes absolute, and ``--clear`` returns to the default."""
    ran = newcomer.runs("use", "file:local.db").well()
    path = newcomer.folder / "local.db"
    assert ran.out.startswith(f"wrote file:{path} to {config(newcomer)}\n")
    assert "api_url of config.toml  not needed" in ran.out
    assert ran.err == (
        f"clovrix-env: no store at {path} yet: run clovrix-env local init PROJECT to create one\n"
    )
    assert newcomer.runs("local", "init", "backend").well().out.count("created ") == 4
    assert newcomer("backend", "development", "--", "true").returncode == 0
    assert "removed the address" in newcomer.runs("use", "--clear").well().out
    assert "https://app.clovrix.com" in newcomer.runs("whoami").out
    newcomer.runs("use", "--clear").well()


def test_the_rest_of_the_file_stays(newcomer: Person) -> None:
    """Comments, other keys, a link and the mode."""
    target = newcomer.write("dotfiles/config.toml", '# mine\nallow = ["A"]  # why\n')
    config(newcomer).parent.mkdir(parents=True)
    config(newcomer).symlink_to(target)
    newcomer.runs("use", OTHER).well()
    newcomer.runs("use", "https://[::1]:8420").well()
    expected = 'api_url = "https://[::1]:8420"\n# mine\nallow = ["A"]  # why\n'
    assert target.read_text() == expected
    assert target.stat().st_mode & 0o777 == 0o644
    assert config(newcomer).is_symlink()


@pytest.mark.parametrize(
    ("words", "content", "why"),
    [
        (["https://me:pw@clovrix.example.com"], "", "must not contain a user name or password"),
        (["http://clovrix.example.com"], "", "the token would not be encrypted"),
        ([], "", "name one address, or use --clear"),
        ([OTHER, "--clear"], "", "name one address, or use --clear"),
        ([OTHER], "allow = [", "config.toml"),
        ([OTHER], 'api_url = """\n"""\n', "edit the file: api_url = "),
    ],
)
def test_a_refusal_changes_nothing(
    newcomer: Person, words: list[str], content: str, why: str
) -> None:
    """One sentence, without the password."""
    config(newcomer).parent.mkdir(parents=True)
    config(newcomer).write_text(content)
    ran = newcomer.runs("use", *words)
    assert ran.status in (2, 125)
    assert why in ran.err
    assert "pw" not in ran.err
    assert config(newcomer).read_text() == content


def test_a_variable_that_overrides_it_is_named(newcomer: Person) -> None:
    """In text; the document has the address of this terminal."""
    variable = {"CLOVRIX_API_URL": "https://other.example.com"}
    ran = newcomer.runs("use", OTHER, env=variable).well()
    assert "CLOVRIX_API_URL overrides it here with https://other.example.com" in ran.err
    document = json.loads(newcomer.runs("use", OTHER, "--json").well().out)
    assert document["address_source"] == "api_url of config.toml"
    assert document["written_to"] == str(config(newcomer))


def test_local_init_offers_it(newcomer: Person, terminal: Terminal) -> None:
    """On a terminal it asks; elsewhere it prints the line to run."""
    out = newcomer.runs("local", "init", "backend").well().out
    assert "store in every terminal:\n\n    clovrix-env use file:/" in out
    terminal.line(*newcomer.command("local", "init", "backend"))
    terminal.see(r"Use this store in every terminal\? \[Y/n\]: ")
    terminal.type("")
    assert terminal.status() == 0
    assert config(newcomer).read_text().startswith('api_url = "file:/')
    assert "every terminal" not in newcomer.runs("local", "init", "backend").well().out
