"""Text that an editor or a shell of Windows saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import StoreHome
    from launch.launcher import Launcher
    from resolve.surroundings import Project

_UTF_16 = "looks like UTF-16: save it as UTF-8"
_MARKS = "starts with two byte order marks: save it as UTF-8 with one or none"
CONTENTS = [
    (b"\xef\xbb\xbf\xef\xbb\xbfA=1\n", f"{{}} {_MARKS}"),
    ("A=hunter2\n".encode("utf-16"), f"{{}} {_UTF_16}"),
    ("A=hunter2\n".encode("utf-16-le"), f"{{}} {_UTF_16}"),
    ("A=hunter2\n".encode("utf-16-be"), f"{{}} {_UTF_16}"),
    (b"A=1\nB=hunter2\xff\n", "{} is not UTF-8 (line 2)"),
]


@pytest.mark.parametrize(("content", "problem"), CONTENTS)
@pytest.mark.parametrize("name", [".env", ".clovrix"])
def test_it_is_named_as_what_it_is(
    project: Project,
    refused: Callable[..., list[str]],
    name: str,
    content: bytes,
    problem: str,
) -> None:
    """With what to do, and nothing of the text."""
    (project.folder / name).write_bytes(content)
    assert refused() == [problem.format(name)]


@pytest.mark.parametrize(
    "text", ["A=1\nB\u200b=1\n", "A=1\n\u200bB=1\n", "A=1\nB\u00a0C=1\n", "A=1\n\nB\u200b\n"]
)
def test_an_invisible_character_is_named(
    project: Project, refused: Callable[..., list[str]], text: str
) -> None:
    """Copied from a chat or a page."""
    project.write(".env", text)
    [problem] = refused()
    code = "U+00A0" if "\u00a0" in text else "U+200B"
    assert problem.endswith(f": the name contains {code}, an invisible character: remove it")


@pytest.mark.slow
@pytest.mark.parametrize(("content", "problem"), CONTENTS[1:4])
def test_commands_that_write_values_name_it_too(
    project: Project,
    launched: Launcher,
    output: Callable[..., str],
    store_home: StoreHome,
    content: bytes,
    problem: str,
) -> None:
    """``set --file`` and ``--stdin``, ``import``, ``edit``: nothing is written."""
    launched.environ["CLOVRIX_API_URL"] = store_home.url
    project.declare('project = "backend"\ndefault_environment = "staging"\n')
    (project.folder / "x.env").write_bytes(content)
    project.write("copies", "#!/bin/sh\ncp x.env $1\n").chmod(0o755)
    assert problem.format("--file x.env") in output("set", "A", "--file", "x.env")
    assert problem.format("--stdin") in output("set", "A", "--stdin", input=content, stdin=None)
    assert problem.format("x.env") in output("import", "x.env", "--yes")
    assert problem.format("the text") in output("edit", env={"EDITOR": "./copies"})
