"""A secret that was typed, imported or edited: who shows it afterwards, and who does not."""

import shlex

import pytest
from accounts.person import ProcessList, files_with

SECRET = "planted-0d5f2a91-word-of-a-secret"
SHOW = ("get PASSWORD", "export --format json", "list --reveal", "explain --reveal")
SILENT = [
    *("list --long", "list --json", "explain", "explain --json", "doctor", "doctor --json"),
    *("list -e staging -e production --long", "list -e staging -e production --json"),
    *("diff staging production --all", "copy staging production --all --dry-run"),
    *("copy staging production --json --yes", "cache status", "whoami", "check"),
    *("import again.env --dry-run", "import again.env --dry-run --json"),
]


def _typed(writer, terminal):
    environ = [f"{name}={writer.environ[name]!s}" for name in ("CLOVRIX_API_URL", "CLOVRIX_TOKEN")]
    # The token is no matter here: what is looked for is the value.
    terminal.line("env", *environ, *writer.command("set", "PASSWORD"))
    terminal.see("Value of PASSWORD: ")
    terminal.answer(SECRET + "\n")
    assert SECRET not in terminal.see("(?s)(.*)PASSWORD created in backend/staging")[1]


def _imported(writer, terminal):
    file = writer.write("import.env", f"PASSWORD={SECRET}\n", 0o600)
    ran = writer.runs("import", "import.env", "--yes").well()
    assert SECRET not in ran.out + ran.err
    file.unlink()


def _edited(writer, terminal):
    # By stdin, for a command line would show it: the editor is somebody else's program.
    words = writer.write("words", f"PASSWORD={SECRET}\n", 0o600)
    editor = writer.write("editor", f'cat {shlex.quote(str(words))} >> "$1"\n', 0o700)
    ran = writer.runs("edit", env={"EDITOR": f"sh {shlex.quote(str(editor))}"}).well()
    assert SECRET not in ran.out + ran.err
    words.unlink()


@pytest.mark.parametrize("way", [_typed, _imported, _edited], ids=lambda way: way.__name__[1:])
def test_a_secret_stays_where_it_belongs(way, writer, terminal, tmp_path):
    """In no process list, in no file of ours, and in no output that did not ask for it."""
    with ProcessList() as processes:
        way(writer, terminal)
        assert files_with(SECRET, writer.home, tmp_path) == []
        for words in SHOW:
            assert SECRET in writer.runs(*words.split()).out, words
        writer.write("again.env", f"PASSWORD={SECRET}\n", 0o600)
        for words in SILENT:
            ran = writer.runs(*words.split())
            assert ran.status in (0, 1), (words, ran)
            assert SECRET not in ran.out + ran.err, words
    assert not [line for line in processes.seen if SECRET.encode() in line]
    assert files_with(SECRET, writer.home, tmp_path) == [str(writer.folder / "again.env")]
