"""The token from a file: each start reads it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hook.interpreter import PTH, SEES, refused

if TYPE_CHECKING:
    from hook.interpreter import Interpreter
    from resolve.surroundings import Clovrix


def _used(clovrix: Clovrix) -> list[str]:
    """The tokens that were sent, in order."""
    sent = [request.headers["authorization"] for request in clovrix.loopback.requests]
    return [header.partition(" ")[2] for header in sent]


@pytest.mark.parametrize("by_systemd", [False, True])
@pytest.mark.parametrize("launches", [False, True])
def test_rotated_between_two_starts_the_new_one_is_used(
    loaded: Interpreter, clovrix: Clovrix, by_systemd: bool, launches: bool
) -> None:
    """In a file that a variable names, and in systemd's folder; for the hook and the launcher."""
    file = loaded.work / "clovrix_token"
    del loaded.environ["CLOVRIX_TOKEN"]
    name, value = ("CREDENTIALS_DIRECTORY", loaded.work) if by_systemd else (
        "CLOVRIX_TOKEN_FILE", file
    )  # fmt: skip
    loaded.hooked(PTH).environ[name] = str(value)
    script = loaded.work / "clovrix-exec"
    script.write_text("from clovrix_env.cli.exec import main; main()\n")
    command = (
        [str(script), "backend", "staging", "--", "printenv", "NAME"]
        if launches
        else ["-c", "import os; print(os.environ['NAME'])"]
    )
    tokens = [clovrix.home.token, clovrix.home.make_token("backend", role="read")]
    for token in tokens:
        file.write_text(f"{token}\n")
        ran = loaded.run(*command)
        assert ran.stdout == "staging\n", ran.stderr
    assert _used(clovrix) == tokens


@pytest.mark.parametrize(
    ("content", "says"), [("", "is empty"), ("\n", "is empty"), ("two\nlines\n", "contains")]
)
def test_file_that_holds_no_token(loaded: Interpreter, content: str, says: str) -> None:
    """Named without being shown."""
    file = loaded.work / "token"
    file.write_text(content)
    del loaded.environ["CLOVRIX_TOKEN"]
    line = refused(loaded.hooked(PTH).run("-c", SEES, env={"CLOVRIX_TOKEN_FILE": str(file)}))
    assert line.startswith(f"CLOVRIX_TOKEN_FILE ({file}) {says}")


def test_both_set_is_an_error(loaded: Interpreter) -> None:
    """Not a guess."""
    line = refused(loaded.hooked(PTH).run("-c", SEES, env={"CLOVRIX_TOKEN_FILE": "token"}))
    assert line == "CLOVRIX_TOKEN and CLOVRIX_TOKEN_FILE are both set; unset one of the two"
