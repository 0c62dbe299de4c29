"""``clovrix-exec --explain`` and ``clovrix-env explain``, as real processes."""

import json
import os
import shlex
import sys

import pytest

from clovrix_env.contract.contract import REMEDY

_PYTHON = (sys.executable, "-m", "clovrix_env")
_EXPLAIN = (*_PYTHON, "explain")


@pytest.fixture(autouse=True)
def surroundings(project, clovrix, launched):
    """Clovrix holds GREETING and SHARED; a file hides one of them."""
    clovrix.put("backend", "staging", GREETING="hunter2", SHARED="hunter2")
    variables = "[variables.PORT]\ndefault = 8000\n[variables.DSN]\n"
    project.declare(f'project = "backend"\ndefault_environment = "staging"\n{variables}')
    project.write(".env", "# mine\nGREETING=hunter2\n")
    launched.environ.update(CLOVRIX_API_URL=clovrix.loopback.url, CLOVRIX_TOKEN=clovrix.home.token)


def test_table_tells_root_winners_and_whom_they_hid(command, launched, project, clovrix):
    """Without a value, and without the token; ``--explain`` tells it before a command."""
    expected = [
        f"root         {project.folder} (nearest .clovrix)",
        "environment  backend/staging",
        f"address      {clovrix.loopback.url}",
        "NAME      FROM                        HIDES",
        "GREETING  .env:2                      backend/staging on Clovrix",
        "PORT      default in .clovrix",
        "SHARED    backend/staging on Clovrix",
        "not set  DSN",
    ]
    for result in (command("explain"), launched("--explain", "backend", "staging")):
        assert (result.returncode, result.stderr) == (0, b"")
        lines = result.stdout.decode().splitlines()
        assert [line for line in lines if line in expected] == expected
        assert "hunter2" not in result.stdout.decode()
        assert clovrix.home.token not in result.stdout.decode()


def test_launcher_explains_the_same_and_runs_nothing(command, launched, project):
    """And tells what it would keep from the program; ``--pristine`` keeps all but ``--keep``."""
    one = json.loads(command("explain", "--json").stdout)
    result = launched("--explain", "--json", "--", "touch", "started")
    assert (result.returncode, result.stderr) == (0, b"")
    other = json.loads(result.stdout)
    token = {"name": "CLOVRIX_TOKEN", "place": "process environment"}
    assert other.pop("dropped") == [{**token, "why": "--pass-token passes it on"}]
    assert one.pop("dropped") == []
    assert one == other
    assert not (project.folder / "started").exists()
    launched.environ.update(HINT="hunter2", KEPT="hunter2")
    result = launched("--explain", "--json", "--pristine", "--keep", "KEPT")
    assert {left["name"]: left["why"] for left in json.loads(result.stdout)["dropped"]} == {
        "CLOVRIX_TOKEN": "--pass-token passes it on",
        **dict.fromkeys(("PYTHONPATH", "CLOVRIX_API_URL", "HINT"), "--pristine"),
    }


def test_document_is_as_it_is_documented(document, launched):
    """Every kind of place in one document."""
    launched.environ["SHARED"] = ""
    found = document("--set", "LAST=x", "--exclude", "GREETING")
    kinds = {v["name"]: (v["from"]["kind"], v["from"]["line"]) for v in found["variables"]}
    expected = {"LAST": "override", "PORT": "default", "SHARED": "process"}
    assert kinds == {name: (kind, None) for name, kind in expected.items()}
    assert found["unset"] == ["DSN"]
    assert found["dropped"] == [{"name": "GREETING", "place": ".env:2", "why": "exclude GREETING"}]
    assert all(variable["value"] is None for variable in found["variables"])
    assert "hides backend/staging on Clovrix" in found["variables"][2]["notes"][0]
    revealed = document("--reveal")["variables"]
    values = {v["name"]: v["value"] for v in revealed}
    assert values == {"GREETING": "hunter2", "PORT": "8000", "SHARED": ""}


def test_one_name_is_explained(command):
    """A name that nobody knows is an error that says so."""
    result = command("explain", "GREETING")
    assert result.returncode == 0
    assert b"SHARED" not in result.stdout
    result = command("explain", "NOBODY")
    assert (result.returncode, result.stdout) == (125, b"")
    assert result.stderr.decode().splitlines() == [
        "clovrix-env: NOBODY: no file, no default and no entry on Clovrix sets it",
        "clovrix-env: run clovrix-env explain without a name to see all variables",
    ]
    assert b": only the process environment sets it; no file" in command("explain", "HOME").stderr
    assert b"CLOVRIX_DISABLED is set" in command("explain", env={"CLOVRIX_DISABLED": "1"}).stdout


