"""Of which tool a row's name is, and in which version that is here."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from guard.conftest import modules_folder, rustup_home

if TYPE_CHECKING:
    from guard.effects import Effect

# How to ask for the version where --version does not tell it.
_ASK = {
    "ant": "-version",
    "convert-im6.q16": "-version",
    "elixir": "--short-version",
    "erl": "-noshell -eval io:put_chars(erlang:system_info(otp_release)),halt().",
    "expect": "-v",
    "go": "version",
    "guard-go": "version",
    "java": "-version",
    "openssl": "version",
    "pass": "version",
    "lua": "-v",
    "lua5.4": "-v",
    "restic": "version",
    "rclone": "version",
    "ssh": "-V",
    "ssh-keygen": "",
    "unzip": "-v",
    "zip": "-v",
}
# Programs that have no version of their own, and programs of the same tool.
_SAME = {
    "ansible-inventory": "ansible",
    "ansible-vault": "ansible",
    "autoreconf": "autoconf",
    "erlc": "erl",
    "escript": "erl",
    "mix": "elixir",
    "program": "true",  # a program of the row's own, with the C library's loader
    "ssh-keygen": "ssh",
    "sh": "dash",
}
# Those whose own words have another number in front.
_BY_PACKAGE = ("dash", "gradle", "gst-inspect-1.0")
_NUMBERS = (re.compile(r"\d+(?:\.\d+)+[\w.+-]*"), re.compile(r"\d{2,}"))


def tool_of(effect: Effect) -> str:
    """The tool's name: as the row says it, or the command's first word."""
    first = shlex.split(effect.command)[0]
    named = {"{python}": "python", "{base}": "python"}
    return effect.tool or named.get(first, Path(first).name)


@cache
def version_of(tool: str) -> str:
    """As the tool tells it, or the package that it comes from."""
    source, _, name = tool.partition(":")
    if source == "npm" and name:
        manifest = Path(modules_folder(), name, "package.json")
        return str(json.loads(manifest.read_text())["version"])
    if source == "python" and name:
        code = f"import importlib.metadata as m; print(m.version({name!r}))"
        return _output("guard-python", "-c", code).strip()
    program = _SAME.get(tool, tool)
    if program in _BY_PACKAGE:
        return _of_package(program)
    said = _output(program, *shlex.split(_ASK.get(program, "--version")))
    found = next(filter(None, (number.search(said) for number in _NUMBERS)), None)
    return found[0] if found else _of_package(program)


def _of_package(name: str) -> str:
    """The version of the Debian package that a program or a library is in."""
    path = shutil.which(name)
    pattern = f"*/{Path(path).resolve().name if path else name}"
    package = _output("dpkg-query", "-S", pattern).partition(": ")[0].partition(",")[0]
    return _output("dpkg-query", "-W", "-f", "${Version}", package) or "unknown"


def _output(*command: str) -> str:
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=30,
            env={**os.environ, "RUSTUP_HOME": rustup_home()},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout if result.returncode == 0 or command[0] != "dpkg-query" else ""
