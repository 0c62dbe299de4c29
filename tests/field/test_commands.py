"""Commands that would wait for somebody, print what a reader cuts up, or promise what is not so."""

import os
import shutil

import click
import pytest
from programs import finish
from transfer import readers

from clovrix_env import Client
from clovrix_env.cli.exec_options import options as launcher
from clovrix_env.cli.main import cli

# Nobody is there


@pytest.mark.parametrize("given", [b"", b"\r\n"])
def test_failed_program_empties_no_secret(at_store, store_home, given):
    """``false | clovrix-env set PW --stdin``: nothing came, and nothing is written."""
    with Client(base_url=store_home.url) as client:
        client.set_entry("backend", "staging", "PW", "old", is_secret=True)
        said = at_store.refused("set", "PW", "--stdin", given=given)
        assert "stdin was empty, and nothing was written" in said
        piped = ["bash", "-c", '"$@" --file <(false)', "-", *at_store.argv("set", "PW")]
        assert finish(piped, at_store.folder, at_store.environ).returncode == 125
        assert client.get_entry("backend", "staging", "PW").value == "old"
        for words in (["--value", ""], ["--file", "/dev/null"]):
            client.set_entry("backend", "staging", "PW", "old")
            at_store.done("set", "PW", *words, "-q")
            assert client.get_entry("backend", "staging", "PW").value == ""


def test_editor_needs_somebody(at_store, terminal):
    """Without a terminal, and in CI with one, vi is not started; what EDITOR names is."""
    said = at_store.refused("edit", status=2)
    assert "neither VISUAL nor EDITOR is set, and stdin or stderr is not a terminal" in said
    # EDITOR=code without --wait gives the file back unchanged, and it is gone.
    assert b"(code --wait)" in at_store("edit", env={"EDITOR": "true"}).stderr
    at_store.done("edit", "-q", env={"EDITOR": "true"})
    exports = [f"export {name}='{value}'" for name, value in at_store.environ.items()]
    terminal.type("; ".join([*exports, "export CI=true"]))
    for words in (("edit",), ("set", "NEW"), ("login", "--api-url", "https://c.invalid")):
        terminal.line(*at_store.argv(*words), behind="; echo status=$?")
        terminal.see("CI is set; use ")
        terminal.see("status=2\n")


def test_stdin_on_a_terminal_is_said(person, terminal):
    """``login --token-stdin`` without a pipe does not look as if it hung."""
    terminal.line(*person.command("login", "--token-stdin"))
    terminal.see("reading stdin: end the input with Ctrl-D")


# What reads a command's output is a program: it reads lines, and may end early

_LONG = "https://example.com/" + "a-long-path/" * 30 + "end"


@pytest.mark.parametrize("columns", ["40", ""])
def test_nothing_is_wrapped_in_a_pipe(at_store, store_home, columns):
    """``list --reveal | grep X``: a name and its value are one line, whatever COLUMNS says."""

    def lines(*words):
        return at_store(*words, env={"COLUMNS": columns}).stdout.decode().splitlines()

    with Client(base_url=store_home.url) as client:
        client.set_entry("backend", "staging", "LONG", _LONG)
        client.set_entry("backend", "production", "LONG", "other")
    for number in range(40):
        store_home.store.create_environment("backend", f"environment-{number}")
    at_store.write(".env", f"LONG={_LONG}\nLOCAL={_LONG}\n")
    at_store.write("new.env", "".join(f"KEY_{n}_{'X' * 90}=1\n" for n in range(3)))
    assert lines("list", "--reveal")[1].split() == ["LONG", "set", _LONG]
    (line,) = (line for line in lines("explain", "--reveal") if line.startswith("LONG"))
    assert line.split()[:3] == ["LONG", _LONG, ".env:1"]
    assert len(lines("import", "new.env", "--dry-run")) == 5
    assert len(lines("local", "project", "list")) == 2
    assert all(line[0] in "✓✗" or line.split()[0] == "→" for line in lines("doctor"))
    assert lines("diff", "staging", "production")[1].split() == ["LONG", "differs"]


