"""What ``clovrix-env migrate`` reports about small projects, and what it never does."""

import os

import pytest

try:
    import tomllib
except ImportError:
    import tomli as tomllib

# Of each case: the files, and the lines that change meaning with their rules.
DOTENV = "from dotenv import load_dotenv\n"
CASES = {
    "nothing changes": ({"app.py": f"{DOTENV}load_dotenv()\n", ".env": "A=x\nB='y z'\n"}, []),
    "dollar signs": (
        {"app.py": f"{DOTENV}load_dotenv()\n", ".env": "B=p$w\nA='${B}'\nC=\"\\$5\"\nD=${B}\n"},
        [("value", ".env", 2), ("value", ".env", 3)],
    ),
    "refused lines": (
        {"app.py": f"{DOTENV}load_dotenv()\n", ".env": 'A=${NOPE}\nLD_PRELOAD=x\nB="x" y\nC-D=1\n'},
        [("guard", ".env", 2), *(("refused", ".env", line) for line in (1, 3, 4))],
    ),
    "override, and several loads": (
        {"app.py": f"{DOTENV}load_dotenv('a.env')\nload_dotenv('b.env', override=True)\n"},
        [("order", "app.py", 3), ("order", "app.py", 3)],
    ),
    "a file beside the source": (
        {"src/app.py": f"{DOTENV}load_dotenv()\n", "src/.env": "A=x\n"},
        [("file", "src/app.py", 2)],
    ),
    "a file above the source": ({"src/app.py": f"{DOTENV}load_dotenv()\n", ".env": "A=x\n"}, []),
    "a computed path": (
        {"app.py": f"import sys\n{DOTENV}load_dotenv(sys.argv[1], encoding='latin-1')\n"},
        [("file", "app.py", 3), ("option", "app.py", 3)],
    ),
    "interpolate=False": (
        {"app.py": f"{DOTENV}load_dotenv(interpolate=False)\n", ".env": "B=x\nA=${B}\n"},
        [("value", ".env", 2)],
    ),
    "a path from __file__": (
        {
            "conf/settings.py": "import environ, os\nfrom pathlib import Path\n"
            "BASE = Path(__file__).resolve().parent.parent\n"
            "environ.Env.read_env(BASE / '.env')\n"
            "environ.Env.read_env(os.path.join(os.path.dirname(__file__), '.env'))\n"
        },
        [("file", "conf/settings.py", 5), ("order", "conf/settings.py", 5)],
    ),
    "django-environ's lines": (
        {
            "app.py": "from environ import Env\nEnv.read_env()\n",
            ".env": "A=x # y\nB = x\nC=${A}\nD='x'\n",
        },
        [("value", ".env", 1), ("value", ".env", 2), ("value", ".env", 3)],
    ),
    "python-decouple's lines, and its other file": (
        {
            "app.py": "from decouple import config\nA = config('A')\n",
            ".env": "A=x # y\nB = x\nC=${B}\n",
            "settings.ini": "[settings]\n",
        },
        [("value", ".env", 1), ("value", ".env", 3), ("settings-file", "settings.ini", None)],
    ),
    "a default that is not text, and two that differ": (
        {"app.py": "from os import getenv\ngetenv('A', 1)\ngetenv('B', 'x')\ngetenv('B', 'y')\n"},
        [("default", "app.py", 2), ("default", "app.py", 4)],
    ),
    "start commands": (
        {
            "Procfile": "web: doppler run -- gunicorn app\n",
            "Makefile": "run:\n\tset -a; . ./.env; python app.py\n\tdotenv run -- python app.py\n",
            "compose.yml": "services:\n  web:\n    env_file: .env\n    command: python app.py\n",
            "app.service": "[Service]\nEnvironmentFile=/etc/app.env\nExecStart=/usr/bin/app\n",
            "pytest.ini": "[pytest]\nenv_files =\n    .env\n",
            ".github/workflows/ci.yml": "      - run: uvicorn app:app --env-file .env\n",
        },
        [
            ("command", ".github/workflows/ci.yml", 1),
            ("command", "Makefile", 2),
            ("order", "Makefile", 3),
            ("order", "Procfile", 1),
            ("command", "app.service", 2),
            ("command", "compose.yml", 3),
            ("command", "pytest.ini", 2),
        ],
    ),
    "a deep file": (
        {
            "app.py": f"{DOTENV}load_dotenv(a{' / b' * 3000})\n{'dotenv.f' + '()' * 3000}\n"
            f"import os; os.getenv('A', {'- ' * 3000}1)\n",
            ".env": f"A={'${B' * 20000}\n",
        },
        [("file", "app.py", 2), ("refused", ".env", 1)],
    ),
    "a file that cannot be parsed": (
        {"app.py": "import dotenv\nprint 'x'\n", "deep.py": "import dotenv\n" + "(" * 5000},
        [("syntax", "app.py", 2), ("syntax", "deep.py", None)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_line_that_changes_meaning(case, project, migrate):
    """Each line that changes meaning is named with its rule, and no other."""
    files, expected = CASES[case]
    for name, text in files.items():
        (project.folder / name).parent.mkdir(parents=True, exist_ok=True)
        project.write(name, text)
    found = [(m["rule"], m["file"], m["line"]) for m in migrate()["meanings"]]
    if "syntax" in dict(expected and [expected[0][:2]]):  # parsers name different lines of (((
        found = [(rule, file, line if file == "app.py" else None) for rule, file, line in found]
    assert sorted(found, key=str) == sorted(expected, key=str)


CODE = """\
import json, os, dj_database_url
import environ
from decouple import config, Csv
from environs import Env

other = environ.Env(DEBUG=(bool, False))
env = Env()
env.int("PORT", default=8000)
env.list("HOSTS", ["a", "b"])
with env.prefixed("MAIL_"):
    env.bool("TLS", True)
other.db()
config("WORKERS", default=2, cast=int)
config("TAGS", default="x,y", cast=Csv())
config("LIMITS", cast=json.loads)
dj_database_url.config("REPLICA_URL")
os.environ["NEEDED"]
os.getenv("LEVEL", "info")
os.getenv("API_TOKEN", "hunter2-in-code")
os.getenv("CACHE", "redis://u:hunter2-in-code@h")
if "TESTED" not in os.environ:
    os.environ.get("TESTED", "x")
os.environ.get("HOME"), os.environ.get("PYTHONPATH", "x"), os.getenv("ODD", "x")
env.int("ODD_VALUE", 1)
config("RAW", default=1)


def later():
    return os.environ["LATER"]
"""


def test_proposed_file(project, run, migrate):
    """Types, defaults and needs of the code are in the file that is written; no secret is."""
    project.write("app.py", CODE)
    project.write("doppler.yaml", "setup:\n  project: shop\n  config: dev\n")
    project.write(".env", "NEEDED=hunter2-in-file\nODD_VALUE=one\n")
    proposal = migrate()["proposal"]
    status, out, _ = run("--write")
    assert (status, (project.folder / ".clovrix").read_text()) == (0, proposal)
    assert "hunter2" not in out + proposal
    document = tomllib.loads(proposal)
    assert (document["project"], document["default_environment"]) == ("shop", "dev")
    plain = {"secret": False}
    assert document["variables"] == {
        "API_TOKEN": {},
        "CACHE": {},
        "DATABASE_URL": {"type": "url"},
        "DEBUG": {"type": "bool", "default": False, **plain},
        "HOSTS": {"type": "list", "default": "a,b", **plain},
        "LATER": {},
        "LEVEL": {"default": "info", **plain},
        "LIMITS": {"type": "json"},
        "MAIL_TLS": {"type": "bool", "default": True, **plain},
        "NEEDED": {"required": True},
        "ODD": {"default": "x", **plain},
        "ODD_VALUE": {"default": 1, **plain},
        "PORT": {"type": "int", "default": 8000, **plain},
        "RAW": {},
        "REPLICA_URL": {"type": "url"},
        "TAGS": {"type": "list", "default": "x,y", **plain},
        "TESTED": {},
        "WORKERS": {"type": "int", "default": 2, **plain},
    }
    status, _, err = run("--write")
    assert status == 125
    assert "exists already" in err
    assert (project.folder / ".clovrix").read_text() == proposal


def test_hostile_project(project, run, tmp_path):
    """Links, a FIFO, bytes and a large file are left out with a note, and nothing is run."""
    (tmp_path / "outside.env").write_text("OUTSIDE-LINE\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "far.py").write_text("import dotenv\ndotenv.load_dotenv('far.env')\n")
    os.symlink(tmp_path / "outside.env", project.folder / ".env")
    os.symlink(tmp_path / "outside", project.folder / "linked")
    os.mkfifo(project.folder / ".env.local")
    (project.folder / "bytes.env").write_bytes(b"A=\xff\n")
    (project.folder / "large.py").write_bytes(b"import dotenv\n" + b"#" * 600_000)
    project.write("evil.py", "import dotenv\nopen('was_run', 'w')\n")
    project.write("Procfile", "web: doppler run --token dp.st.hunter2 -- \x1b[31mx\n")
    deep = project.folder
    for _ in range(80):
        deep = deep / "d"
        deep.mkdir()
    status, out, err = run()
    assert status == 1  # the order of doppler run
    for name in (".env ", ".env.local", "bytes.env", "large.py"):
        assert f"clovrix-env: {name}" in err
    assert not any(word in out + err for word in ("far.", "OUTSIDE", "hunter2", "\x1b"))
    assert not (project.folder / "was_run").exists()
