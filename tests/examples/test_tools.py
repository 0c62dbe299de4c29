"""Each tool starts the program of its file, which has its values however they are loaded."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from examples.conftest import EXAMPLES, TOP
from examples.debug_session import DebugSession
from hook.interpreter import PTH, Interpreter
from launch.launcher import Launcher, until
from registry import installed
from transfer.readers import by_github_rules, masked

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]
WAYS = ["clovrix-exec", "load_env()", "the hook"]
_EXEC = re.compile(r"[\w./]*clovrix-exec -- ")
_SECRET = "a planted secret"
_NOTEBOOK = """
import nbformat.v4 as v4
from nbclient import NotebookClient
notebook = v4.new_notebook(cells=[v4.new_code_cell("import report; print(report.report())")])
print(NotebookClient(notebook, kernel_name="python3").execute().cells[0].outputs[0].text, end="")
"""
_LOAD = "from clovrix_env import load_env\n\nload_env()\n"


@pytest.fixture(scope="session")
def tools(tmp_path_factory):
    """The tools that are packages of Python."""
    return Path(installed(tmp_path_factory, "debugpy", "supervisor", "uv"))


class Folder(Launcher):
    """The tools' examples, in a way: their files as they are, or without the launcher's words."""

    def __init__(self, folder, way, clovrix):
        super().__init__(folder, os.environ["HOME"])
        shutil.copytree(EXAMPLES / "tools", folder)
        self.way, self.clovrix = way, clovrix
        self.launcher = ("clovrix-exec", "--") if way == "clovrix-exec" else ()
        self.bin = f"{folder.parent}/stub:{os.path.dirname(sys.executable)}"
        self.token = folder.parent / "token"
        self.token.write_text(clovrix.home.token)
        self.surroundings = {"CLOVRIX_API_URL": clovrix.loopback.url}
        if way == "load_env()":
            report = folder / "report.py"
            report.write_text(_LOAD + report.read_text())
        if way == "the hook":
            python = Interpreter(folder.parent / "venv").hooked(PTH).python
            self.bin = f"{os.path.dirname(python)}:{self.bin}"
            self.surroundings["CLOVRIX_AUTOLOAD"] = "1"
        (folder.parent / "stub").mkdir()
        for name in ("pip", "pipx"):  # they note what packages could read while they are installed
            stub = folder.parent / "stub" / name
            stub.write_text(f"#!/bin/sh\nenv >> {folder.parent}/install.env\n")
            stub.chmod(0o755)
        self.environ = {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": os.environ["HOME"],
            "CLOVRIX_TOKEN_FILE": str(self.token),
            "CLOVRIX_PROJECT": "backend",
            "CLOVRIX_ENVIRONMENT": "development",
            **self.surroundings,
        }

    def text(self, name):
        """An example, with the paths of here."""
        text = (EXAMPLES / name).read_text()
        if self.way != "clovrix-exec":
            text = _EXEC.sub("", text)
        for there, here in {
            "/opt/backend/venv/bin:": f"{self.bin}:",
            "/opt/backend/venv/bin/python": shutil.which("python", path=self.bin),
            "/opt/backend/venv/bin": os.path.dirname(sys.executable),
            "/opt/backend": str(self.folder),
            "/etc/clovrix/token": str(self.token),
        }.items():
            text = text.replace(there, here)
        return text

    def printed(self, *command, **options):
        ran = self.plain(*command, **{"timeout": 60, **options})
        assert ran.returncode == 0, (ran.stdout + ran.stderr).decode()
        return ran.stdout.decode()


@pytest.fixture(params=WAYS)
def job(request, tmp_path, clovrix):
    clovrix.home.project("backend", "ci", "development")
    for environment in ("ci", "development", "production"):
        clovrix.put("backend", environment, GREETING=_SECRET)
    made = Folder(tmp_path / "job", request.param, clovrix)
    yield made
    made.stop()


def _make(job, tools):
    (job.folder / "Makefile").write_text(job.text("tools/Makefile"))
    assert "OK" in job.printed("make", "test", stderr=subprocess.STDOUT)
    return job.printed("make", "--silent", "report")


def _direnv(job, tools):
    library = Path(job.environ["HOME"]) / ".config/direnv/lib/clovrix.sh"
    library.parent.mkdir(parents=True)
    library.write_text(job.text("tools/clovrix.sh"))
    (job.folder / ".envrc").write_text(job.text("tools/envrc"))
    job.printed("direnv", "allow")
    return job.printed("direnv", "exec", ".", *job.launcher, "python", "report.py")


def _uv(job, tools):
    job.environ.update(
        UV_PYTHON_DOWNLOADS="never", UV_NO_CONFIG="1", UV_CACHE_DIR=f"{job.token}-uv"
    )
    words = (f"{tools}/bin/uv", "run", "--no-project", "--quiet", "--")
    return job.printed(*words, *job.launcher, "python", "report.py")


def _cron(job, tools):
    """The command of the table as cron starts it: /bin/sh, with the variables of the table only."""
    lines = [line for line in job.text("services/crontab").splitlines() if line[:1] != "#"]
    environ = dict(line.split("=", 1) for line in lines[:-1])
    command = lines[-1].split(None, 5)[5]
    assert "%" not in command
    assert "$" not in "".join(environ.values())
    job.environ = {"HOME": "/", "LOGNAME": "backend", **environ, **job.surroundings}
    assert job.printed(environ["SHELL"], "-c", command, cwd="/", stderr=subprocess.STDOUT) == ""
    return (job.folder / "report.log").read_text()


def _supervisor(job, tools):
    text = job.text("services/supervisor.conf").replace("user=backend\n", "")
    given = "".join(f',{name}="{value}"' for name, value in job.surroundings.items())
    text = re.sub("^environment=.*", rf"\g<0>{given}", text, flags=re.MULTILINE)
    log = job.folder / "report.log"
    (job.folder / "all.conf").write_text(
        f"[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\n"
        f"pidfile={job.folder}/pid\n{text}redirect_stderr=true\nstdout_logfile={log}\n"
    )
    environ = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tools)}
    command = (sys.executable, "-m", "supervisor.supervisord", "-c", "all.conf")
    job.start_plain(*command, env={**dict.fromkeys(job.environ), **environ})
    until(lambda: log.exists() and log.read_text().endswith("\n"))
    return log.read_text()


def _vs_code(job, tools):
    """Its debugger, with the configuration for this way."""
    text = job.text("tools/launch.json").replace("${workspaceFolder}", str(job.folder))
    configurations = json.loads(text)["configurations"]
    by_way = dict(zip(["load_env()", "the hook", "clovrix-exec"], configurations))
    environ = {**job.environ, "PYTHONPATH": str(tools), "CLOVRIX_AUTOLOAD": None}
    job.environ = {name: value for name, value in environ.items() if value}
    configuration = {**by_way[job.way], "python": shutil.which("python", path=job.bin)}
    report = job.folder / "report.py"
    if configuration["request"] == "attach":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = configuration["connect"]["port"] = free.getsockname()[1]
        place = ("--listen", f"127.0.0.1:{port}", "--wait-for-client")
        job.start("--", "python", "-m", "debugpy", *place, "report.py")
    line = report.read_text().splitlines().index("    print(report())") + 1
    with closing(DebugSession(configuration, job.environ)) as session:
        return "report for " + session.value("GREETING", report, line).strip("'")


def _pytest(job, tools):
    words = ("python", "-m", "pytest", "-p", "clovrix_env.testing", "-p", "no:cacheprovider")
    assert "1 passed" in job.printed(*job.launcher, *words)
    return f"report for {_SECRET}"


def _jupyter(job, tools):
    """A kernel and a client without a browser."""
    pytest.importorskip("nbclient")
    return job.printed(*job.launcher, "python", "-c", _NOTEBOOK)


def _github(job, tools):
    """Each ``run`` of the workflow by the runner's shell, with its files and its masks."""
    token = job.clovrix.home.token
    text = job.text("services/github-actions.yml").replace("${{ secrets.CLOVRIX_TOKEN }}", token)
    workflow = yaml.safe_load(text)
    del job.environ["CLOVRIX_TOKEN_FILE"]
    log = ""
    for each in workflow["jobs"].values():
        later = {}
        for step in (step for step in each["steps"] if "run" in step):
            environ = {**workflow["env"], **each["env"], **later, **step.get("env", {})}
            if job.way != "clovrix-exec" and "install" not in step["run"]:
                environ.setdefault("CLOVRIX_TOKEN", token)
            file = job.folder / "github.env"
            file.write_text("")
            environ["GITHUB_ENV"] = str(file)
            shell = ("bash", "-e", "-c", step["run"])
            log += job.printed(*shell, env=environ, stderr=subprocess.STDOUT)
            later.update(*by_github_rules([file.read_text()], None))
    commands = "".join(line + "\n" for line in log.splitlines() if line.startswith("::add-mask::"))
    for mask in masked(commands):
        log = log.replace(commands, "").replace(mask, "***")
    installs = (job.folder.parent / "install.env").read_text()
    assert "CLOVRIX_PROJECT=" in installs
    assert "CLOVRIX_TOKEN=" not in installs
    assert log.endswith("report for ***\n")
    assert _SECRET not in log
    return f"report for {later['GREETING']}"


