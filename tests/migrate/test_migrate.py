"""What ``clovrix-env migrate`` reports about small projects, and what it never does."""

import os
import subprocess

import pytest

from clovrix_env.check.migrate import env_files
from clovrix_env.check.migrate.findings import Findings
from clovrix_env.errors import Problems
from clovrix_env.settings import project_reader

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
        {
            "app.py": f"{DOTENV}load_dotenv('a.env')\nload_dotenv('b.env', override=True)\n"
            "load_dotenv('c.env')\n"
        },
        [*(("file", "app.py", line) for line in (2, 3, 4)), ("order", "app.py", 3)],
    ),
    "loads of several programs, branches and classes": (
        {
            "app.py": f"{DOTENV}if x:\n    load_dotenv('prod.env')\nelse:\n    load_dotenv()\n",
            "worker.py": "import dotenv\ndotenv.dotenv_values('.env.shared')\n",
            "late.py": f"{DOTENV}def run():\n    load_dotenv('.env.local')\n",
        },
        [("file", "app.py", 3), ("file", "worker.py", 2), ("file", "late.py", 3)],
    ),
    "two loads in the order of clovrix-env": (
        {"app.py": f"{DOTENV}load_dotenv('.env.local')\nload_dotenv()\n"},
        [],
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
    "names that .clovrix cannot have": (
        {"app.py": f"{DOTENV}load_dotenv('{{a}}.env')\nload_dotenv('{'a' * 2000}')\n"},
        [("file", "app.py", 2), ("file", "app.py", 3)],
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
        [("file", "conf/settings.py", 5)],
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
    "defaults that are not text, and that differ": (
        {"app.py": "from os import getenv\ngetenv('A', 1)\ngetenv('B', 'x')\ngetenv('B', 'y')\n"},
        [],
    ),
    "os.environ beside a library that does not set it": (
        {
            "app.py": "import os, decouple\ndecouple.config('A')\nos.getenv('B'), os.getenv('A')\n",
            ".env": "A=x\n",
        },
        [("environment", "app.py", 3)],
    ),
    "override of environs": (
        {"app.py": "import environs\nenvirons.Env().read_env(override=True)\n"},
        [("order", "app.py", 2)],
    ),
    "a file that a program in a folder names": (
        {"backend/app.py": "class A(BaseSettings):\n  class Config: env_file = '../.env'\n"},
        [],
    ),
    "names of the process environment in a reference": (
        {
            "app.py": f"{DOTENV}load_dotenv()\n",
            ".env": "A=${HOME}/x\nB='${HOME}'\nC=${D}\nE=${F}\nF=1\n",
        },
        [("value", ".env", 2), ("refused", ".env", 3), ("refused", ".env", 4)],
    ),
    "a .clovrix with other names": (
        {
            "app.py": f"{DOTENV}load_dotenv()\n",
            ".env": "A=1\n",
            ".clovrix": "[files]\nnames = ['x.env']\n",
        },
        [("file", "app.py", 2)],
    ),
    "a .clovrix that is not valid": (
        {"app.py": "", ".clovrix": "project = 1\nnames\n"},
        [("unread", ".clovrix", None)],
    ),
    "start commands": (
        {
            "Procfile": "web: doppler run -c prod -- doppler run --command x -- mysql -p y\n",
            "Makefile": "run:\n\tset -a; . ./.env; python app.py\n\tdotenv run -- python app.py\n"
            "\tdotenv run --no-override -- python app.py\n",
            "compose.yml": "services:\n  web:\n    env_file: .env\n    command: python app.py\n",
            "app.service": "[Service]\nEnvironmentFile=/etc/app.env\nExecStart=/usr/bin/app\n",
            "pytest.ini": "[pytest]\nenv_files =\n    .env\n",
            ".github/workflows/ci.yml": "      - run: uvicorn app:app --env-file .env\n",
            "Dockerfile": "CMD uvicorn app:app \\\n  # a comment\n  --env-file .env\n",
            "Containerfile": 'ENTRYPOINT ["/bin/dotenv", "run", "--", "npm", "run", "x"]\n',
            "compose.dev.yml": "  command:\n    - doppler\n    - run\n    - --\n    - x\n"
            "  entrypoint: >-\n    dotenv -f a.env\n    run -- x\n",
            "package.json": '"a": "dotenv -e .env -- npm run b",\n"b": "dotenvx run -- c"\n',
            "pyproject.toml": '[tool.poe.tasks.a]\nenvfile = ".env"\ncmd = [\n"dotenv",\n"run",\n'
            '"x"\n]\n[project.scripts]\ndotenv = "app:run"\n',
            "run.sh": "echo Use: dotenv run -- x\npip install dotenv && godotenv -f .env x\n"
            "/usr/bin/doppler --token x run --no-fallback -- x && pipenv run x\n",
            ".vscode/launch.json": '"envFile": "${workspaceFolder}/.env"\n',
        },
        [
            ("command", ".github/workflows/ci.yml", 1),
            ("command", ".vscode/launch.json", 1),
            ("order", "Containerfile", 1),
            ("command", "Dockerfile", 1),
            ("command", "Makefile", 2),
            ("order", "Makefile", 3),
            ("option", "Procfile", 1),
            ("order", "Procfile", 1),
            ("remote", "Procfile", 1),
            ("command", "app.service", 2),
            ("order", "compose.dev.yml", 1),
            ("order", "compose.dev.yml", 6),
            ("command", "package.json", 1),
            ("command", "package.json", 2),
            ("command", "pyproject.toml", 2),
            ("order", "pyproject.toml", 3),
            ("command", "run.sh", 3),
            ("order", "run.sh", 3),
            ("command", "compose.yml", 3),
            ("command", "pytest.ini", 2),
        ],
    ),
    "programs that read a file themselves": (
        {
            "Makefile": "include a/.env\n-include .env\nexport\ninclude x.mk\nrun:\n"
            "\texport $$(grep -v '^#' .env | xargs)\n\tenv $(cat .env | xargs) python app.py\n",
            "a.sh": "sh -ac '. ./.env'\neval $(cat .env)\nsource <(sed s/a/b/ .env)\n"
            "while read x; do :; done < .env\n. $DIR/.env\neval $(ssh-agent)\nexport A=$(date)\n",
            ".github/workflows/ci.yml": "run: cat .env >> $GITHUB_ENV\n",
            "Taskfile.yml": "dotenv: ['.env']\ntasks:\n  a: doppler run -- x\n",
            "mise.toml": '[env]\n_.file = ".env"\n',
            "supervisord.conf": 'command=bash -c "source .env; x"\n',
            "crontab": "* * * * * cd /app && . ./.env && x\n",
            "Pipfile": '[scripts]\na = "doppler run -- x"\n',
            "Jenkinsfile": 'sh "doppler run -- x"\n',
            "railway.json": '{"deploy":{"startCommand":"doppler run -- x"}}\n',
            ".flaskenv": "A=1\n",
            "Procfile": "web: flask run\nb: pip install flask gunicorn\n",
        },
        [
            *(("command", "Makefile", line) for line in (1, 2, 6, 7)),
            *(("command", "a.sh", line) for line in (1, 2, 3, 4, 5)),
            *(("command", ".github/workflows/ci.yml", 1), ("command", "Taskfile.yml", 1)),
            *(("command", "mise.toml", 2), ("command", "supervisord.conf", 1)),
            *(("command", "crontab", 1), ("order", "Pipfile", 2), ("order", "Jenkinsfile", 1)),
            *(("order", "railway.json", 1), ("order", "Taskfile.yml", 3)),
            *(("remote", "Jenkinsfile", 1), ("file", ".flaskenv", None)),
        ],
    ),
    "compose services of another program, and text that has the word production": (
        {
            "app.py": f"{DOTENV}load_dotenv()\n",
            ".env": "A=x\n",
            "compose.yml": "services:\n  web:\n    build: .\n    env_file:\n"
            "      - path: .env.dev\n        required: false\n      - .env\n  db:\n"
            "    image: mysql:8\n    env_file: .env-db\n    command: x\n"
            "  again:\n    image: me/app\n    <<: *web\n    env_file: a.env\n",
            "Dockerfile": "ARG ENV=production\nRUN NODE_ENV=production npm run x\n",
            "package.json": '"a": "ENV=production webpack"\n',
            "start.sh": "gunicorn a --env DJANGO_SETTINGS_MODULE=a.settings.production\n",
        },
        [("command", "compose.yml", 4), ("command", "compose.yml", 15), ("file", "start.sh", 1)],
    ),
    "dotenv in forms that are not a call by its name": (
        {
            "a.py": "from dotenv import *\nload_dotenv('/a')\n",
            "b.py": "import importlib as i\nd = i.import_module('dotenv')\nd.load_dotenv('/b')\n",
            "c.py": "from functools import partial\nimport dotenv as d\n"
            "load = partial(d.load_dotenv, 'c')\ngetattr(d, 'load_dotenv')()\n",
            "d.py": f"{DOTENV}load = load_dotenv\nif load is not None:\n    load('/d')\n",
            "e.py": "__import__('dotenv').load_dotenv('/e')\n",
        },
        [
            *(("file", "a.py", 2), ("file", "b.py", 3), ("file", "c.py", 3), ("file", "c.py", 4)),
            *(("file", "d.py", 2), ("file", "d.py", 4), ("file", "e.py", 1)),
        ],
    ),
    "names through classes and modules of the project": (
        {
            "src/s/base.py": "import environ, os\nfrom pathlib import Path\n"
            "class E(environ.Env): pass\nenv = E()\nenv.read_env('/e', overwrite=True)\n",
            "src/s/__init__.py": "from .base import *\n",
            "src/s/dev.py": "from s import *\nenv.read_env('/f')\n",
            "src/conf.py": "from pathlib import Path\nfrom decouple import AutoConfig\n"
            "config = AutoConfig(search_path=Path(__file__).parent.joinpath('conf'))\n",
            "src/conf/.env": "A=x # y\n",
            "src/t.py": "from conf import a, config\nX = config('A', cast=int)\n",
        },
        [
            *(("file", "src/s/base.py", 5), ("order", "src/s/base.py", 5)),
            *(
                ("file", "src/s/dev.py", 2),
                ("file", "src/conf.py", 3),
                ("value", "src/conf/.env", 1),
            ),
        ],
    ),
    "files that git ignores": (
        {
            "app.py": f"{DOTENV}load_dotenv()\nload_dotenv('conf/.env')\n",
            ".gitignore": ".env*\nconf/\n",
            ".env": "A='${B}'\n",
            "conf/.env": "A='${B}'\n",
        },
        [("value", ".env", 1), ("value", "conf/.env", 1), ("file", "app.py", 3)],
    ),
    "files that only clovrix-env reads, and a start for production": (
        {
            "app.py": f"{DOTENV}load_dotenv()\n",
            **dict.fromkeys((".env", ".env.local", ".env.x", ".env.example", "b.env"), "A=x\n"),
            "Dockerfile": 'ENV APP_ENV=production\nCMD ["doppler", "run", "-c", "prd", "--"]\n',
            "doppler.yaml": "setup:\n  - project: shop\n    config: dev\n",
            "Makefile": "run:\n\tdoppler run -c production --preserve-env -- x\n",
        },
        [
            *(("file", ".env.local", None), ("file", "Dockerfile", 1), ("file", "Makefile", 2)),
            *(("order", "Dockerfile", 2), ("remote", "doppler.yaml", 2)),
        ],
    ),
    "pydantic-settings": (
        {
            "a.py": "from pydantic_settings import BaseSettings, SettingsConfigDict as S\n"
            "class A(BaseSettings):\n    model_config = S(env_file=('conf/a.env', '.env'))\n",
            "b.py": "class B(BaseSettings):\n    class Config:\n        env_file = 'conf/b.env'\n"
            "        env_file_encoding = 'latin-1'\n",
            "c.py": "class B(a.MySettings): model_config = {'env_file': f'.env.{x}'}\n"
            "class K(B, env_file='conf/k.env', env_prefix='k_'): x: int\n"
            "class D(NotOne):\n  class Config: env_file = 'd.env'\nA(_env_file='.env.local')\n",
            ".env": "a='${B}'\n",
            ".env.local": "a=1\n",
        },
        [
            *(("value", ".env", 1), ("file", "a.py", 3), ("file", "b.py", 3)),
            *(("option", "b.py", 4), *(("file", "c.py", line) for line in (1, 2, 5))),
        ],
    ),
    "a deep file": (
        {
            "app.py": f"{DOTENV}load_dotenv(a{' / b' * 1500})\n{'dotenv.f' + '()' * 1500}\n"
            f"import os; os.getenv('A', {'- ' * 1500}1)\n",
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
    if ".gitignore" in files:
        subprocess.run(("git", "init", "-q"), check=True)
    document = migrate()
    found = [(m["rule"], m["file"], m["line"]) for m in document["meanings"]]
    if "syntax" in dict(expected and [expected[0][:2]]):  # parsers name different lines of (((
        found = [(rule, file, line if file == "app.py" else None) for rule, file, line in found]
    assert sorted(found, key=str) == sorted(expected, key=str)
    proposal = Problems()
    project_reader.parse(document["proposal"], ".clovrix", proposal)
    assert not [*proposal]


# A file with one line, and what the report shows for it.
BECOMES = {
    ("a.sh", "dotenv run --no-override -- x"): "clovrix-exec --\n",
    ("a.sh", "dotenv run -- x --no-override"): "clovrix-exec --override --",
    ("b.sh", "doppler run -- x"): "clovrix-exec --override --",
    ("c.sh", "doppler run --preserve-env -- x"): "clovrix-exec --\n",
    ("d.sh", 'doppler run --command "a && b"'): "clovrix-exec --override -- sh -c …",
    ("deploy/compose.yml", "  env_file: ../.env"): "clovrix-exec -- before the command",
    (
        "deploy/compose.yml",
        "  env_file: [.env.dev, x]",
    ): "clovrix-exec -f deploy/.env.dev -f FILE --",
    ("start.sh", "exec gunicorn a:app"): "put clovrix-exec -- before the command",
    ("a.ipynb", '{"source": ["load_dotenv()"]}'): "not read",
    (".gitmodules", "\tpath = sub"): "not read",
    ("app.py", "import environ; e = environ.Env(); e.prefix = 'P_'; e('A')"): "[variables.P_A]",
    ("app.py", "from environs import Env; e = Env(prefix='P_'); e('A')"): "[variables.P_A]",
    ("app.py", "import os; get = os.getenv; get('P_A')"): "[variables.P_A]",
    ("app.py", "import environ; e = environ.Env(); e.prefix = x; e('A')"): "declare its variables",
    ("app.py", "from decouple import Csv"): "python-decouple",
}


@pytest.mark.parametrize(("file", "line"), BECOMES)
def test_what_a_line_becomes(file, line, project, run):
    """The report shows the command that replaces a line, or the variable that it reads."""
    (project.folder / file).parent.mkdir(exist_ok=True)
    project.write(file, f"{line}\n")
    assert BECOMES[file, line] in run()[1]


def test_remedy_of_a_value_fits_its_line(project, migrate):
    """The quotes that a remedy names keep the value that the library reads."""
    project.write("app.py", "from environ import Env\nEnv.read_env()\n")
    project.write(".env", "A=x # y\nB='C:\\\\dir'\n")
    library = "write the value that django-environ reads in"
    old = [f"{library} single quotes", f'{library} double quotes, with \\ before $, " and \\']
    assert [m["remedy"] for m in migrate()["meanings"]] == old
    new = "A='x # y'\nB=\"C:\\\\\\\\dir\"\n"
    values = env_files.compare(new, ".env", "python-dotenv", Findings())
    assert values == {"A": "x # y", "B": "C:\\\\dir"}


DEFAULTS = (
    *("https://u:hunter2/x@h", "${hunter2}", "host=h password=hunter2", "sk_live_hunter2"),
    *("a-hunter2-0123456789abcdef", "https://h/?token=hunter2"),
)
PLANTED = {
    "app.py": "from dotenv import load_dotenv\nimport os\nload_dotenv(stream='hunter2')\n"
    + "".join(f"os.getenv('V{n}', {default!r})\n" for n, default in enumerate(DEFAULTS)),
    ".env": "A=hunter2 b=\nhunter2\n-----BEGIN hunter2\nB=${hunter2x\nC=${N:?hunter2}\n"
    "D=p${hunter2}\nhunter2 = x # y==\n",
    ".env.example": "A='${B:-hunter2}'\n",
    "run.sh": "X=hunter2 doppler run --token dp.st.hunter2 -p dp.st.hunter2 -- mysql -p hunter2\n"
    "dotenv -f /hunter2/.env -v X=hunter2 run -- curl https://u:hunter2@h\n"
    "doppler secrets set X=hunter2\npsql hunter2 --env-file hunter2.env\nexport X=hunter2\n"
    "dotenvx run -f hunter2 -- x\nexport $(cat hunter2.env) hunter2\npipenv run hunter2\n",
    "Procfile": "web: X=hunter2 gunicorn app\n",
    "Dockerfile": "ENV APP_ENV=production X=hunter2\n"
    'CMD ["doppler", "run", "-t", "hunter2", "--", "x", "-p", "hunter2"]\n',
    "doppler.yaml": "setup:\n  project: dp.st.hunter2\n  token: hunter2\n  config: dev\n",
    "settings.ini": "[settings]\nX=hunter2\n",
    "conf.py": "import decouple\ndecouple.RepositoryIni('hunter2')\ndecouple.config('X')\n",
    "compose.yml": "services:\n a:\n  env_file: [hunter2.env, .env.hunter2]\n"
    " b:\n  image: hunter2\n  env_file: hunter2.env\n"
    "environment:\n  X: hunter2\ncommand: x hunter2\n",
    ".github/workflows/ci.yml": "run: doppler run --token=hunter2 -- x\nenv:\n  X: hunter2\n",
    "app.service": "EnvironmentFile=/hunter2\nEnvironment=X=hunter2\nExecStart=/bin/x hunter2\n",
    "Makefile": "include hunter2/.env\nx:\n\tenv $(cat hunter2.env) A=hunter2 x https://u:hunter2@h\n",
    "mise.toml": "_.file = 'hunter2.env'\n[tasks]\nrun = 'uvicorn hunter2 --x=hunter2'\n",
    "crontab": "* * * * * X=hunter2 /hunter2/.env hunter2\n",
    "Jenkinsfile": "sh 'doppler run --command \"x hunter2\" --scope hunter2'\n",
    "supervisord.conf": "command=x hunter2\nenvironment=X=hunter2\n",
    ".gitmodules": "path = hunter2\nurl = https://u:hunter2@h\n",
    "a.ipynb": "load_dotenv('hunter2')\n",
    ".flaskenv": "X=hunter2\n",
    "start.sh": "ENV=production X=hunter2 gunicorn --hunter2\n"
    "flask --app hunter2 run --key hunter2\n",
    "pyproject.toml": '[tool.poe.tasks.a]\nenvfile = "hunter2.env"\nenv = {X = "hunter2"}\n',
}


def test_no_secret_is_printed_or_written(project, run):
    """A secret in any place of a project is in no output and not in the proposed file."""
    for name, text in PLANTED.items():
        (project.folder / name).parent.mkdir(parents=True, exist_ok=True)
        project.write(name, text)
    printed = "".join(part for way in ((), ("--json",), ("--write",)) for part in run(*way)[1:])
    written = (project.folder / ".clovrix").read_text()
    assert "[variables.V5]" in written
    for name in PLANTED:
        assert name in printed, name
    assert "hunter2" not in printed + written


def test_hostile_project(project, run, tmp_path):
    """Links, a FIFO, bytes and a large file are findings, because no line of them is known."""
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
    assert status == 1  # because of doppler run
    for name in (".env:", ".env.local:", "bytes.env:", "large.py:"):
        assert f"\n{name} " in out
    assert out.count("[unread]") == 4
    assert not any(word in out + err for word in ("far.", "OUTSIDE", "hunter2", "\x1b"))
    assert not (project.folder / "was_run").exists()
