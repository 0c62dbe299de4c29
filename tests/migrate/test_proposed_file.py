"""The ``.clovrix`` that ``clovrix-env migrate`` proposes, and a program that starts with it."""

import json
import os
import re
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from programs import finish

from clovrix_env.check.migrate.examine import examine

try:
    import tomllib
except ImportError:
    import tomli as tomllib

CODE = """\
import click, json, os, dj_database_url
import environ
from decouple import config, Csv
from environs import Env
from pydantic_settings import BaseSettings

other = environ.Env(DEBUG=(bool, False), DEPTH=(int, 3))
env = Env()
env.int("PORT", default=8000), env.int("PORT_OF_APP", default=8000)
env.int("TEXT_DEFAULT", default="8000")
env.path("PATH_OF_APP", "/x"), env.url("SITE"), env.url("SITE_OR_NOT", "https://x")
env.list("HOSTS", ["a", "b"])
env.list("NUMBERS", [1, 2], subcast=int)
with env.prefixed("MAIL_"):
    env.bool("TLS", True)
    env.str(f"{env}_HOST")
other.db(), other("DEPTH")
config("WORKERS", default=2, cast=int)
config("STRICT", default=True, cast=bool)
config("TAGS", default="x,y", cast=Csv())
config("LIMITS", cast=json.loads)
dj_database_url.config("REPLICA_URL")
env.int("NEEDED"), os.environ["MAYBE_EMPTY"], os.getenv("MAIN_DB_URL", "sqlite:///x")
os.environ["GIVEN_BY_PLATFORM"]
os.getenv("LEVEL", "info")
os.getenv("API_TOKEN", "hunter2-in-code")
os.getenv("CACHE", "redis://u:hunter2-in-code@h")
if "TESTED" not in os.environ:
    os.environ.get("TESTED", "x")
os.environ.get("HOME"), os.environ.get("PYTHONPATH", "x"), os.getenv("ODD", "x")
env.int("ODD_VALUE", 1)
config("RAW", default=1)
os.environ.setdefault("PRESET", "a"), os.getenv("PRESET", "b")
os.getenv("SHELL_DEFAULT", "a"), os.getenv("CLICKED", "a"), os.getenv("APP_FIELD", "a")


@click.option("--clicked", envvar=["CLICKED"])
def later(name):
    env.int("LATE", 1), env.bool("LATE_FLAG")
    os.getenv(name), [os.getenv(f"A_{n}") for n in range(2)]
    return os.environ["LATER"]


class Settings(BaseSettings):
    model_config = {"env_prefix": "app_"}
    field: str = "b"
"""


def test_proposed_file(project, run, migrate):
    """The file that is written has what the code does today, nothing stricter, and no secret."""
    project.write("app.py", CODE + f"os.getenv('LONG', '{'x ' * 150}')\n")
    project.write("Procfile", "web: x ${SHELL_DEFAULT:-b}\n")
    project.write("doppler.yaml", "setup:\n  project: shop\n  config: dev\n")
    project.write(".env", "NEEDED=42\nMAYBE_EMPTY=hunter2-in-file\nODD_VALUE=one\n")
    proposal = migrate()["proposal"]
    assert '# project = "shop"' in proposal
    assert '# type = "bool"  # stricter' in proposal
    document = tomllib.loads(proposal)
    assert document.keys() == {"variables"}  # without values on Clovrix the project would not start
    declared = document["variables"]
    assert {name: keys for name, keys in declared.items() if keys} == {
        "MAIL_TLS": {"type": "bool"},
        "NEEDED": {"required": True},
        "SITE": {"type": "url"},
        "SITE_OR_NOT": {"type": "url"},
    }
    assert {"API_TOKEN", "DATABASE_URL", "LATER", "PORT", "PRESET", "TESTED"} <= {*declared}
    assert not {"HOME", "PYTHONPATH", "FIELD"} & {*declared}
    comments = re.findall(r"^# default = (.*)  # app.py:\d+$", proposal, re.MULTILINE)
    assert {'"info"', "8000", '"a,b"', "true", '"sqlite:///x"'} <= {*comments}
    project.write("other.py", "")  # which need not import app.py
    status, out, _ = run("-p", "shop", "-e", "dev", "--write")
    written = (project.folder / ".clovrix").read_text()
    assert (status, "hunter2" in out + proposal + written) == (
        1,
        False,
    )  # the values are on Doppler
    document = tomllib.loads(written)
    assert (document["project"], document["default_environment"]) == ("shop", "dev")
    assert document["variables"]["NEEDED"] == {}
    status, _, err = run("--write")
    assert status == 125
    assert "exists already" in err
    assert (project.folder / ".clovrix").read_text() == written


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import dotenv as d\nd.load_dotenv('a.env')", "a"),
        (
            "class A(BaseSettings):\n    class Config:\n        env_file = ('a.env', 'b.env')\n",
            "ab",
        ),
        ("A(_env_file='a.env')  # a BaseSettings of pydantic", ""),
        ("import dotenv as d\nd.load_dotenv('a.env')\nd.load_dotenv('b.env')", ""),
        ("import dotenv as d\ndef run():\n    d.load_dotenv('a.env')", ""),
        ("import dotenv as d\nd.dotenv_values('a.env')", ""),
    ],
)
def test_files_of_the_only_load(code, names, project, migrate):
    """``[files]`` lists the files of one load that always runs; the last one overrides."""
    project.write("app.py", code)
    document = migrate()
    files = tomllib.loads(document["proposal"]).get("files", {}).get("names", [])
    assert files == [f"{name}.env" for name in names]
    assert bool(names) != any(m["rule"] == "file" for m in document["meanings"])


