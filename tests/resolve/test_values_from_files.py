"""``from_file``: a value in a file that ``NAME_FILE`` of the process environment names."""

import os
import sys

import pytest
from launch.launcher import refusal

from clovrix_env import ClovrixConfigError, resolve_env

_DECLARED = "[variables.DB_PASSWORD]\nfrom_file = true\n"


@pytest.fixture
def secret(project, monkeypatch):
    """A file with a password, as a container's platform puts it there."""
    project.declare(_DECLARED)
    path = project.write("secret", "hunter2\n")
    monkeypatch.setenv("DB_PASSWORD_FILE", str(path))
    return path


def test_value_in_the_file_is_the_processes(secret, project, answers):
    """It wins over files and Clovrix, and ``override`` moves it; its origin names the file."""
    project.write(".env", "DB_PASSWORD=file\n")
    client = answers(backend={"DB_PASSWORD": "clovrix"})
    environment = resolve_env("backend", "staging", client=client)
    assert environment["DB_PASSWORD"] == "hunter2"
    place = environment.origin("DB_PASSWORD").place
    assert (place.kind, str(place)) == ("process", f"DB_PASSWORD_FILE ({secret})")
    overridden = resolve_env("backend", "staging", client=client, override=True)
    assert overridden["DB_PASSWORD"] == "file"


@pytest.mark.parametrize(
    ("content", "value"),
    [*((b"hunter2", "hunter2"), (b"hunter2\r\n", "hunter2")),
     *((b"two\nlines\n\n", "two\nlines\n"), (b" \xc3\xa9 \n", " é "), (b"", "")),
     (b"${HOME}", "${HOME}")],
)  # fmt: skip
def test_one_newline_at_the_end_is_no_part_of_it(secret, content, value):
    """Else it is taken to the letter."""
    secret.write_bytes(content)
    assert resolve_env()["DB_PASSWORD"] == value


@pytest.mark.parametrize(
    ("path", "why"),
    [*(("", "is not a file"), ("no/such/file", "is not a file"), (".", "is not a file")),
     *(("/dev/zero", "is a device or a socket"), ("latin", "is not valid UTF-8 (line 1): save it as UTF-8")),
     ("large", "is larger than 1 MiB")],
)  # fmt: skip
def test_file_that_cannot_be_read(secret, project, monkeypatch, refused, path, why):
    """Variable and file are named."""
    (project.folder / "latin").write_bytes(b"\xe9")
    (project.folder / "large").write_bytes(b"x" * (1024 * 1024 + 1))
    monkeypatch.setenv("DB_PASSWORD_FILE", path)
    assert refused() == [f"DB_PASSWORD_FILE ({path}) {why}"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"hunter2\0", "DB_PASSWORD_FILE ({}): DB_PASSWORD contains a NUL"),
     (b"hunter2", "DB_PASSWORD is not a valid int (DB_PASSWORD_FILE ({}))")],
)  # fmt: skip
def test_value_that_is_wrong_is_refused_without_being_shown(
    secret, project, refused, content, problem
):
    """With the place where it stands."""
    project.declare(f'{_DECLARED}type = "int"\n')
    secret.write_bytes(content)
    told = refused()
    assert told[0].startswith(problem.format(secret))
    assert "hunter2" not in str(told)


def test_only_the_contract_and_only_the_process_ask_for_it(project, monkeypatch):
    """Not without ``from_file``, and not by a ``.env`` file."""
    project.write("secret", "hunter2")
    project.declare("[variables.OTHER]\n[variables.DB_PASSWORD]\nfrom_file = true\n")
    project.write(".env", "DB_PASSWORD_FILE=secret\n")
    monkeypatch.setenv("OTHER_FILE", "secret")
    assert dict(resolve_env()) == {"DB_PASSWORD_FILE": "secret"}


_LOADS = "import os; from clovrix_env import load_env; load_env(); print(os.environ['DB_PASSWORD'])"


def test_value_in_a_child_is_ours_and_not_set_twice(secret, launched):
    """A program below the launcher that loads, and one that loads anew as a file has changed."""
    launched.environ["DB_PASSWORD_FILE"] = "secret"
    python = (sys.executable, "-c", _LOADS)
    assert launched("--", *python).stdout == b"hunter2\n"
    ran = launched("--", "sh", "-c", 'echo new > secret; exec "$@"', "-", *python)
    assert (ran.stdout, ran.stderr) == (b"new\n", b"")
    # Both are not a guess; an empty variable is set, too.
    lines = refusal(launched("--", "true", env={"DB_PASSWORD": ""}))
    assert lines == ["DB_PASSWORD and DB_PASSWORD_FILE are both set", "unset one of the two"]


def test_fifo_is_read_within_the_deadline(secret, monkeypatch, tmp_path):
    """It was named; one that nobody writes to is told."""
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.setenv("DB_PASSWORD_FILE", str(tmp_path / "fifo"))
    with pytest.raises(ClovrixConfigError, match="is a FIFO that no program wrote to in time"):
        resolve_env(timeout=0.2)
