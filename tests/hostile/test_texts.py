"""Texts of a repository that would take memory or minutes: each command ends, soon, with one line.

Each row is a real process: a documented status, no traceback, at most 200 MiB, and its deadline.
"""

import json
import os
import sys
from typing import NamedTuple

import pytest
from programs import finish

_SECONDS = 10.0  # of CPU
_MEMORY = 200 * 1024  # KiB
_MIB = 1024 * 1024


class Row(NamedTuple):
    """The files of a repository, and a part of what is printed about them; empty for nothing."""

    told: str
    files: object


def _select(globs):
    return f"[select]\nexclude = {json.dumps(list(globs))}\n"


def _variables(count, fields):
    return "".join(f"[variables.V{number}]\n{fields}\n" for number in range(count))


_SLOW = "the pattern takes more than 1 s or 64 MiB"
_BOMB = "[variables.A]\npattern = '{}'\n"
ROWS = {
    "100,000 brackets": Row("nested too deep", {".clovrix": "a = " + "[" * 100_000}),
    "100,000 inline tables": Row("nested too deep", {".clovrix": "a = " + "{a=" * 100_000}),
    "number of a million digits": Row("digits", {".clovrix": "a = " + "9" * 1_000_000}),
    "globs that backtrack": Row("its globs take more than 1 s",
                                {".clovrix": _select(f"{'*A?' * 300}{n}" for n in range(900)),
                                 ".env": f"{'A' * 900}=1\n" * 1_000}),
    "1,000 globs and 20,000 names": Row("",
                                        {".clovrix": _select(f"*x{n}?" for n in range(1_000)),
                                         ".env": "".join(f"A{n}=1\n" for n in range(19_999))}),
    "pattern of nested repetitions": Row(
        _SLOW, {".clovrix": _BOMB.format("(a+)+$"), ".env": "A=" + "a" * 40 + "!\n"}
    ),
    "hundred patterns": Row(
        _SLOW, {".clovrix": _variables(100, f"pattern = '(a+)+$'\ndefault = '{'a' * 40}!'")}
    ),
    "pattern that takes gigabytes": Row(
        _SLOW,
        {".clovrix": _BOMB.format("(?:" * 10 + "a|b|cc" + ")*?x?" * 10 + "c"),
         ".env": "A=" + "a" * 1_000_000 + "\n"},
    ),
    "pattern that takes long to compile": Row(
        "takes more than|more than 10,000",
        {".clovrix": _variables(99, "pattern = '(?i)" + r"[\U00000000-\U0010ffff]" * 400 + "'")},
    ),
    "20,000 unknown keys": Row(
        "is not known", {".clovrix": "".join(f"projekt{n} = 1\n" for n in range(20_000))}
    ),
    "20,000 variables": Row("", {".clovrix": _variables(20_000, "")}),
    "binary .clovrix": Row(".clovrix", {".clovrix": bytes(range(256)) * 100}),
    "a value of a megabyte": Row("", {".env": "A=" + "x" * (_MIB - 10) + "\n"}),
    "next lower definition 20,000 times": Row("", {".env": "R=1\n" + "R=${R}\n" * 19_990}),
    "chain of 20,000 names": Row(
        "", {".env": "A0=1\n" + "".join(f"A{n + 1}=${{A{n}}}\n" for n in range(19_990))}
    ),
    "circle of 2,000 names": Row(
        "refers to itself",
        {".env": "".join(f"A{n}=${{B{n}}}\n" for n in range(1_000)),
         ".env.local": "".join(f"B{n}=${{A{(n + 1) % 1_000}}}\n" for n in range(1_000))},
    ),
    "lines that double each other": Row(
        "expand", {".env": "A0=x\n" + "".join(f"A{n + 1}=${{A{n}}}${{A{n}}}\n" for n in range(60))}
    ),
    "100,000 braces": Row("nested too deep", {".env": "A=" + "${A:-" * 100_000 + "\n"}),
    "100,000 references": Row("", {".env": "B=1\nA=" + "${B}" * 100_000 + "\n"}),
    "quotes that end a line later": Row('follows the closing "', {".env": 'A="x\n' * 19_000}),
    "backslashes in quotes": Row("", {".env": 'A="' + '\\"' * 500_000 + '"\n'}),
    "megabyte of spaces": Row("spaces in a row", {".env": "A=x" + " " * (_MIB - 20) + "y\n"}),
    "spaces below the limit": Row("", {".env": "A=x" + (" " * 1_999 + "y") * 500 + "\n"}),
    "references in single quotes": Row("", {".env": f"A='{'${' * 500_000}'\n"}),
    "single quotes and backslashes": Row("", {".env": "A='" + "\\'" * 500_000 + "'\n"}),
    "megabyte of NULs": Row("NUL|expected KEY", {".env": b"A=" + b"\0" * (_MIB - 10)}),
    "Python of deep brackets": Row("", {".env": "A=1\n", "a.py": "(" * 500_000}),
}  # fmt: skip
COMMANDS = {
    "exec": (("clovrix-exec", "--", "true"), (0, 125)),
    "check": (("clovrix-env", "check", "--allow", "X"), (0, 1, 125)),
    "explain": (("clovrix-env", "explain"), (0, 125)),
}
# Runs a command, and prints its status, its CPU and its memory behind what it printed itself.
_MEASURE = """\
import os, resource, subprocess, sys
ended = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("\\n", ended.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform == "win32", reason="FIFOs, links and rusage")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("what", ROWS)
def test_command_ends(tmp_path, what, command):
    """Within 10 s of CPU and 200 MiB; what is refused is printed in a few short lines."""
    row, (words, statuses) = ROWS[what], COMMANDS[command]
    (tmp_path / "project" / ".git").mkdir(parents=True)
    for name, content in row.files.items():
        written = content.encode() if isinstance(content, str) else content
        (tmp_path / "project" / name).write_bytes(written)
    script = os.path.join(os.path.dirname(sys.executable), words[0])
    measured = [sys.executable, "-c", _MEASURE, script, *words[1:]]
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    ended = finish(measured, tmp_path / "project", environ, timeout=120, check=True)
    *printed, figures = ended.stdout.rstrip("\n").split("\n")
    status, seconds, memory = figures.split()
    told = ended.stderr
    print(f"{command}, {what}: {status}, {float(seconds):.1f} s, {int(memory) // 1024} MiB")
    assert int(status) in statuses
    assert "Traceback" not in told
    assert len(told.splitlines()) <= 103
    assert max(map(len, told.splitlines()), default=0) < 4_000
    whole = told + "\n".join(printed)
    assert any(part in whole for part in row.told.split("|"))
    assert float(seconds) < _SECONDS
    assert int(memory) < _MEMORY