@pytest.mark.parametrize("as_json", [False, True])
def test_what_would_refuse_the_start_is_told_beside(command, launched, project, as_json):
    """Who looks for the reason of a refusal needs to see where the value came from."""
    project.declare("[variables.GREETING]\ntype = 'int'\n[variables.DSN]\nrequired = true\n")
    project.write(".env", "# mine\nGREETING=hunter2\nOTHER=${ABSENT}\n")
    words = ("--json",) if as_json else ()
    for result in (command("explain", *words), launched("--explain", *words)):
        assert result.returncode == 125
        told = [line.partition(": ")[2] for line in result.stderr.decode().splitlines()]
        assert told[:3] == [
            "DSN is required and not set (declared in .clovrix:3); expected text",
            "GREETING is not a valid int (.env:2); expected a whole number",
            REMEDY,
        ]
        assert b"GREETING" in result.stdout
        assert b"is not expanded" in result.stdout
        assert b"hunter2" not in result.stdout + result.stderr


def test_below_a_launcher_it_tells_what_stands(launched, document, project):
    """From the marker; with a token it explains what changed, and what would be refused."""
    result = launched("--", *_EXPLAIN, "--json")
    assert (result.returncode, result.stderr) == (0, b"")
    found = json.loads(result.stdout)
    assert found["root"]["why"] == "as a launcher left it"
    assert {v["name"]: v["from"]["source"] for v in found["variables"]} == {
        "GREETING": ".env",
        "PORT": "default in .clovrix",
        "SHARED": "backend/staging on Clovrix",
    }
    with (project.folder / ".clovrix").open("a") as file:
        file.write('[variables.N]\ntype = "int"\n')
    change = f"echo N=none >> .env && exec {shlex.join(_EXPLAIN)}"
    result = launched("--pass-token", "--", "sh", "-c", change)
    assert result.returncode == 125
    assert b"N is not a valid int (.env:3)" in result.stderr
    assert b"N         .env:3" in result.stdout


@pytest.mark.parametrize("columns", ["0", "60"])
def test_any_width_of_a_terminal_will_do(command, columns):
    """From 20 columns on nothing is longer."""
    leader, follower = os.openpty()
    with open(leader, "rb", 0) as screen, open(follower, "wb", 0) as terminal:
        ended = command("explain", "--reveal", env={"COLUMNS": columns}, stdout=terminal)
        terminal.write(b"END\n")
        lines = list(iter(screen.readline, b"END\r\n"))
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert max(len(line.decode().rstrip()) for line in lines) <= max(int(columns) or 80, 20)


def test_names_and_places_that_command_a_terminal_are_escaped(command, project):
    """A file's name, a folder's, a value: none begins a line or moves the cursor."""
    hostile = "a\x1b[31m\nb"
    project.write(f"{hostile}/.clovrix", "[variables.FROM_OUTSIDE]\n")
    project.write(f"{hostile}/{hostile}.env", "GREETING='\x1b]0;x\x07'\n")
    for words in ((), ("--json",)):
        words = ("--root", hostile, "-f", f"{hostile}/{hostile}.env", *words)
        result = command("explain", "--reveal", *words, env={b"FROM_OUTSIDE": b"\xff\x1b"})
        assert (result.returncode, result.stderr) == (0, b"")
        text = result.stdout.decode()
        assert text.replace("\n", "").isprintable()
        assert not any(line.startswith("b") for line in text.splitlines())
        assert "\\u001b]0;x" in text or "\\x1b]0;x" in text


def test_first_line_can_be_taken_alone(launched, project):
    """``clovrix-env explain | head -1``, with more than a pipe holds."""
    project.write(".env", "".join(f"NAME_{'X' * 100}_{n}=x\n" for n in range(900)))
    result = launched.plain("sh", "-c", f"{shlex.join(_EXPLAIN)} | head -1")
    assert (result.returncode, result.stderr) == (0, b"")
    [line] = result.stdout.decode().splitlines()
    assert line.startswith("root ")
