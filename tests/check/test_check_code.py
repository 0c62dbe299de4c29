"""Names that code reads: what needs a value is found, and what does without one is not."""

import os

import pytest

# Behind `import os`.
NEEDED = [
    *("os.environ['NEEDED']", "os.environ.get('NEEDED')", "os.getenv('NEEDED')"),
    *("os.getenv('NEEDED', None)", "x = given or os.getenv('NEEDED')"),
    "if not os.getenv('NEEDED'): raise SystemExit",
    "if os.environ.get('NEEDED') is None:\n    print()\n    os._exit(1)",
    *("os.environ.pop('NEEDED')", "import os as o\no.environ['NEEDED']"),
    "from os import environ\nenviron['NEEDED']",
    "from os import environ as e, getenv as g\ng('NEEDED')",
    "def f():\n    from os import environ as e; return e['NEEDED']",
    *("f'{os.environ[\"NEEDED\"]}'", "x: str = os.environ.get('NEEDED')"),
    "x: 'str | None' = os.getenv('NEEDED')\ny = os.getenv('NEEDED')",
    "os.getenv('NEEDED', 'x')\nos.environ['NEEDED']",
]
NOT_NEEDED = [
    *("os.environ.get('NEEDED', 'x')", "os.getenv('NEEDED', default='')"),
    *("os.getenv('NEEDED') or 'x'", "if os.getenv('NEEDED'): pass"),
    *("if given and os.getenv('NEEDED'): pass", "if os.getenv('NEEDED'): x = os.getenv('NEEDED')"),
    "os.getenv('NEEDED', 'x')\nprint(os.getenv('NEEDED'))",
    *("if (x := os.getenv('NEEDED')): pass", "debug = os.getenv('NEEDED') == '1'"),
    *("debug = os.getenv('NEEDED') is not None", "os.environ.pop('NEEDED', None)"),
    "if os.environ.get('NEEDED') is None: os.environ['OTHER'] = 'x'",
    *("if not os.getenv('NEEDED'): print()", "x = not os.environ.get('NEEDED')"),
    *("debug = bool(os.environ.get('NEEDED'))", "if 'NEEDED' in os.environ: os.environ['NEEDED']"),
    *("try: os.environ['NEEDED']\nexcept KeyError: pass", "x: 'str | None' = os.getenv('NEEDED')"),
    "import os, typing\nx: typing.Optional[str] = os.getenv('NEEDED')",
    "def f() -> Optional[str]: return os.getenv('NEEDED')",
    "os.environ['NEEDED'] = 'x'\nos.environ['NEEDED']",
    "os.environ.setdefault('NEEDED', 'x')\nos.getenv('NEEDED')",
    *("os.environ.update(NEEDED='x')\nos.getenv('NEEDED')", "del os.environ['NEEDED']"),
    *("os.environ[name]; os.getenv(name)", "environ = {'NEEDED': 1}\nenviron['NEEDED']"),
    *("getenv = print\ngetenv('NEEDED')", "# os.environ['NEEDED']"),
    "os.environ['GITHUB_ACTIONS']; os.environ['AWS_REGION']",
    "os.environ['HOME']; os.getenv('XDG_DATA_HOME'); os.getenv('NO_COLOR')",
    "os.getenv('CLOVRIX_TOKEN')",
]


READER = "import os\nos.environ['NEEDED']\n"


@pytest.fixture(autouse=True)
def configured(project):
    project.write(".env", "OTHER=1\n")


@pytest.mark.parametrize("source", NEEDED)
def test_read_that_needs_a_value_is_found(project, check, source):
    """A name that nobody gives is told with the place that reads it."""
    source = f"import os\n{source}"
    project.write("app/main.py", source)
    ((rule, file, line, name),) = check().findings
    assert (rule, file, name) == ("unprovided", "app/main.py", "NEEDED")
    assert "NEEDED" in source.splitlines()[line - 1]


@pytest.mark.parametrize("source", NOT_NEEDED)
def test_read_that_does_without_is_left_alone(project, check, source):
    """A fallback, a question, a type that admits None: each says what happens without a value."""
    project.write("main.py", f"import os\n{source}")
    assert check().findings == []


def test_whoever_provides_a_name_is_enough(project, check, monkeypatch):
    """A file, a default, an optional declaration, the process: each provides."""
    monkeypatch.setenv("BY_PROCESS", "")
    project.write(".env", "BY_FILE=1\n")
    project.write(
        ".clovrix",
        "[variables.BY_DEFAULT]\ndefault = 1\n[variables.OPTIONAL]\n[variables.BY_FILE]\n",
    )
    missing = ["NOBODY", "AWS_STORAGE_BUCKET_NAME", "GITHUB_CLIENT_ID"]  # no names of a platform
    names = ["BY_PROCESS", "BY_FILE", "BY_DEFAULT", "OPTIONAL", *missing]
    project.write("main.py", "import os\n" + "".join(f"os.environ['{n}']\n" for n in names))
    assert check().findings == [
        ("unprovided", "main.py", line, name) for line, name in enumerate(missing, 6)
    ]


