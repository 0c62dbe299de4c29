"""Six releases on PyPI: each line that changes meaning is named, and the proposed file starts them.

Their own libraries read the same ``.env``: each value that differs is at a line that is named.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sdists

pytestmark = [pytest.mark.deep, pytest.mark.timeout(900)]  # pip downloads 30 to 90 packages

# Values that the libraries read differently: of each line its number is in the expectations.
TRICKY = "QUOTED='${PLAIN}'\nPLAIN=p$word\nREFERENCE=${PLAIN}/x\nCOMMENT=x # y\nSPACED = z\n"
OLD = {
    "python-dotenv": "from dotenv import dotenv_values as f; v = f('.env')",
    "environs": "from environs import Env; import os; Env().read_env('.env'); v = dict(os.environ)",
    "django-environ": "import environ, os; environ.Env.read_env('.env'); v = dict(os.environ)",
    "python-decouple": "from decouple import RepositoryEnv as R; v = R('.env').data",
}
# What a client of an MCP server sends first; the answer has the name of the server.
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2024-11-05",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
# The SHA-256 of the archive, the library, what it needs, its own .env, a command that starts it and
# a part of its output, and the lines of code that change meaning.
PROJECTS = {
    "mcp-todoist==0.5.1": (
        "ef751ac8de4a334113e82cbfdace4839cc41835af63d2df4ff99d3cb7936f406",
        "python-dotenv",
        ("python-dotenv", "mcp[cli]<2", "todoist-api-python"),
        "TODOIST_API_TOKEN=abc\n",
        ("-m", "main"),
        '"name":"Todoist MCP"',
        [],
    ),
    "linkedin-mcp-server==1.0.0": (
        "73e0687a47f03810112644fa393884497743da93067bda9c5fdf15f18519721f",
        "python-dotenv",
        (".",),
        "LINKEDIN_CLIENT_ID=pa$word\nLINKEDIN_CLIENT_SECRET=x\n",
        ("-m", "linkedin_mcp_server"),
        '"name":"linkedin_custom_mcp"',
        [],
    ),
    "mcp-clickhouse==0.7.0": (
        "2168e4ddd3e704ef971c12fb0bb15b85e74470bfa9e3d190a29b8954991e978f",
        "python-dotenv",
        (".",),
        "CLICKHOUSE_HOST=localhost\nCLICKHOUSE_USER=u\nCLICKHOUSE_PASSWORD=p\n",
        ("-m", "mcp_clickhouse.main"),
        '"name":"mcp-clickhouse"',
        [
            ("file", "mcp_clickhouse/auth.py", 240),
            ("file", "mcp_clickhouse/auth.py", 266),
        ],
    ),
    "cashu==0.5.0": (
        "b5d53070b98e14f025df1a639bc84515f3ba8910daa0286dd485f0cdad6e8032",
        "environs",
        ("environs==9.5.0", "marshmallow==3.18.0"),
        "MINT_PORT=99\nLIGHTNING=false\n",
        ("-c", "import cashu.core.settings as s; print(s.MINT_PORT, s.LIGHTNING)"),
        "99 False",
        [("file", "cashu/core/settings.py", 14)],
    ),
    "django-resonant-settings==0.53.0": (
        "4f1471d3c9971cb885d80a689ecec073ff75869ccfad289f9874672ab2ef81d0",
        "django-environ",
        (".[celery]",),
        "DJANGO_CELERY_BROKER_URL=amqp://broker\n",
        ("-c", "import resonant_settings.celery as c; print(c.CELERY_BROKER_URL)"),
        "amqp://broker",
        [("file", ".env", None)],  # nothing in it loads a file
    ),
    "open-api-framework==0.12.0": (
        "9247fa4f2238a886672a0e0d7b593a8ce325482a0640e7f2948db9f0ff72b49f",
        "python-decouple",
        (".[cors,csp,celery,markup]", "notifications-api-common", "commonground-api-common"),
        "SECRET_KEY=x\nDB_NAME=shop\nDJANGO_SETTINGS_MODULE=open_api_framework.conf.base\n",
        ("-c", "import open_api_framework.conf.base as b; print(b.DATABASES['default']['NAME'])"),
        "shop",
        [],
    ),
}


@pytest.mark.parametrize("release", PROJECTS)
def test_release(release, project, migrate, run, tmp_path, monkeypatch):
    """Differences of values and of loads are named, and ``clovrix-exec`` starts the program."""
    digest, library, needs, own, command, expected, lines = PROJECTS[release]
    sdists.unpack(release, digest, project.folder, tmp_path)
    monkeypatch.chdir(project.folder)
    packages = tmp_path / "packages"
    pip = (sys.executable, "-m", "pip", "install", "-q", "--target", str(packages))
    installed = sdists.ended(*pip, *needs, seconds=300)
    assert installed.returncode == 0, installed.stdout[-500:]
    project.write(".env", own + TRICKY)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    environ["PYTHONPATH"] = os.pathsep.join((str(project.folder), str(packages)))

    def python(*arguments):
        request = json.dumps(INITIALIZE) + "\n"
        return subprocess.run(
            arguments, env=environ, capture_output=True, text=True, timeout=300, input=request
        )

    read = python(sys.executable, "-c", f"{OLD[library]}; import json; print(json.dumps(dict(v)))")
    old = json.loads(read.stdout)
    # A library that reads more than the file sets nothing else here but what its names are.
    names = [line.partition("=")[0].strip() for line in (own + TRICKY).splitlines()]
    document = migrate()
    assert library in document["libraries"]
    found = [(m["rule"], m["file"], m["line"]) for m in document["meanings"]]
    in_file = [one for one in found if one[1] == ".env" and one[2]]
    assert [one for one in found if one not in in_file] == lines
    assert run("--write")[0] == bool(found)
    launcher = str(Path(sys.executable).with_name("clovrix-exec"))
    show = "import json, os; print(json.dumps(dict(os.environ)))"
    new = json.loads(python(launcher, "--", sys.executable, "-c", show).stdout)
    differing = [(".env", n) for n, name in enumerate(names, 1) if old.get(name) != new.get(name)]
    assert differing == [one[1:] for one in in_file]
    assert differing  # at least one of the lines is read differently by every library
    started = python(launcher, "--", sys.executable, *command)
    assert expected in started.stdout + started.stderr, started.stderr[-2000:]
