"""Where a text file is expected: a FIFO, a link to nowhere, a folder, another encoding."""

import os
import select
import threading

import pytest

from clovrix_env import resolve_env


@pytest.fixture
def writer(project):
    """Somebody who writes ``A=1`` to the FIFO ``.env``, once, to whoever opens it."""

    def write():
        with open(path, "w") as file:
            file.write("A=1\n")

    path = project.folder / ".env"
    os.mkfifo(path)
    thread = threading.Thread(target=write)
    thread.start()
    yield thread
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    thread.join()
    os.close(reader)


@pytest.mark.parametrize("without_poll", [False, True])
def test_fifo_is_read(writer, monkeypatch, without_poll):
    """1Password; python-dotenv#586, direnv#1570; eventlet takes ``select.poll`` away."""
    if without_poll:
        monkeypatch.delattr(select, "poll")
    assert dict(resolve_env(timeout=5)) == {"A": "1"}


@pytest.mark.parametrize("of_another_user", [False, True])
def test_fifo_is_not_opened_where_it_does_not_count(project, writer, capfd, of_another_user):
    """Opening it would take what was meant for another; another user could hold up every start."""
    project.declare("")
    if of_another_user and os.getuid() != 0:
        pytest.skip("only root gives files to others")
    if of_another_user:
        os.chown(".env", 65534, 65534)
    assert dict(resolve_env(environment="staging" if of_another_user else "production")) == {}
    told = ".env is a FIFO of another user" if of_another_user else ".env not read in production"
    assert told in capfd.readouterr().err
    assert writer.is_alive()


def test_commands_that_load_no_values_do_not_open_a_fifo(project, launched, output, writer):
    """``doctor`` and ``check`` look at it, ``whoami`` and completion do without."""
    project.declare("[variables.A]\n")
    for word in ("check", "doctor", "whoami"):
        output(word)
    completing = {"COMP_WORDS": "clovrix-env get ", "COMP_CWORD": "2"}
    output(env={"_CLOVRIX_ENV_COMPLETE": "bash_complete", **completing})
    assert writer.is_alive()
    assert launched("--", "printenv", "A").stdout == b"1\n"


@pytest.mark.parametrize("name", [".env", ".clovrix"])
def test_a_dead_link_is_one_line(project, refused, capfd, name):
    """A secret that is mounted later, a checkout without its neighbour; an error if it is named."""
    project.write(".env.local", "A=1\n")
    os.symlink("../gone", name)
    assert dict(resolve_env()) == {"A": "1"}
    told = f"{name} is a link to ../gone, which does not exist"
    assert capfd.readouterr().err == f"clovrix-env: {told}\n"
    assert name == ".clovrix" or refused(files=[name]) == [told]


def test_a_folder_called_clovrix_is_an_error_here_only(project, refused, monkeypatch):
    """Above the working directory it is somebody else's."""
    project.write("below/.env", "A=1\n")
    (project.folder / ".clovrix").mkdir()
    assert refused() == [".clovrix is a folder"]
    monkeypatch.chdir("below")
    assert dict(resolve_env()) == {"A": "1"}


def test_empty_files_are_shown_with_v(project, launched):
    """A file that an editor or a full disk emptied looks as if it were read."""
    project.write(".env", "")
    project.declare("")
    shown = launched("-v", "--", "true").stderr.decode()
    assert "clovrix-exec: .clovrix is empty\n" in shown
    assert "clovrix-exec: .env: 0 values\n" in shown


_UTF_16 = "looks like UTF-16: save it as UTF-8"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_commands_that_write_values_name_the_encoding(project, launched, output, store_home, codec):
    """``set --file`` and ``--stdin``, ``import``, ``edit``: nothing is written."""
    launched.environ["CLOVRIX_API_URL"] = store_home.url
    project.declare('project = "backend"\ndefault_environment = "staging"\n')
    content = "A=hunter2\n".encode(codec)
    (project.folder / "x.env").write_bytes(content)
    project.write("copies", "#!/bin/sh\ncp x.env $1\n").chmod(0o755)
    assert f"--file x.env {_UTF_16}" in output("set", "A", "--file", "x.env")
    assert f"--stdin {_UTF_16}" in output("set", "A", "--stdin", input=content, stdin=None)
    assert f"x.env {_UTF_16}" in output("import", "x.env", "--yes")
    assert f"the text {_UTF_16}" in output("edit", env={"EDITOR": "./copies"})


@pytest.mark.parametrize("text", ["A=1\nB\u200b=1\n", "A=1\nB\u00a0C=1\n", "A=1\n\nB\u200b\n"])
def test_an_invisible_character_is_named(project, refused, text):
    """Copied from a chat or a page."""
    project.write(".env", text)
    [problem] = refused()
    code = "U+00A0" if "\u00a0" in text else "U+200B"
    assert problem.endswith(f": the name contains {code}, an invisible character: remove it")


_FIRST, _SECOND, _LAST = "aHVudGVy" * 8, "c2VjcmV0" * 8, "aHVudGVyMg=="
_PROBLEM = "this line is directly below a value without quotes and reads like the rest of it"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"CREDS={_FIRST}\n{_SECOND}\n{_LAST}\n", 2),
        (f"CREDS={_FIRST}\r\n{_SECOND}\r\n", 2),
        (f"CREDS={_FIRST}\n{_LAST}\n", 2),
        (f"# c\n\nCREDS=\n{_SECOND}\n", 4),
        (f"CREDS=-----BEGIN X-----\n{_SECOND}\n/+/+ab==\n-----END X-----\nA=1\n", 2),
    ],
)
def test_wrapped_value_is_an_error_by_its_line(project, refused, text, line):
    """WrenAI PR#2285: one problem for all of its lines, and nothing of them in it."""
    project.write(".env", text)
    assert refused() == [f".env:{line}: {_PROBLEM}"]


@pytest.mark.parametrize(
    ("text", "values"),
    [(f"CREDS='{_FIRST}\n{_SECOND}'\nB\n", {"CREDS": f"{_FIRST}\n{_SECOND}"}),
     ("A=1\n\nB\n", {"A": "1"}), ("A=1\nexport A\n", {"A": "1"}),
     ("A=1\nB==\nC=\n", {"A": "1", "B": "=", "C": ""}),
     (f"A={_FIRST}\nEMPTY=\n", {"A": _FIRST, "EMPTY": ""})],
)  # fmt: skip
def test_what_is_meant_is_left_alone(project, text, values):
    """A bare word elsewhere, the export of a shell, an empty value."""
    project.write(".env", text)
    assert dict(resolve_env()) == values


def test_no_command_prints_any_of_a_wrapped_value(project, launched, output):
    """The second line is dropped elsewhere as a bare KEY, the last becomes a variable's name."""
    project.write(".env", f"CREDS={_FIRST}\n{_SECOND}\n{_LAST}\n\n{_SECOND}\n")
    commands = [("check",), ("explain",), ("explain", "--json"), ("doctor",)]
    for printed in (*(output(*words) for words in commands), str(launched("-v", "--", "true"))):
        assert "reads like the rest of it" in printed
        assert not [part for part in (_FIRST, _SECOND, _LAST) if part[:12] in printed]