NAMES = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=40)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(folder=NAMES, file=NAMES)
@example(folder="x\n[variables.LD_X]\ndefault = 'evil'\n#", file="\x1b[31mred\u202e\"'")
def test_no_name_of_a_file_becomes_a_line(folder, file, project, tmp_path):
    """A proposal is valid and has the same lines, whatever the names of files and folders are."""
    code = f"import os, dotenv\ndotenv.load_dotenv({file!r})\nos.environ['AAA']\n"
    with tempfile.TemporaryDirectory(dir=tmp_path) as root:
        try:
            os.mkdir(os.path.join(root, folder))
            with open(os.path.join(root, folder, "app.py"), "w", encoding="utf-8") as app:
                app.write(code)
        except (OSError, ValueError):  # not a name for this system
            return
        report = examine(root, None, None)
    document = tomllib.loads(report.proposal)
    assert {*document} <= {"variables", "files"}
    assert {*document.get("variables", {})} <= {"AAA"}
    shown = report.text(None, path=".clovrix")
    assert all(line.isprintable() for line in (report.proposal + shown).split("\n"))


def test_refused_options(run):
    """A project that clovrix-exec refuses is refused before a file is written."""
    for name in ("", "..", "a\nb"):
        status, out, err = run("-p", name, "--write")
        assert (status, out, "--project" in err) == (2, "", True)
    assert not Path(".clovrix").exists()


def test_file_above_the_project(project, migrate):
    """A load that finds a ``.env`` above the project is named."""
    project.write("app.py", "from dotenv import load_dotenv\nload_dotenv()\n")
    (project.folder.parent / ".env").write_text("A=1\n")
    assert [(m["rule"], m["line"]) for m in migrate()["meanings"]] == [("file", 2)]


SHOP = {
    "shop.py": "import os, sys\nDATABASE_URL = os.environ['DATABASE_URL']\n"
    "PORT = int(os.environ.get('HTTP_PORT', 8000))\nprint(DATABASE_URL, PORT, *sys.argv[1:])\n",
    "doppler.yaml": "setup:\n  - project: shop\n    config: dev\n",
    "Dockerfile": 'FROM python\nENTRYPOINT ["doppler", "run", "--"]\nCMD ["python", "shop.py"]\n',
    "Makefile": "run:\n\tdoppler run -p shop -c dev --preserve-env -- \\\n\t\tpython shop.py\n",
}


@pytest.mark.slow
def test_project_of_doppler_starts_after_the_remedy(project, run, tmp_path, monkeypatch):
    """Its values are imported, the two lines are activated, and clovrix-exec starts it."""
    for name, text in SHOP.items():
        project.write(name, text)
    status, out, _ = run("--write")
    assert (status, "clovrix-exec -p shop -e dev --" in out) == (1, True)
    assert "doppler.yaml:2: the values of this project are on Doppler" in out
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOVRIX_API_URL", f"file:{tmp_path}/store.db")
    scripts = Path(sys.executable).parent

    def succeeds(name, *arguments, **options):
        done = finish((str(scripts / name), *arguments), folder=project.folder, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    downloaded = json.dumps({"DATABASE_URL": "postgres:///shop", "DOPPLER_CONFIG": "dev"})
    succeeds("clovrix-env", "local", "init", "shop", "--env", "dev")
    way = ("import", "--yes", "--format", "json", "-", "-p", "shop", "-e", "dev")
    assert " ".join(way[:-4]) in out
    succeeds("clovrix-env", *way, input=downloaded)
    written = (project.folder / ".clovrix").read_text()
    project.write(
        ".clovrix", written.replace("# project", "project").replace("# default", "default")
    )
    command = ("clovrix-exec", "--", sys.executable, "shop.py", "x")
    assert succeeds(*command) == "postgres:///shop 8000 x\n"
