"""``init`` and ``use``: a ``.clovrix``, a line for git, and the address of every terminal."""

import json

import pytest

from clovrix_env.errors import Problems
from clovrix_env.settings import project_reader

_WORDS = ("init", "-p", "x", "-e", "y")


@pytest.fixture
def beginner(newcomer):
    """Somebody whose project has no ``.clovrix`` yet."""
    (newcomer.folder / ".clovrix").unlink()
    return newcomer


@pytest.mark.parametrize("name", ['my "own" \\ project', "ü\x7f\t/\n\U0001f511"])
def test_options_say_what_is_written(beginner, name):
    """Any name that Clovrix takes is read back; the examples, without their ``#``, are right."""
    ran = beginner.runs("init", "-p", name, "-e", "stg/eu").well()
    assert ran.out.splitlines() == [
        f"created {beginner.folder}/.clovrix",
        "added .env, .env.*, !.env.example to .gitignore",
    ]
    problems = Problems()
    text = (beginner.folder / ".clovrix").read_text()
    read = project_reader.parse(text, ".clovrix", problems)
    assert (read.project, read.default_environment) == (name, "stg/eu")
    lines = text.partition("# Other projects")[2].splitlines()[1:]
    examples = "\n".join(line[2:] for line in lines if not line.endswith((":", "starts:")))
    read = project_reader.parse(examples, ".clovrix", problems)
    assert list(read.variables) == ["DATABASE_URL", "LOG_LEVEL"]
    assert read.extends == ("shared",)
    assert not problems


def test_what_is_there_stays(beginner):
    """A ``.clovrix``, and a link of that name; no ``.gitignore`` is made either."""
    for content, why in (("# mine\n", "exists"), ('project = "z"\n', "names project z")):
        path = beginner.write(".clovrix", content)
        ran = beginner.runs(*_WORDS)
        assert (ran.status, path.read_text()) == (125, content)
        assert f".clovrix {why} already" in ran.err
    path.unlink()
    path.symlink_to("elsewhere")
    assert beginner.runs(*_WORDS).status == 125
    assert [entry.name for entry in beginner.folder.iterdir()] == [".clovrix"]


def test_a_second_time(beginner):
    """The same names, or none, change nothing and are well, as ``local init`` is."""
    beginner.runs(*_WORDS).well()
    before = (beginner.folder / ".clovrix").read_bytes()
    for words in (_WORDS, ("init",), ("init", "-e", "y")):
        ran = beginner.runs(*words).well()
        assert ran.out == f"unchanged {beginner.folder}/.clovrix\n"
    assert (beginner.folder / ".clovrix").read_bytes() == before


def test_git_and_a_dotenv(beginner):
    """A ``.gitignore`` that is a link is left alone; how to import a ``.env`` is said."""
    target = beginner.write("target", "")
    (beginner.folder / ".gitignore").symlink_to(target)
    beginner.write(".env", "A=hunter2\n")
    ran = beginner.runs("init", "-p", "my project", "-e", "dev").well()
    assert target.read_text() == ""
    assert ".gitignore is unchanged" in ran.err
    assert f"clovrix-env import {beginner.folder}/.env -p 'my project' -e dev" in ran.out
    assert "hunter2" not in ran.out + ran.err


def test_importing_is_offered(writer, clovrix, terminal):
    """On a terminal it asks for both names; yes runs the import, which shows names and asks."""
    (writer.folder / ".clovrix").unlink()
    writer.write(".env", "A=hunter2\n")
    token = f"CLOVRIX_TOKEN={writer.environ['CLOVRIX_TOKEN']!s}"
    terminal.line("env", token, *writer.command("init"))
    terminal.see(r"Project \[project\]: ")
    terminal.type("backend")
    terminal.see(r"Environment \[development\]: ")
    terminal.type("staging")
    terminal.see(r"created .*\.clovrix")
    terminal.see(r"Import \.env into backend/staging\? \[y/N\]: ")
    terminal.type("y")
    assert "hunter2" not in terminal.see(r"(?s)(.*)\[y/N\]: ")[1]
    terminal.type("y")
    assert terminal.status() == 0
    assert clovrix.get_entries("backend", "staging") == {"A": "hunter2"}


