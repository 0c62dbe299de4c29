"""The program's environment: what was given, to the byte, and what was resolved, as UTF-8."""

import json
import os
import subprocess
import sys

import pytest
from launch.launcher import TOKEN, environment, refusal

from clovrix_env import ClovrixConfigError
from clovrix_env.handoff import check_sizes

SHOW = ("--", "env", "-0")
TEXT = "grüße €"
ASCII_ONLY = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LOCALES = {
    "none": {},
    "ASCII": ASCII_ONLY,
    "LC_CTYPE=C": {"LC_CTYPE": "C"},
    "LC_CTYPE=C.UTF-8": {"LC_CTYPE": "C.UTF-8"},
}

# Runs its arguments with one variable more, as only the system's own call can.
NAMELESS = """
import ctypes, os, sys
def strings(items):
    return (ctypes.c_char_p * (len(items) + 1))(*items, None)
command = [os.fsencode(word) for word in sys.argv[1:]]
environ = [b"=::=x", *(name + b"=" + value for name, value in os.environb.items())]
ctypes.CDLL(None).execve(command[0], strings(command), strings(environ))
"""


@pytest.fixture(scope="session")
def latin_1(tmp_path_factory):
    """A folder for LOCPATH with the locale en_US.ISO-8859-1."""
    folder = tmp_path_factory.mktemp("locales")
    made = ["localedef", "-i", "en_US", "-f", "ISO-8859-1", str(folder / "en_US.ISO-8859-1")]
    try:
        subprocess.run(made, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("localedef cannot make a locale here")
    return folder


@pytest.fixture(params=[*LOCALES, pytest.param("Latin-1", marks=pytest.mark.slow)])
def locale(request, launcher):
    """What the launcher is told about the locale."""
    name = request.param
    launcher.environ.update(LOCALES.get(name, {"LC_ALL": "en_US.ISO-8859-1"}))
    if name == "Latin-1":
        launcher.environ["LOCPATH"] = str(request.getfixturevalue("latin_1"))
    return name


def expected(launcher, **added):
    """All that was given, as it was given, the file's GREETING, and ``added`` as UTF-8."""
    given = launcher.plain("env", "-0")
    values = {name.encode(): value.encode() for name, value in added.items()}
    return {**environment(given), b"GREETING": b"hello", **values}


def test_what_was_given_comes_through_to_the_byte(launcher):
    """Bytes that are no UTF-8, in names too, empty values, line ends and = are the user's own."""
    launcher.environ.update({b"RAW": b"\xff\xfe\x80\xe9", b"N\xff": b"x", b"EMPTY": b""})
    launcher.environ.update({b"LINES": b"a\nb", b"EQUALS": b"=a=b"})
    found = environment(launcher(*SHOW))
    assert found == expected(launcher)
    assert found[b"RAW"] == b"\xff\xfe\x80\xe9"


def test_a_variable_without_a_name_does_not_stop_the_start(launcher):
    """``=::=x``, as some systems leave it, cannot be handed on by Python, and harms nobody."""
    started = launcher.plain(sys.executable, "-c", NAMELESS, *launcher.argv(*SHOW))
    assert environment(started)[b"GREETING"] == b"hello"
    assert b"" not in environment(started)


def test_values_are_utf_8_in_every_locale(launcher, locale):
    """From a file, from an option: the same bytes; and no LC_CTYPE but one that was given."""
    (launcher.folder / ".env").write_text(f"GREETING=hello\nTEXT={TEXT}\n", encoding="utf-8")
    found = environment(launcher("--set", f"OPTION={TEXT}", *SHOW))
    assert found == expected(launcher, TEXT=TEXT, OPTION=TEXT)


def test_values_of_clovrix_are_utf_8(launcher, remote):
    """What came as JSON goes out as UTF-8; so does a project's name to Clovrix."""
    remote.fault("answer", body=json.dumps({"entries": {"TEXT": TEXT}}).encode())
    launcher.environ.update(ASCII_ONLY)
    found = environment(launcher("grün", "staging", *SHOW))
    assert found[b"TEXT"] == TEXT.encode()
    assert "/projects/gr%C3%BCn/" in remote.requests[0].path


def test_a_files_lc_ctype_is_no_match_for_none(launcher):
    """LC_CTYPE that Python made up for itself does not count as the user's."""
    (launcher.folder / ".env").write_text("LC_CTYPE=de_DE.UTF-8\n")
    assert environment(launcher(*SHOW))[b"LC_CTYPE"] == b"de_DE.UTF-8"


def test_bytes_of_an_option_that_are_no_utf_8_are_refused_by_name(launcher):
    """A value is strict UTF-8: one sentence that names the variable and does not show it."""
    result = launcher("--set", b"STRAY=se\xffcret", *SHOW)
    lines = refusal(result)
    assert "STRAY is not UTF-8" in lines[0]
    assert len(lines) == 2
    assert b"cret" not in result.stderr


@pytest.mark.parametrize("name", ["CLOVRIX_TOKEN", "CLOVRIX_MASTER_KEY", "CLOVRIX_STORE"])
def test_what_opens_everything_is_kept_back(launcher, name):
    """The program gets neither token nor master key, under no name, unless it is asked for."""
    env = {name: TOKEN}
    result = launcher(*SHOW, env=env)
    assert name.encode() not in environment(result)
    assert TOKEN.encode() not in result.stdout
    passed = launcher("--pass-token", *SHOW, env=env)
    assert environment(passed)[name.encode()] == TOKEN.encode()


# What the kernel would refuse is refused by name, before.

# A quarter of this stack, 256 KiB, is what environment and arguments may take together.
SMALL_STACK = ("bash", "-c", 'ulimit -Ss 1024; exec "$@"', "bash")
LIMIT = 256 * 1024


def write(launcher, **sizes):
    lines = (f"{name}={'x' * size}\n" for name, size in sizes.items())
    (launcher.folder / ".env").write_text("".join(lines))


def test_one_variable_of_128_kib(launcher):
    """The longest that the kernel takes comes through; a byte more is refused by name and size."""
    longest = 128 * 1024 - len("LARGE=") - 1
    write(launcher, LARGE=longest)
    assert len(environment(launcher("--", "env", "-0"))[b"LARGE"]) == longest
    write(launcher, LARGE=longest + 1, OTHER=200_000)
    assert refusal(launcher("--", "true")) == [
        "LARGE takes 131,073 bytes with its name; the limit is 131,072",
        "OTHER takes 200,007 bytes with its name; the limit is 131,072",
        "pass large values as files",
    ]


def test_all_together(launcher):
    """More than a quarter of the stack limit: how much it is, how much may be, and the largest."""
    write(launcher, TINY=10, SMALL=70_000, LARGE=110_000, MIDDLE=90_000)
    problem, remedy = refusal(launcher("--", "true", through=SMALL_STACK))
    assert problem.startswith("environment and arguments take 26")
    largest = "LARGE (107.4 KiB), MIDDLE (87.9 KiB), SMALL (68.4 KiB)"
    assert problem.endswith(f" KiB; the limit of this system is 256.0 KiB; largest: {largest}")
    assert "ulimit -s" in remedy


def test_without_a_limit_of_the_stack_it_is_6_mib(monkeypatch):
    """The kernel still has one."""
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_ARG_MAX": 2**60}.__getitem__)
    with pytest.raises(ClovrixConfigError, match=r"take 7\.6 MiB; the limit .* is 6\.0"):
        check_sizes([], {b"A%d" % number: b"x" * 100_000 for number in range(80)})


def test_many_arguments(launcher):
    """Where the arguments take the most, they are the largest."""
    write(launcher, LARGE=60_000)
    problem, _ = refusal(launcher("--", "true", *["x" * 1000] * 200, through=SMALL_STACK))
    assert "largest: the arguments (197.1 KiB), LARGE (58.6 KiB), " in problem


@pytest.mark.slow
def test_the_last_byte(launcher):
    """Up to the very limit a start goes through or is refused in our words."""
    write(launcher, A=100_000, B=100_000, C=1)
    measured = launcher("--", "env", "-0", through=SMALL_STACK).stdout.split(b"\0")[:-1]
    taken = sum(len(item) + 9 for item in (*measured, b"env", b"-0"))
    started = 0
    for more in (-200, -60, -40, -20, -1, 0, 1):
        write(launcher, A=100_000, B=100_000, C=1 + LIMIT - taken + more)
        result = launcher("--", "env", "-0", through=SMALL_STACK)
        if result.returncode == 0:
            started += 1
        else:
            problem, _ = refusal(result)
            assert problem.startswith("environment and arguments take 256.0 KiB; the limit of")
    assert 1 <= started < 7
