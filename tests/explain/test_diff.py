"""``clovrix-env diff A B``: compared without being shown, against a real server."""

import json

import pytest

_SECRETS = (b"hunter2", b"correct horse", b"battery")


@pytest.fixture(autouse=True)
def environments(project, clovrix, launched):
    """Of four names one is the same, one differs, and one is missing in each."""
    clovrix.put("backend", "staging", SAME="hunter2", DIFFERS="hunter2", STAGED="hunter2")
    clovrix.put("backend", "production", SAME="hunter2", DIFFERS="correct horse", LIVE="battery")
    project.declare('project = "backend"\n')
    launched.environ.update(CLOVRIX_API_URL=clovrix.loopback.url, CLOVRIX_TOKEN=clovrix.home.token)


def _lines(result, status):
    assert (result.returncode, result.stderr) == (status, b"")
    assert not any(secret in result.stdout for secret in _SECRETS)
    return result.stdout.decode().splitlines()


def test_what_differs_is_told_and_not_shown(command, clovrix):
    """Status 1, as of ``diff``; each environment is asked for once; ``--all`` tells the same."""
    lines = [
        "NAME     staging | production",
        "DIFFERS  differs",
        "LIVE     missing in staging",
        "STAGED   missing in production",
    ]
    assert _lines(command("diff", "staging", "production"), 1) == lines
    assert clovrix.requests == 2
    lines.insert(3, "SAME     same")
    assert _lines(command("diff", "staging", "production", "--all"), 1) == lines
    assert _lines(command("diff", "staging", "staging"), 0) == ["no difference"]


def test_document_tells_every_name(command):
    """``--json``: in alphabetical order, and no value."""
    document = "".join(_lines(command("diff", "staging", "production", "--json"), 1))
    assert json.loads(document) == {
        "version": 1,
        "a": "staging",
        "b": "production",
        "names": [
            {"name": "DIFFERS", "state": "differs", "missing_in": None},
            {"name": "LIVE", "state": "missing", "missing_in": "staging"},
            {"name": "SAME", "state": "same", "missing_in": None},
            {"name": "STAGED", "state": "missing", "missing_in": "production"},
        ],
    }


def test_extended_projects_are_compared_too(command, project, clovrix, launched):
    """Below the project: what it hides does not count."""
    clovrix.home.project("shared", "staging", "production")
    clovrix.put("shared", "staging", LIVE="battery", REGION="hunter2", SAME="x")
    clovrix.put("shared", "production", REGION="battery", SAME="y")
    launched.environ["CLOVRIX_TOKEN"] = clovrix.home.make_token("backend", "shared")
    project.declare('project = "backend"\nextends = ["shared"]\n')
    assert _lines(command("diff", "staging", "production", "--all"), 1)[1:] == [
        "DIFFERS  differs",
        "LIVE     same",
        "REGION   differs",
        "SAME     same",
        "STAGED   missing in production",
    ]


def test_files_defaults_and_process_are_not_compared(command, project, launched):
    """It compares what Clovrix holds; the token of a file says who asks, in production too."""
    project.declare('project = "backend"\n[variables.DEFAULTED]\ndefault = 1\n')
    project.write(".env.staging", "SAME=other\nLOCAL=1\n")
    project.write(".env", f"CLOVRIX_TOKEN={launched.environ.pop('CLOVRIX_TOKEN')!s}\n")
    launched.environ["SAME"] = "process"
    names = [line.split()[0] for line in _lines(command("diff", "staging", "production"), 1)[1:]]
    assert names == ["DIFFERS", "LIVE", "STAGED"]


@pytest.mark.parametrize(
    ("other", "declared", "status", "told"),
    [
        ("nowhere", 'project = "backend"', 3, "backend/nowhere: "),
        ("production", "", 125, "nothing to compare"),
    ],
)
def test_what_cannot_be_compared_says_why(command, project, other, declared, status, told):
    """Another status than that of a difference: what is not there is 3, what is wrong is 125."""
    project.declare(declared + "\n")
    result = command("diff", "staging", other)
    assert (result.returncode, result.stdout) == (status, b"")
    assert result.stderr.decode().startswith(f"clovrix-env: {told}")