def _gitlab(job, tools):
    """The lines of the job in one shell, as its runner has them, and the token in a file."""
    text = yaml.safe_load(job.text("services/gitlab-ci.yml"))
    lines = "\n".join(text["tests"]["before_script"] + text["tests"]["script"])
    ran = job.printed("bash", "-eo", "pipefail", "-c", lines, env=text["variables"])
    return ran.splitlines()[-1]


_TOOLS = [_make, _direnv, _uv, _cron, _supervisor, _pytest, _vs_code, _github, _gitlab]


@pytest.mark.parametrize("start", [*_TOOLS, pytest.param(_jupyter, marks=pytest.mark.deep)])
def test_program_of_a_tool_has_its_values(job, tools, start):
    """The real tool, or for CI and cron their parts; the program is the same in each way."""
    command = start.__name__[1:]
    if command in ("make", "direnv") and shutil.which(command) is None:
        pytest.skip(f"{command} is not installed")
    assert start(job, tools).rstrip("\n") == f"report for {_SECRET}"


@pytest.mark.parametrize("job", ["load_env()"], indirect=True)
@pytest.mark.parametrize("words", [("script.py",), ("clovrix-exec", "--", "python", "report.py")])
def test_uv_installs_what_a_script_or_a_project_needs(job, tools, words):
    """From a wheel of this tree, and the rest from the package index."""
    uv, wheels = f"{tools}/bin/uv", job.folder / "wheels"
    wheels.mkdir()
    job.environ = {**os.environ, **job.environ, "UV_CACHE_DIR": f"{job.token}-uv"}
    job.environ.update(UV_PYTHON=sys.executable, UV_FIND_LINKS=str(wheels), UV_SYSTEM_CERTS="1")
    job.environ.pop("VIRTUAL_ENV", None)
    project = '[project]\nname = "job"\nversion = "1"\nrequires-python = ">=3.9"\n'
    (job.folder / "pyproject.toml").write_text(f'{project}dependencies = ["clovrix-env"]\n')
    for command in (("build", "--wheel", "--out-dir", wheels, TOP), ("run", *words)):
        ran = job.plain(uv, command[0], "--quiet", *command[1:], timeout=60)
        if b"Failed to fetch" in ran.stderr:
            pytest.skip(ran.stderr.decode())
        assert ran.returncode == 0, ran.stderr.decode()
    assert ran.stdout.decode() in (f"script for {_SECRET}\n", f"report for {_SECRET}\n")


@pytest.mark.deep
@pytest.mark.timeout(120)
@pytest.mark.parametrize("job", WAYS[:1], indirect=True)
def test_cron_runs_the_line_of_its_table(job):
    """Debian's cron, in the next minute, with a spool of its own."""
    in_own_spool = (
        "mount -t tmpfs none /var/spool/cron && mount -t tmpfs none /run &&"
        "mkdir -m 1730 /var/spool/cron/crontabs && crontab table && exec cron -f"
    )
    if not shutil.which("cron") or job.plain("unshare", "--mount", "true").returncode:
        pytest.skip("cron cannot be run here")
    lines = job.text("services/crontab").replace("17 3 * * *", "* * * * *").splitlines()
    lines[1:1] = [f"{name}={value}" for name, value in job.surroundings.items()]
    (job.folder / "table").write_text("\n".join(lines) + "\n")
    path = f"{os.environ['PATH']}:/usr/sbin"
    job.start_plain("unshare", "--mount", "sh", "-c", in_own_spool, env={"PATH": path})
    report = job.folder / "report.log"
    until(lambda: report.exists() and report.read_text().endswith("\n"), seconds=100)
    assert report.read_text() == f"report for {_SECRET}\n"
