"""``clovrix-env schema --python``: a class that reads the contract's types as we do."""

import os
import sys

import pytest
from contract.test_contract_types import _FURTHER, ACCEPTED, REFUSED
from programs import finish

from clovrix_env import ClovrixConfigError, resolve_env
from clovrix_env.contract.value_types import ITEM_TYPES
from clovrix_env.errors import Problems
from clovrix_env.export import settings_class
from clovrix_env.settings import project_reader

_SECRET = "hunter2"
_ENUM = _FURTHER["enum"].replace('"", ', "").strip()
# Of each type: the annotation of a variable that is always set.
_ANNOTATIONS = {
    **{kind: kind for kind in ("str", "int", "float", "bool")},
    "url": "SplitResult",
    "port": "int",
    "enum": "str",
    "json": "object",
    "duration": "timedelta",
    "path": "Path",
}
_USE = """
from datetime import timedelta
from pathlib import Path
from typing import List, Optional
from urllib.parse import SplitResult
import os
import clovrix_env
from settings import Settings, SettingsError

def use(settings: Settings) -> None:
    {lines}

try:
    use(Settings.from_environ(os.environ))
except SettingsError as error:
    problems: tuple[str, ...] = error.problems
use(Settings.from_environ(clovrix_env.load_env()))
"""


_NOT_WRITTEN = {
    **dict.fromkeys(("own.py", "link.py"), "exists and was not written by this command"),
    ".": "is a folder",
    "absent/x.py": "cannot be written: no such file or directory",
    # All files of the folder would count as unfinished ones of a file without a name.
    "": "cannot be written: is a directory",
}


def _written(declared):
    problems = Problems()
    variables = project_reader.parse(declared, ".clovrix", problems).variables
    problems.raise_if_any()
    return settings_class.written(list(variables.values()))


def _module(declared):
    """What a program gets that imports the file."""
    module = type(sys)("settings")
    sys.modules["settings"] = module  # where dataclasses looks for it
    exec(compile(_written(declared), "settings.py", "exec"), module.__dict__)
    del sys.modules["settings"]
    return module


def _ours(text):
    try:
        return resolve_env(overrides={"V": text}).typed("V")
    except ClovrixConfigError as error:
        return [problem.replace(" (overrides=)", "") for problem in error.problems]


def _theirs(module, text):
    try:
        return module.Settings.from_environ({"V": text}).v
    except module.SettingsError as error:
        return list(error.problems)


_KINDS = [
    *((kind, _FURTHER.get(kind, "")) for kind in ACCEPTED),
    *(("list", f'item = "{kind}"\n{_ENUM if kind == "enum" else ""}') for kind in ITEM_TYPES),
    *((kind, "required = true") for kind in ("str", "int", "list")),
    ("int", "min = 0\nmax = 50\nchoices = [1, 42, 70]"),
    ("duration", 'min = "1m"\nmax = "1h"'),
    ("str", r"""pattern = '[a-z]{1,3}|\d"\\'"""),
    ("list", 'item = "float"\nmin = 1\nmax = 2\ndescription = "Some {of} \\"them\\""'),
]


@pytest.mark.parametrize(("kind", "further"), _KINDS)
def test_class_reads_and_refuses_as_typed_does(project, kind, further):
    """Every form that the types are tried with: the same values, types and words."""
    declared = f'[variables.V]\ntype = "{kind}"\n{further}\n'
    project.declare(declared)
    module = _module(declared)
    table = next((k for k in ITEM_TYPES if f'item = "{k}"' in further), kind)
    texts = [text for text in (*ACCEPTED[table], *REFUSED[table]) if len(text) < 2000]
    if table != kind:
        texts += [f"{text}, {texts[1]},{texts[2]}" for text in texts]
    for text in texts:
        ours, theirs = _ours(text), _theirs(module, text)
        assert (theirs, type(theirs)) == (ours, type(ours)), ascii(text)


def test_names_become_attributes():
    """In lower case and public; one that is taken gets a ``_``; nothing else is shown than that."""
    names = ["PORT", "Port", "port", "class", "None", "_", "_1", "__x_", "INT", "FROM_ENVIRON"]
    names += ["CLS", "FIELD", "port_", "ENVIRON", "SELF", "_CHECK"]
    declared = "".join(f"[variables.{name}]\nsecret = false\n" for name in names)
    settings = _module(declared).Settings.from_environ({name: name for name in names})
    assert list(vars(settings).items()) == list(
        zip(
            (
                *("port", "port_", "port__", "class_", "none", "var", "var_1", "x", "int_"),
                *("from_environ_", "cls_", "field_", "port___", "environ_", "self", "check"),
            ),
            names,
        )
    )


