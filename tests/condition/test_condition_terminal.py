"""At a terminal: the keys, the jobs and the window are the program's, as without us."""

import sys

import pytest
from condition.terminal import END, INTERRUPT, QUIT, SUSPEND
from launch.launcher import until

PROGRAM = ("sh", "-c", "ulimit -c 0; echo ready; exec sleep 9")
FETCH = ("backend", "staging", "--", *PROGRAM)
TELLS = """
import os
print("foreground", os.tcgetpgrp(0) == os.getpgrp() == os.getpid())
print("terminal", *map(os.isatty, range(3)))
with open("/dev/tty", "w") as tty:
    print("written", file=tty)
"""
WATCHES = """
trap 'stty size; exit 0' WINCH
stty size
while :; do sleep 0.01; done
"""


@pytest.mark.quick
def test_the_terminal_is_the_programs(terminal):
    """Its process group is in the foreground, all three streams and /dev/tty are the terminal."""
    terminal.launch("--", sys.executable, "-c", TELLS)
    terminal.see("foreground True\nterminal True True True\nwritten\n")
    assert terminal.status() == 0


@pytest.mark.parametrize(("key", "status"), [(INTERRUPT, 130), (QUIT, 131)], ids=["^C", "^\\"])
def test_a_key_that_ends_the_program(terminal, key, status):
    """It dies of the signal itself, so that what stands behind it is not run after Ctrl+C."""
    terminal.launch("--", *PROGRAM, behind="; echo ran on" if key == INTERRUPT else "")
    terminal.see("ready\n")
    terminal.press(key)
    found, written = terminal.rest()
    assert (found, "ran on" in written) == (status, False)


def test_a_program_that_answers_the_interrupt(terminal):
    """One Ctrl+C is one signal, to the program alone."""
    script = "trap 'echo got it' INT; echo ready; read line; echo $line"
    terminal.launch("--", "bash", "-c", script)
    terminal.see("ready\n")
    terminal.press(INTERRUPT)
    terminal.see("got it\n")
    terminal.type("going on")
    terminal.see("going on\n")
    assert terminal.status() == 0


def test_suspended_and_continued(terminal):
    """Ctrl+Z stops it and the shell sees that; fg goes on where it was, and its input with it."""
    terminal.launch("--", "sh", "-c", "echo ready; exec cat")
    terminal.see("ready\n")
    terminal.press(SUSPEND)
    terminal.see(r"\[1\]\+  Stopped ")
    assert terminal.status() == 148
    terminal.type("fg")
    terminal.type("still here")
    terminal.see("still here\n")
    terminal.press(END)
    assert terminal.status() == 0


def test_a_background_job(terminal):
    """Ctrl+C at the prompt is not for it; to read the terminal it has to be fetched forward."""
    terminal.launch("--", "sh", "-c", "echo ready; read line; echo got $line", behind=" &")
    terminal.see("ready\n")
    terminal.press(INTERRUPT)

    def is_stopped():
        terminal.type("jobs")
        return "Stopped" in terminal.rest()[1]

    until(is_stopped)
    terminal.type("fg")
    terminal.type("this")
    terminal.see("got this\n")
    assert terminal.status() == 0


def test_the_window(terminal):
    """Its size is right from the start, and a change reaches the program."""
    terminal.resize(33, 111)
    terminal.launch("--", "bash", "-c", WATCHES)
    terminal.see("33 111\n")
    terminal.resize(44, 99)
    terminal.see("44 99\n")
    assert terminal.status() == 0


@pytest.mark.parametrize(("key", "status"), [(INTERRUPT, 130), (QUIT, 131)], ids=["^C", "^\\"])
def test_a_key_that_ends_a_start(hanging, terminal, key, status):
    """At once, without a word, and by the signal."""
    hanging.fault("hang")
    terminal.type("ulimit -c 0")
    terminal.launch(*FETCH)
    until(lambda: hanging.requests)
    terminal.press(key)
    found, written = terminal.rest()
    assert (found, "Traceback" in written, "clovrix-exec: " in written) == (status, False, False)


def test_a_suspended_start(hanging, terminal):
    """Ctrl+Z stops it while it waits, and fg lets it go on to the program."""
    hanging.fault("answer", status=503, headers={"Retry-After": "1"}, times=1)
    hanging.fault("answer", body=b'{"entries": {}}')
    terminal.launch(*FETCH)
    until(lambda: hanging.requests)
    terminal.press(SUSPEND)
    terminal.see(r"\[1\]\+  Stopped ")
    terminal.type("fg")
    terminal.see("ready\n")
    terminal.press(INTERRUPT)
    assert terminal.status() == 130
