"""What is written once: readers, writers, what counts, and who changes the environment."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from clovrix_env.cli import edited_text
from clovrix_env.contract.variable import Variable
from clovrix_env.export.dotenv import Dotenv
from clovrix_env.export.dotenv_example import example
from clovrix_env.export.format import exported
from clovrix_env.sources import dotenv_writer

TOP = Path(__file__).parents[2]
TREES = {
    path.relative_to(TOP).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for package in ("clovrix_env", "sitecustomize_hook")
    for path in sorted((TOP / package).rglob("*.py"))
}
# What opens, names or writes a file. ``system`` is the folder of those who may.
_OF_OS = {"open", "fdopen", "replace", "rename", "renames", "link", "symlink", "truncate"}
_OF_PATHS = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "touch"}
_OF_TEMPFILE = {"mkstemp", "mktemp", "NamedTemporaryFile", "TemporaryFile"}
_OF_SHUTIL = {"copy", "copy2", "copyfile", "copytree", "move"}
# What has such a name and opens no file: a store, and a connection.
_HARMLESS = {"Store.open", "files.read_text", "self.open", "self._route.open"}

# Who else may, how often, and why.
EXCEPTIONS = {
    "clovrix_env/cache/folder.py": {"os.open": 1},  # the folder, by which its files are reached
    "clovrix_env/hook.py": {"open": 1},  # /proc/self/cmdline, before anything of ours is imported
    "sitecustomize_hook/sitecustomize.py": {"open": 1},  # .pth lines: it imports nothing of ours
}


def uses(tree):
    """Each use of what opens, names or writes a file, called or handed on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "open" and isinstance(node.ctx, ast.Load):
            yield "open"
        elif isinstance(node, ast.Attribute):
            written = ast.unparse(node)
            module, _, name = written.rpartition(".")
            known = {"os": _OF_OS, "tempfile": _OF_TEMPFILE, "shutil": _OF_SHUTIL}
            if name in known.get(module, _OF_PATHS) and written not in _HARMLESS:
                yield written
        elif isinstance(node, ast.ImportFrom) and node.module in ("os", "io", "tempfile", "shutil"):
            every = {*_OF_OS, *_OF_TEMPFILE, *_OF_SHUTIL}
            yield from (f"from {node.module}" for name in node.names if name.name in every)


def test_only_the_reader_and_the_writer_open_files():
    """And a few others, each with its reason."""
    found = {
        name: dict(Counter(uses(tree)))
        for name, tree in TREES.items()
        if not name.startswith("clovrix_env/system/")
    }
    assert {name: uses for name, uses in found.items() if uses} == EXCEPTIONS


@pytest.mark.parametrize(
    "planted",
    [*("with open(path) as file: pass", "map(open, paths)", "io.open(path)", "os.fdopen(3)"),
     *("os.open(path, os.O_RDONLY)", "os.replace(a, b)", "os.rename(a, b)", "os.link(a, b)"),
     *("from os import open", "from os import replace as moved", "Path(path).open()"),
     *("path.read_text()", "path.write_bytes(content)", "tempfile.NamedTemporaryFile()"),
     "shutil.copyfile(a, b)"],
)  # fmt: skip
def test_a_planted_reader_is_found(planted):
    """However it is written; the reader itself, a store and a text are left alone."""
    assert list(uses(ast.parse(planted)))
    harmless = "files.read_text(path); Store.open(path, key); seen.replace('a', 'b')"
    assert not list(uses(ast.parse(harmless)))


def test_the_names_of_our_own_variables_are_written_once():
    """The prefixes, and that of the marker; the guard says of each prefix what it is."""
    found = {
        name: [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        for name, tree in TREES.items()
    }
    ours = {
        name: [v for v in of if v in ("__CLOVRIX_", "__CLOVRIX_ENV")] for name, of in found.items()
    }
    assert {name: values for name, values in ours.items() if values} == {
        "clovrix_env/model/names.py": ["__CLOVRIX_ENV", "__CLOVRIX_"],
        "clovrix_env/resolution/guard_names.py": ["__CLOVRIX_"],
    }


_VALUES = (
    *("", "plain", "https://a.b/c?d=e&f", "#fff", "$HOME", 'say "hi"', "it's", "a\nb", "a\r\nb"),
    *("C:\\dir\\", "\\n", "tab\t", "é漢", 'it\'s "both" \\ ones'),
)


@pytest.mark.parametrize("value", _VALUES)
def test_a_line_of_a_dotenv_file_is_spelled_in_one_way(value):
    """By export, by edit and by the example of the contract."""
    line = dotenv_writer.line("N", value)
    assert exported({"N": value}, Dotenv()) == f"{line}\n"
    assert edited_text.draft({"N": value}, "backend/staging", "secret").text.endswith(f"\n{line}\n")
    assert example([Variable("N", fields={"example": value})]).endswith(f"\n{line}")


# What finds settings, files, address and token; and the modules of these themselves.
_FINDS = {"settings_of", "for_load", "without_token", "in_files"}
_HOMES = {"resolution/inputs", "settings/settings", "auth/endpoint"}


def test_what_counts_for_a_load_is_found_by_inputs():
    """Settings, files and endpoint; resolve, doctor and check ask there."""
    names = {
        name: {getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(tree)}
        for name, tree in TREES.items()
    }
    others = {name for name, of in names.items() if of & _FINDS}
    assert others <= {f"clovrix_env/{home}.py" for home in _HOMES}
    for module in ("resolution/resolve", "doctor/examine", "check/examine"):
        assert "Inputs" in names[f"clovrix_env/{module}.py"]


_FETCHING = tuple(
    f"clovrix_env/{name}/" for name in ("client", "auth", "cache", "sources", "store")
)
# The keyring package looks into os.environ itself: there it is compared with what is clean.
_READ = {"clovrix_env/auth/system_keyring.py"}
_CHANGED = {"clovrix_env/load.py", "clovrix_env/testing.py"}
_CHANGING = {"clear", "pop", "popitem", "putenv", "setdefault", "unsetenv", "update"}


def _environs(tree):
    """What stands around each use of the environment of the process."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"):
            if isinstance(node.value, ast.Name) and node.value.id == "os":
                yield parents[node]


def test_a_fetch_is_given_its_environment():
    """What fetches takes names that decide the way from what it was given."""
    reads = {name for name, tree in TREES.items() if list(_environs(tree))}
    assert {name for name in reads if name.startswith(_FETCHING)} == _READ


def _changes(around):
    if isinstance(around, ast.Subscript):
        return not isinstance(around.ctx, ast.Load)
    return isinstance(around, ast.Attribute) and around.attr in _CHANGING


def test_only_load_env_changes_it():
    """``os.environ`` is changed where a load is applied, and restored by the pytest plugin."""
    changed = {name for name, tree in TREES.items() if any(map(_changes, _environs(tree)))}
    assert changed == _CHANGED


def test_only_the_parser_of_dotenv_is_imported():
    """python-dotenv's functions that write files, which had a vulnerability, are not in reach."""
    nodes = [node for tree in TREES.values() for node in ast.walk(tree)]
    found = [a.name for node in nodes if isinstance(node, ast.Import) for a in node.names]
    found += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    assert {name for name in found if name.split(".")[0] == "dotenv"} == {"dotenv.parser"}
    names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert not names & {"set_key", "unset_key"}
