"""Windows has no exec: there we start the program, wait, and hand on its status. Told by fakes."""

import os
import signal
import sys

import pytest
from _pytest.assertion.rewrite import AssertionRewritingHook

from clovrix_env.cli import exec as command_line


@pytest.fixture
def start(tmp_path, monkeypatch):
    """``start("--", "program")`` in this process, which believes that it runs on Windows."""
    (tmp_path / ".env").write_text("greeting=hello\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    before = signal.getsignal(signal.SIGINT)

    def run(*arguments):
        code = None
        with monkeypatch.context() as patch:
            # Before Python 3.12 no Path can be made from here on, and pytest makes some: its hook
            # for imports does, and so does pytest.raises.
            finders = [one for one in sys.meta_path if not isinstance(one, AssertionRewritingHook)]
            patch.setattr(sys, "meta_path", finders)
            patch.setattr(os, "name", "nt")
            try:
                command_line.run(arguments)
            except SystemExit as end:
                code = end.code
        assert isinstance(code, int)
        return code

    yield run
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("status", [0, 1, 255, 125, 0xC0000005, 0xFFFFFFFF])
def test_the_status_is_the_programs(fp, start, status):
    """Its words are as typed; a crash above 2**31 keeps all its bits, signed for who sets them."""
    fp.register(["program", "--", "a b"], returncode=status)
    code = start("--", "program", "--", "a b")
    assert -(2**31) <= code < 2**31
    assert code % 2**32 == status


@pytest.mark.parametrize(
    ("command", "status", "line"),
    [
        ("program", 127, "command program not found"),
        ("./.env", 126, "./.env cannot be run: Permission denied"),
    ],
)
def test_what_cannot_be_run(fp, start, capsys, command, status, line):
    """127 with the name; 126 in the system's words for a file that is there and no program."""
    fp.pass_command([command])
    assert start("--", command) == status
    assert capsys.readouterr().err == f"clovrix-exec: {line}\n"


def test_the_environment_is_handed_over(fp, start, monkeypatch):
    """All but the token, and what was resolved; a name in small letters is the one in capitals."""
    monkeypatch.setenv("KEPT", "kept")
    monkeypatch.setenv("CLOVRIX_TOKEN", "icr_x")
    recorder = fp.register(["program"])
    assert start("--set", "Mixed=1", "--", "program") == 0
    found = recorder.calls[0].kwargs["env"]
    assert (found["KEPT"], found["GREETING"], found["MIXED"]) == ("kept", "hello", "1")
    assert found["__CLOVRIX_ENV"]
    assert {"greeting", "Mixed", "CLOVRIX_TOKEN"}.isdisjoint(found)


def test_an_interrupt_is_the_programs_to_answer(fp, start):
    """The console sends Ctrl+C to both of us: we wait on, for the program may clean up."""
    handlers = []
    fp.register(["program"], callback=lambda process: handlers.append(signal.getsignal(2)))
    start("--", "program")
    (handler,) = handlers
    assert handler not in (signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler)
    assert handler(signal.SIGINT, None) is None