def test_left_out_by_the_selection_is_told_as_that(project, check):
    """A name that stands in a file and is not selected does not reach the program."""
    project.write(".clovrix", '[select]\nexclude = ["LEGACY_*"]\n')
    project.write(".env", "LEGACY_KEY=1\nOTHER=1\n")
    project.write("main.py", "import os\nos.environ['LEGACY_KEY']\n")
    found = check()
    assert found.rules == ["unprovided"]
    assert "exclude LEGACY_*" in found.document["findings"][0]["sentence"]


def test_a_name_is_told_once(project, check):
    """Read in several places, a name is one finding, at the first."""
    project.write("a.py", "import os\n\nos.environ['NEEDED']\nos.environ['NEEDED']\n")
    project.write("b.py", "import os\nos.environ['NEEDED']\n")
    found = check()
    assert found.findings == [("unprovided", "a.py", 3, "NEEDED")]
    assert "2 more places" in found.document["findings"][0]["sentence"]


NOT_THE_PROGRAM = (
    *("tests/x.py", "pkg/tests/x.py", "test_x.py", "x_test.py", "conftest.py", ".hidden/x.py"),
    *("node_modules/a/x.py", "lib/site-packages/x.py", "x.txt", "environment/x.py"),
)


def test_what_is_not_the_program_is_not_looked_at(project, check):
    """Tests, hidden folders, installed packages, a virtual environment of any name."""
    project.write("environment/pyvenv.cfg", "")
    for path in NOT_THE_PROGRAM:
        project.write(path, READER)
    assert check().findings == []
    project.git("init", "-q")
    assert check().findings == []


def test_what_git_ignores_is_not_looked_at(project, check):
    """``.gitignore`` counts, and a file that is not added yet is looked at all the same."""
    project.write(".gitignore", ".env\nbuild/\n")
    project.write("build/x.py", READER)
    project.write("new.py", READER)
    project.git("init", "-q")
    assert [file for _, file, *_ in check().findings] == ["new.py"]


def test_file_that_is_no_python_is_a_finding(project, check):
    """A syntax error is told with its line, and the other files are looked at."""
    project.write("broken.py", "import os\nprint os.environ['A']\n")
    project.write("other.py", READER)
    project.write("template.py", "{{ cookiecutter.code }}\n")  # reads nothing
    assert check().findings == [
        ("syntax", "broken.py", 2, None),
        ("unprovided", "other.py", 2, "NEEDED"),
    ]


def test_no_code_is_run(project, check):
    """Neither the project's files nor a module that stands in the way of ours is imported."""
    for name in ("main.py", "os.py", "dotenv.py", "sitecustomize.py"):
        project.write(name, "import os\nopen('ran', 'w')\nos.environ.get('X', '')\n")
    assert check().findings == []
    assert not os.path.exists("ran")


def test_large_file_is_told_and_left_out(project, check):
    """50 MiB of Python are not read."""
    with open("large.py", "w") as file:
        file.write(READER)
        file.truncate(50 * 1024 * 1024)
    found = check()
    assert found.findings == []
    assert "large.py is larger than 512 KiB" in found.err


def test_file_that_cannot_be_read_is_told(check, closed):
    """No finding in it is no promise that there is none."""
    found = check("--root", closed("closed.py", ".clovrix"))
    assert found.findings == []
    assert found.document["notes"] == ["closed.py cannot be read and was not checked"]


def test_links_are_not_followed(project, check, tmp_path):
    """A link out of the project, a loop, a link to a FIFO: none is read."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.py").write_text(READER)
    os.symlink(outside, "folder")
    os.symlink(outside / "x.py", "file.py")
    os.symlink(".", "loop")
    os.symlink("self.py", "self.py")
    os.mkfifo("fifo.py")
    assert check().findings == []
    project.git("init", "-q")
    assert check().findings == []


def test_name_in_code_commands_no_terminal(project, run):
    """What code calls a name or a file may hold anything, and is printed as its escape."""
    project.write("a\x1b[31m\nb.py", "import os\nos.environ['A\\x1b[2J\\n::error::B']\n")
    for form in ("text", "json", "github"):
        found = run("--format", form)
        assert found.status == 1
        assert "\x1b" not in found.out + found.err
        assert not [line for line in found.out.splitlines() if line.startswith("::error::B")]