def test_defaults_secrets_and_missing_variables(launched, project):
    """Only the standard library is needed; neither a repr nor an error shows a secret."""
    project.declare(
        "[variables]\nA = {required = true}\nB = {type = 'int', default = 3}\n"
        "C = {type = 'list'}\nD = {secret = false}\nE = {type = 'url'}\n"
    )
    assert _schema(launched, "settings.py") == (0, "created settings.py\n", "")
    project.write(
        "main.py",
        "import os, settings\nprint(settings.Settings.from_environ(os.environ))\n"
        "try:\n    settings.Settings.from_environ({'B': 'hunter2', 'E': 'hunter2'})\n"
        "except settings.SettingsError as error:\n    print(repr(error), error, sep='\\n')\n",
    )
    program = [sys.executable, "-S", "-c", "import sys; sys.path.insert(0, '.'); import main"]
    ended = finish(program, environ={"A": _SECRET, "D": "shown"})
    shown, error, *problems = ended.stdout.splitlines()
    assert shown == "Settings(d='shown')"
    assert problems == [
        "A is required and not set; expected text",
        "B is not a valid int; expected a whole number",
        "E is not a valid url; expected a URL with scheme://",
    ]
    assert _SECRET not in ended.stdout + ended.stderr
    assert error.startswith("SettingsError(")


def _run(launched, *words):
    result = launched.plain(sys.executable, "-m", "clovrix_env", *words)
    return result.returncode, result.stdout.decode(), result.stderr.decode()


def _schema(launched, file):
    return _run(launched, "schema", "--python", file)


@pytest.mark.slow
def test_check_finds_a_class_that_no_longer_matches(launched, project):
    """Formatting it and other lines of ``.clovrix`` do not matter."""
    project.declare("[variables.A]\ntype = 'int'\n")
    assert _schema(launched, "settings.py")[0] == 0
    file = project.folder / "settings.py"
    file.write_text("# A licence.\n\n" + file.read_text().replace("    ", "  "))
    project.declare("# A comment.\n[variables.A]\ntype='int'\n")
    assert _run(launched, "check") == (0, "no findings\n", "")
    project.declare("[variables.A]\ntype='float'\n")
    status, found, _ = _run(launched, "check")
    assert (status, found.splitlines()[0]) == (1, "settings.py: no longer matches .clovrix [stale]")
    assert _schema(launched, "settings.py") == (0, "updated settings.py\n", "")
    assert _schema(launched, "settings.py") == (0, "unchanged settings.py\n", "")
    assert _run(launched, "check") == (0, "no findings\n", "")


@pytest.mark.slow
def test_other_files_are_not_overwritten(launched, project):
    """Neither one that somebody wrote, nor through a link to one."""
    project.declare("[variables.A]\n")
    project.write("own.py", "x = 1\n")
    (project.folder / "link.py").symlink_to("own.py")
    os.utime(project.folder / "own.py", (0, 0))
    for name, why in _NOT_WRITTEN.items():
        status, out, err = _schema(launched, name)
        assert (status, out) == (125, "")
        assert f"{name or repr(name)} {why}" in err
    assert (project.folder / "own.py").read_text() == "x = 1\n"
    assert _schema(launched, "-")[1].startswith("# Written by clovrix-env schema --python.")


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("checker", [("mypy", "--strict"), ("pyright", "-p", "pyright.json")])
def test_type_checkers_accept_its_use(project, checker):
    """A contract with every type: set, missing, and in lists."""
    declared, lines = "", []
    for kind, annotation in _ANNOTATIONS.items():
        choices = "choices = ['1']\n" if kind == "enum" else ""
        declared += f"[variables.A_{kind}]\ntype = '{kind}'\nrequired = true\n{choices}"
        declared += f"[variables.B_{kind}]\ntype = '{kind}'\n{choices}"
        lines += [f"a_{kind}: {annotation} = settings.a_{kind}"]
        lines += [f"b_{kind}: Optional[{annotation}] = settings.b_{kind}"]
        if kind in ITEM_TYPES:
            declared += f"[variables.C_{kind}]\ntype = 'list'\nitem = '{kind}'\n{choices}"
            declared += "default = ''\n"
            lines += [f"c_{kind}: List[{annotation}] = list(settings.c_{kind})"]
    lines += [f"print({', '.join(line.partition(':')[0] for line in lines)})"]
    project.write("settings.py", _written(declared) + "\n")
    project.write("main.py", _USE.format(lines="\n    ".join(lines)))
    project.write(
        "pyright.json",
        '{"include": ["settings.py", "main.py"], "typeCheckingMode": "strict",'
        ' "pythonVersion": "3.9", "reportMissingModuleSource": false}',
    )
    name, *options = checker
    more = ["settings.py", "main.py"] if name == "mypy" else ["--pythonpath", sys.executable]
    ended = finish([sys.executable, "-m", name, *options, *more], timeout=240)
    assert ended.returncode == 0, ended.stdout + ended.stderr
