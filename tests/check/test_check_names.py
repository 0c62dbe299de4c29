"""Contract, files and Clovrix held against each other."""

import pytest

from clovrix_env.api.messages import Call, WriteItem

PLACE = 'project = "backend"\ndefault_environment = "staging"\n'


@pytest.fixture
def clovrix(store_home, monkeypatch):
    """``clovrix("staging", A="1")`` puts entries of ``backend`` into a store that is asked."""
    monkeypatch.setenv("CLOVRIX_API_URL", store_home.url)

    def put(environment, **values):
        items = tuple(WriteItem(key, value) for key, value in values.items())
        reply = store_home.store.answer(Call("set_entries", "backend", environment, items=items))
        assert reply.status == 200

    return put


PORT = '[variables.PORT]\ntype = "port"\n[variables.URL]\nrequired = true\n[variables.OK]\n'
READS = "import os\nos.environ['A'], os.environ['B']\n"
CASES = {
    "unknown to the contract": (
        {".clovrix": f"{PLACE}[variables.PORT]\n", ".env": "PORT=1\nPROT=2\n"},
        {"PORT": "3", "HOST": "h"},
        [("unknown", ".env", 2, "PROT"), ("unknown", "backend/staging in the store", None, "HOST")],
    ),
    "no contract": ({".clovrix": PLACE, ".env": "ANY=1\n"}, {"THING": "2"}, []),
    "left out by the selection": (
        {".clovrix": f'{PLACE}[select]\nexclude = ["ANY", "THING"]\n[variables.A]\n',
         ".env": "ANY=1\n"},
        {"THING": "2"},
        [],
    ),
    # Another value than that on Clovrix is what a file is for.
    "a copy of what is on Clovrix": (
        {".clovrix": PLACE, ".env": "SAME=hush\nOTHER=mine\nEMPTY=\nHERE=hush\n"},
        {"SAME": "hush", "OTHER": "theirs", "EMPTY": "", "THERE": "hush"},
        [("on-clovrix", ".env", 1, "SAME")],
    ),
    "provided by Clovrix": ({".clovrix": PLACE, "main.py": READS}, {"A": "1"},
                            [("unprovided", "main.py", 2, "B")]),
    "violations of the contract": (
        {".clovrix": PORT, ".env": "OK=1\nPORT=hush\n"},
        {},
        [("missing", ".clovrix", 3, "URL"), ("contract", ".env", 2, "PORT")],
    ),
    "wrong keys of the project file": (
        {".clovrix": 'projekt = "x"\n[variables.A]\ntype = "txt"\n', ".env": "A=1\n"},
        {},
        [("project-file", ".clovrix", 1, None), ("project-file", ".clovrix", 3, None)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "entries", "findings"), CASES.values(), ids=CASES)
def test_what_is_found(project, check, clovrix, files, entries, findings):
    """Each with its place, and without the value."""
    for name, text in files.items():
        project.write(name, text)
    clovrix("staging", **entries)
    found = check()
    assert found.findings == findings
    assert "hush" not in found.out


@pytest.mark.parametrize(
    ("rule", "lines", "line"),
    [*(("unreadable", "A: x\n", 1), ("unreadable", "\nA-B=1\n", 2), ("unreadable", "A=${\n", 1)),
     *(("undefined", "B=1\nA=${NOPE}\n", 2), ("reference", "A=${B}\nB=1\n", 1)),
     *(("guard", "LD_PRELOAD=x\n", 1), ("ours", "CLOVRIX_PROJECT=x\n", 1)),
     ("ours", "CLOVRIX_API_URL=https://elsewhere.invalid\n", 1)],
)  # fmt: skip
def test_what_a_start_refuses_of_a_file_is_found(project, check, rule, lines, line):
    """Each is a finding with file and line, not the end of the check."""
    project.write(".env", lines)
    ((found, file, at, _),) = check().findings
    assert (found, file, at) == (rule, ".env", line)


def test_what_the_guard_is_told_to_let_pass_is_none(project, check):
    """``--allow`` counts as at a start."""
    project.write(".env", "PYTHONWARNINGS=error\n")
    assert check().rules == ["guard"]
    assert check("--allow", "PYTHONWARNINGS").findings == []


def test_environments_are_checked_each(project, check):
    """What is found in all is told once, and what is found in some says in which."""
    project.write(".clovrix", '[variables.A]\ntype = "int"\n[variables.B]\nrequired = true\n')
    project.write(".env", "A=no\n")
    project.write(".env.one", "B=1\n")
    found = check("--env", "one", "--env", "two")
    assert found.document["environments"] == ["one", "two"]
    said = [(f["rule"], f["environments"]) for f in found.document["findings"]]
    assert said == [("missing", ["two"]), ("contract", [])]


def test_without_clovrix_nothing_of_it_is_missed(project, check):
    """With ``--no-remote`` what Clovrix may hold is not called missing; the rest is told."""
    project.write(".clovrix", PLACE + "[variables.A]\nrequired = true\n[variables.B]\n")
    project.write(".env", "B=${REMOTE}\nB=2\n")
    project.write("main.py", "import os\nos.environ['REMOTE']\n")
    found = check("--no-remote")
    assert found.findings == [("duplicate", ".env", 2, "B")]
    assert "Clovrix was left out" in found.err


@pytest.mark.parametrize(
    ("files", "arguments", "status", "says"),
    [
        *(({}, "", 125, "nothing is configured"), ({".clovrix": PLACE}, "", 125, "no token for ")),
        ({".clovrix": "project ="}, "", 125, "not valid TOML"),
        ({".env": "A=1"}, "--root nowhere", 125, "is not a folder"),
        ({".env": "A=1"}, "-f missing.env", 125, "does not exist"),
        *(({".env": "A=1"}, "--timeout 0", 125, "timeout"), ({}, "--format xml", 2, "xml")),
        ({}, "--json --format github", 2, "--format"),
    ],
)
def test_what_cannot_be_checked_is_told(project, run, files, arguments, status, says):
    """One sentence on stderr, and nothing on stdout that could be taken for a result."""
    project.write_all(files)
    found = run(*arguments.split())
    assert (found.status, found.out) == (status, "")
    assert says in found.err


def test_an_environment_that_does_not_exist_is_told_with_3(project, run, clovrix):
    """An environment that is not there is no finding about the project."""
    project.write(".clovrix", PLACE)
    found = run("--env", "nowhere")
    assert found.status == 3
    assert "backend/nowhere" in found.err
