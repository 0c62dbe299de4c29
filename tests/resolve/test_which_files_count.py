"""What counts: which ``.env`` files are read, in which environment, and which names are taken."""

import pytest

from clovrix_env import ClovrixConfigError, resolve_env

_PLAIN = ("staging", "pre-prod", "eu_1", "Test")
# .env.example and its like mean something else; others are no name, or too long for a file's.
_WITHOUT = ("example", "sample", "schema", "vault", "keys", "a.b", "a/b", "é", "a b")


@pytest.mark.parametrize(
    ("environment", "read", "not_read"),
    [
        (None, [".env", ".env.local"], [".env.dev"]),
        *((name, [f".env.{name}", f".env.{name}.local"], []) for name in _PLAIN),
        *((name, [".env"], [f".env.{name}"]) for name in _WITHOUT),
        ("x" * 300, [".env"], []),
        ("local", [".env", ".env.local"], []),
        # The same on every machine; it and what means something else do so in any case.
        ("test", [".env", ".env.test.local"], [".env.local"]),
        *(
            ("TEST", [".env"], [".env.local"]),
            ("Example", [".env", ".env.local"], [".env.Example"]),
        ),
    ],
)
def test_files_of_an_environment(project, environment, read, not_read):
    """Each is read once, in this order; the last wins."""
    for name in (*read, *not_read):
        project.write(name, f"ALL=${{ALL:-}},{name}\n")
    assert resolve_env(environment=environment)["ALL"].split(",")[1:] == read


@pytest.mark.parametrize(
    ("options", "told"),
    [({"environment": "production"}, ".env, .env.production not read in production"),
     *(({"environment": name}, f".env not read in {name}") for name in ("prod", "PROD")),
     ({"environment": "Production"}, ".env not read in Production"), ({"local": False}, ""),
     ({"environment": "production", "local": False}, "")],
    ids=str,
)  # fmt: skip
def test_default_files_are_not_read(project, capsys, options, told):
    """In production, or by ``local=False``; one line says so where nobody did."""
    project.write(".env", "A=1\n")
    project.write(".env.production", "A=1\n")
    assert dict(resolve_env(overrides={"B": "1"}, **options)) == {"B": "1"}
    read = "reads them" if "," in told else "reads it"
    assert capsys.readouterr().err == (f"clovrix-env: {told} (local=True {read})\n" if told else "")


@pytest.mark.parametrize("options", [{"local": True}, {"files": [".env"]}], ids=str)
def test_who_names_them_reads_them_in_production(project, capsys, options):
    """Without a line; nor is there one where no file is ignored."""
    project.write(".env", "A=1\n")
    assert dict(resolve_env(environment="production", **options)) == {"A": "1"}
    (project.folder / ".env").unlink()
    resolve_env(environment="production", overrides={"B": "1"})
    assert capsys.readouterr() == ("", "")


def test_project_file_names_the_files_and_where_they_are_ignored(project):
    """``[files]`` replaces the four names, of which the last wins, and the default list."""
    project.declare('[files]\nnames = ["b.env", "a.{environment}.env"]\nignored_in = ["live"]\n')
    project.write(".env", "A=no\n")
    project.write("b.env", "A=1\nB=1\n")
    project.write("a.production.env", "B=2\n")
    assert dict(resolve_env(environment="production")) == {"A": "1", "B": "2"}
    assert dict(resolve_env(environment="live")) == {}


def test_file_that_two_names_mean_is_read_once(project):
    """What it appends is appended once: by default, and where it is named."""
    project.declare('[files]\nnames = [".env.dev", ".env.{environment}"]\n')
    project.write(".env.dev", "A=${A:-},x\n")
    assert resolve_env(environment="dev")["A"] == ",x"
    assert resolve_env(files=[".env.dev", "./.env.dev"])["A"] == ",x"


def test_named_files_replace_the_four_and_the_last_wins(project):
    """They are relative to the working directory; one named twice counts where it stands last."""
    project.write("below/.clovrix", "")
    project.write("below/one", "A=no\n")
    project.write(".env", "A=no\n")
    project.write("one", "A=1\nB=1\n")
    project.write("two", "A=2\n")
    assert dict(resolve_env(root="below", files=["one", "two"])) == {"A": "2", "B": "1"}
    again = resolve_env(files=["one", "two", "one"])
    assert (again["A"], str(again.origin("B"))) == ("1", "one:2")


def test_nothing_configured_is_refused(project, refused):
    """A program without its configuration does not start silently; an ignored file is told."""
    [told] = refused()
    assert told.startswith(f"nothing is configured in {project.folder}")
    project.write(".env", "A=1\n")
    assert refused(environment="production")[1] == (
        ".env not read in production (local=True reads it)"
    )
    project.declare("")
    assert dict(resolve_env(local=False)) == {}


_FILE = "DB_HOST=h\nLEGACY_NAME=n\nDB_URL=x://${DB_HOST}/${LEGACY_NAME}\nlower=1\n"


@pytest.mark.parametrize(
    ("options", "names"),
    [({}, "DB_HOST LEGACY_NAME DB_URL lower"),
     ({"only": []}, "DB_HOST LEGACY_NAME DB_URL lower"),
     *(({"only": ["DB_*"]}, "DB_HOST DB_URL"), ({"only": ["db_*"]}, "")),
     ({"only": ["DB_*", "lower"]}, "DB_HOST DB_URL lower"),
     *(({"only": ["DB_?RL"]}, "DB_URL"), ({"only": ["DB_[HU]*"]}, "DB_HOST DB_URL")),
     ({"only": ["DB_*"], "exclude": ["*_HOST"]}, "DB_URL"),
     ({"exclude": ["LEGACY_*"]}, "DB_HOST DB_URL lower")],
)  # fmt: skip
def test_globs_select_names(project, options, names):
    """Case counts; ``exclude`` beats ``only``."""
    project.write(".env", _FILE)
    assert list(resolve_env(**options)) == names.split()


def test_name_that_is_left_out_may_be_referred_to_and_be_wrong(project):
    """The selection comes after interpolation; what nobody gets need not expand."""
    project.write(".env", f"{_FILE}B=${{NOPE}}\n")
    assert dict(resolve_env(only=["DB_URL"])) == {"DB_URL": "x://h/n"}
    project.write(".env", "B=${NOPE}\nA=${B}\n")
    with pytest.raises(ClovrixConfigError, match="NOPE"):
        resolve_env(exclude=["B"])


def test_project_file_selects_and_arguments_replace(project):
    """Each list for itself."""
    project.declare('[select]\nonly = ["DB_*"]\nexclude = ["*_HOST"]\n')
    project.write(".env", _FILE)
    assert list(resolve_env()) == ["DB_URL"]
    assert list(resolve_env(only=["LEGACY_*", "DB_HOST"])) == ["LEGACY_NAME"]
    assert list(resolve_env(exclude=[])) == ["DB_HOST", "DB_URL"]


def test_process_environment_and_overrides_are_never_left_out(project, monkeypatch):
    """The one is not ours to inject, the other was said just now."""
    monkeypatch.setenv("DB_HOST", "process")
    project.write(".env", _FILE)
    environment = resolve_env(exclude=["*"], overrides={"DEBUG": "1"})
    assert dict(environment) == {"DB_HOST": "process", "DEBUG": "1"}