@pytest.mark.parametrize(
    "words",
    [("init", "-p", "", "-e", "y"), ("init", "-p", ".", "-e", "y"), (*_WORDS, "--root", "missing")],
)
def test_a_name_or_folder_that_cannot_be_is_refused(beginner, words):
    """Before anything is written."""
    assert beginner.runs(*words).status == 125
    assert list(beginner.folder.iterdir()) == []


def test_another_folder(beginner, tmp_path):
    """``--root`` names it; the working directory is left alone."""
    other = tmp_path / "other"
    other.mkdir()
    beginner.runs(*_WORDS, "-q", "--root", str(other)).well()
    assert sorted(path.name for path in other.iterdir()) == [".clovrix", ".gitignore"]
    assert list(beginner.folder.iterdir()) == []


OTHER = "https://clovrix.example.com"


def config(person):
    return person.home / ".config" / "clovrix-env" / "config.toml"


def test_an_address_holds_in_every_terminal(newcomer):
    """A relative store becomes absolute, and ``--clear`` returns to the default."""
    ran = newcomer.runs("use", "file:local.db").well()
    path = newcomer.folder / "local.db"
    assert ran.out.startswith(f"wrote file:{path} to {config(newcomer)}\n")
    assert "api_url of config.toml  not needed" in ran.out
    why = f"no store at {path} yet: run clovrix-env local init PROJECT to create one"
    assert ran.err == f"clovrix-env: {why}\n"
    assert newcomer.runs("local", "init", "backend").well().out.count("created ") == 4
    assert newcomer("backend", "development", "--", "true").returncode == 0
    assert "removed the address" in newcomer.runs("use", "--clear").well().out
    assert "https://app.clovrix.com" in newcomer.runs("whoami").out
    newcomer.runs("use", "--clear").well()


def test_the_rest_of_the_file_stays(newcomer):
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
def test_a_refusal_changes_nothing(newcomer, words, content, why):
    """One sentence, without the password."""
    config(newcomer).parent.mkdir(parents=True)
    config(newcomer).write_text(content)
    ran = newcomer.runs("use", *words)
    assert ran.status in (2, 125)
    assert why in ran.err
    assert "pw" not in ran.err
    assert config(newcomer).read_text() == content


def test_a_variable_that_overrides_it_is_named(newcomer):
    """In text; the document has the address of this terminal."""
    variable = {"CLOVRIX_API_URL": "https://other.example.com"}
    ran = newcomer.runs("use", OTHER, env=variable).well()
    assert "CLOVRIX_API_URL overrides it here with https://other.example.com" in ran.err
    document = json.loads(newcomer.runs("use", OTHER, "--json").well().out)
    assert document["address_source"] == "api_url of config.toml"
    assert document["written_to"] == str(config(newcomer))


def test_local_init_offers_it(newcomer, terminal):
    """On a terminal it asks; elsewhere it prints the line to run."""
    out = newcomer.runs("local", "init", "backend").well().out
    assert "store in every terminal:\n\n    clovrix-env use file:/" in out
    variable = {"CLOVRIX_API_URL": "file:~/.local/share/clovrix-env/store.db"}
    assert "every terminal" not in newcomer.runs("local", "init", "b", env=variable).well().out
    terminal.line(*newcomer.command("local", "init", "backend"))
    terminal.see(r"Use this store in every terminal\? \[Y/n\]: ")
    terminal.type("")
    assert terminal.status() == 0
    assert config(newcomer).read_text().startswith('api_url = "file:/')
    assert "every terminal" not in newcomer.runs("local", "init", "backend").well().out