@pytest.mark.parametrize("words", ["--help", "run --help", "local project list"])
def test_reader_that_ends_first_ends_every_output_alike(at_store, words):
    """``--help | true``: 141, as a shell reports SIGPIPE, and not a word."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as output:
        argv = at_store.argv(*words.split())
        ended = finish(argv, at_store.folder, at_store.environ, stdout=output)
    assert (ended.returncode, ended.stderr) == (141, "")


# An option that does nothing: given a second time, or where it has no meaning


def _commands(group, *above):
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        if isinstance(found, click.Group):
            yield from _commands(found, *above, name)
        elif found is not None:
            yield " ".join((*above, name)), found


COMMANDS = {**dict(_commands(cli)), "clovrix-exec": launcher}
# Those that wait for no answer: what they look at is on this machine.
_SEND_NOTHING = ("whoami", "logout", "cache status", "cache clear", "init", "schema", "version")


@pytest.mark.parametrize("words", COMMANDS)
def test_no_option_counts_twice(words):
    """``list -e a -e b``: each option that takes one value is refused the second time."""
    for option in COMMANDS[words].params:
        if isinstance(option, click.Option) and not (option.is_flag or option.multiple):
            name = option.opts[0]
            with pytest.raises(click.UsageError, match=f"{name}.* can be given only once"):
                COMMANDS[words].make_context("x", [name, "a", option.opts[-1], "b"])


def test_option_given_twice_is_wrong_usage(command, launched):
    """Status 2, and 125 of the launcher; a flag may be repeated, but not with its opposite."""
    said = command.refused("set", "A", "--secret", "--plain", status=2)
    assert "--secret / --plain can be given only once" in said
    command.write(".env", "A=1\n")
    assert command.done("explain", "--json", "--json", "A").startswith("{")
    assert launched("-e", "a", "-e", "b", "--", "true").returncode == 125


def test_help_promises_nothing_that_is_not_there(command):
    """``--timeout`` where requests are sent; arguments of clovrix-exec, which alone takes them."""
    for words in COMMANDS.keys() & set(_SEND_NOTHING):
        assert not any("--timeout" in option.opts for option in COMMANDS[words].params), words
    for name in ("explain", "export"):
        assert "argument" not in command.done(name, "--help")


# The embedded store

_FULL = 'mount -t tmpfs -o size=300k tmpfs "$0" && cp "$1" "$0" && cat /dev/zero > "$0/rest"; shift'
_READ_ONLY = 'mount --bind "$(dirname "$1")" "$0" && mount -o remount,ro,bind "$0"; shift'


@pytest.mark.parametrize("mount", [_FULL, _READ_ONLY])
def test_another_attempt_is_no_remedy(at_store, store_home, mount):
    """Of a store on a full disk, or on one that is mounted to be read."""
    disk = at_store.folder / "disk"
    disk.mkdir()
    at_store.write("value", "x" * 32_000)
    at_store.environ["CLOVRIX_API_URL"] = f"file:{disk}/store.db"
    words = at_store.argv("set", "B", "--file", "value")
    through = ["unshare", "-rm", "sh", "-c", f'{mount}; exec "$@"', str(disk), store_home.path]
    ended = finish([*through, *words], at_store.folder, at_store.environ)
    if "mount" in ended.stderr or "unshare" in ended.stderr:
        pytest.skip("nothing can be mounted here")
    assert ended.returncode == 125, ended
    assert f"the store {disk}/store.db cannot be written: it" in ended.stderr
    assert "clovrix-env: free space on its disk, or let this user write" in ended.stderr
    assert "try again" not in ended.stderr


@pytest.mark.parametrize("words", [("export", "--format", "json", "-o"), ("local", "backup")])
def test_misspelled_folder_is_not_made(at_store, words):
    """An export and a backup treat it alike."""
    at_store.environ["CLOVRIX_PROJECT"] = "backend"
    said = at_store.refused(*words, "no/such/file")
    assert "no/such/file cannot be written: no such file or directory" in said
    assert not (at_store.folder / "no").exists()


def test_names_are_shown_as_they_are_written(at_store, store_home):
    """Letters of any language are valid in a name; only what commands a terminal is escaped."""
    told = at_store.done("local", "project", "create", "büro \x1b[31m", "--env", "日本")
    assert told == "created    project      büro \\x1b[31m\ncreated    environment  日本\n"
    at_store.done("set", "A", "--value", "1", "--plain", "-p", "büro \x1b[31m", "-e", "日本", "-q")
    assert "the store has no project 'ünbekannt'" in at_store.refused(
        "local", "environment", "create", "ünbekannt", "x"
    )


# A new terminal, in which nothing says where the store is


def _configure(home, text):
    folder = home / ".config" / "clovrix-env"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(text)


def test_address_and_store_are_named(launched, output, clean_environment):
    """What was asked for a token, why, and the store that was made in another terminal."""

    def told(**env):
        return launched("backend", "development", "--", "true", env=env).stderr.decode()

    first = "no token for https://app.clovrix.com (the default address)"
    assert told().startswith(f"clovrix-exec: {first}\n")
    assert "local init PROJECT creates a store" in told()
    output("local", "init", "backend")
    store = f"export CLOVRIX_API_URL=file:{clean_environment}/.local/share/clovrix-env/store.db"
    for printed in (told(), output("list", "-p", "backend", "-e", "development")):
        assert first in printed
        assert store in printed
    named = told(CLOVRIX_API_URL="https://127.0.0.1:9")
    assert named.startswith("clovrix-exec: no token for https://127.0.0.1:9 (CLOVRIX_API_URL)\n")
    assert "local store" not in named


@pytest.mark.parametrize("path", ["~/my.db", "{home}/my.db"])
def test_every_command_goes_to_the_store_of_the_users_configuration(
    project, launched, output, clean_environment, path
):
    """``api_url`` of ``config.toml``, from whatever folder."""
    _configure(clean_environment, f'api_url = "file:{path.format(home=clean_environment)}"\n')
    store = clean_environment / "my.db"
    made = output("local", "init", "backend")
    assert f"created    store        {store}" in made
    assert "export " not in made
    assert store.exists()
    (project.folder / "below").mkdir()
    here = {"cwd": project.folder / "below"}
    place = ("-p", "backend", "-e", "development")
    assert "A created" in output("set", "A", *place, "--plain", "--value", "1", **here)
    assert launched("backend", "development", "--", "printenv", "A", **here).stdout == b"1\n"
    for word in ("list", "doctor", "whoami"):
        assert "no token" not in output(word, *place, **here)
    assert "active" in output("local", "billing", **here)


def test_a_relative_path_of_the_users_configuration_is_an_error(
    launched, output, clean_environment
):
    """It would be another store in each folder."""
    _configure(clean_environment, 'api_url = "file:my.db"\n')
    told = "api_url of config.toml must not be relative"
    assert told in launched("backend", "development", "--", "true").stderr.decode()
    assert told in output("local", "init", "backend")


# Values of this machine on Clovrix, in a repository; and a log that hides too much

_FILES = {".env", ".env.local", ".env.staging", ".env.staging.local"}


@pytest.mark.parametrize(
    ("before", "added"),
    [(None, [".env", ".env.*", "!.env.example"]),
     ("*.pyc\n.env", [".env.*", "!.env.example"]), ("/.env*\n", []),
     (".env*.local\n!.env.ci\n", [".env", ".env.*", "!.env.ci", "!.env.example"])],
)  # fmt: skip
def test_git_adds_no_env_file(command, before, added):
    """After ``init`` ``git add -A`` takes the example, and what was seen before, and no other."""

    def git(*words):
        return finish(["git", *words], command.folder, check=True).stdout

    shutil.rmtree(command.folder / ".git")
    git("init", "-q")
    if before is not None:
        command.write(".gitignore", before)
    for name in (*_FILES, ".env.example", ".env.ci"):
        command.write(name, "A=1\n")
    told = command.done("init", "-p", "backend", "-e", "staging")
    assert (f"added {', '.join(added)} to" in told) == bool(added)
    git("add", "-A")
    tracked = set(git("ls-files").split())
    assert not tracked & _FILES
    assert (".env.example" in tracked) == bool(added)
    assert (".env.ci" in tracked) == (before is not None and "!" in before)


def test_export_says_what_is_this_machines(at_store, store_home):
    """Beside values of Clovrix those of files are named; alone they need no line."""
    with Client(base_url=store_home.url) as client:
        client.set_entry("backend", "staging", "SHARED", "1")
    at_store.write(".env", "A=1\nB=2\n")
    at_store.write(".env.local", "B=3\n")
    told = at_store("export", "--format", "json").stderr.decode()
    assert told == (
        "clovrix-env: A is exported from .env, not from Clovrix\n"
        "clovrix-env: B is exported from .env.local, not from Clovrix\n"
    )
    assert at_store("export", "--format", "json", "-q").stderr == b""


@pytest.mark.parametrize("place", ["staging", "production"])
def test_import_warns_of_this_machines_values(at_store, store_home, place):
    """Where ``export | import`` would write them; also where files are not read."""
    at_store.write(".clovrix", 'default_environment = "staging"\n')
    at_store.write(".env", "DOMAIN=localhost\nURL=http://${DOMAIN}\nEMPTY=\nlower=1\n")
    at_store.write(".env.staging", "LEVEL=debug\n")
    words = ("export", "--format", "json", "--exclude", "lower", "--set", "OTHER=1")
    exported = at_store(*words).stdout
    result = at_store("import", "-", "--format", "json", "-e", place, "--dry-run", given=exported)
    meant = f"check that it is meant for backend/{place}"
    assert result.stderr.decode() == (
        f"clovrix-env: DOMAIN, URL have the same value as in .env: {meant}\n"
        f"clovrix-env: LEVEL has the same value as in .env.staging: {meant}\n"
    )
    at_store.write("new.env", "DOMAIN=example.com\n")
    for file in ("new.env", ".env.staging"):  # what differs, and what is imported itself
        assert at_store("import", file, "-e", place, "--dry-run").stderr == b""


def test_a_log_is_not_masked_away(command):
    """google-github-actions/auth#207: of a JSON key neither ``{`` nor ``}`` is a mask."""
    # The runner splits what is masked as a whole, so each line is masked by itself.
    command.write(".env", "KEY='{\n  \"id\": \"longer\"\n}\n'\nPIN='123\n'\nTINY='ab\n}'\n")
    result = command("export", "--format", "github", "-o", "out")
    assert readers.masked(result.stdout.decode()) == {'  "id": "longer"', "123"}
    assert result.stderr == (
        b"clovrix-env: TINY has lines that are too short to mask: a log can show it\n"
    )


def test_no_other_value_is_written_for_one_that_fits_no_line(command):
    """3,000 spaces are more than a longer file may have in a row: refused."""
    command.write(".env", "B=1\n")
    said = command.refused("export", "--format", "dotenv", "--set", f"A={' ' * 3_000}")
    assert "A: cannot be represented on one line of a .env file" in said
