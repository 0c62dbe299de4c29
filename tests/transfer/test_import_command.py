"""``clovrix-env import``: what it reads, what it refuses, what it writes and what it tells."""

import json

import pytest
from transfer.conftest import held, secrecy, versions

from clovrix_env import Client


def test_it_tells_the_difference_and_writes_it(at_store, store_home):
    """Names, never values; what is the same is not written again."""
    with Client(base_url=store_home.url) as client:
        client.set_entry("backend", "staging", "SAME", "1")
        client.set_entry("backend", "staging", "CHANGED", "before")
    at_store.write("a.env", "SAME=1\nCHANGED=after\nNEW='a secret'\n")
    said = at_store.done("import", "a.env", "--yes")
    assert said.splitlines() == [
        "NAME     STATE    KIND    FROM",
        "CHANGED  changed          a.env:2",
        "NEW      new      secret  a.env:3",
        "backend/staging: 1 new, 1 changed, 1 unchanged",
        "2 written to backend/staging",
    ]
    assert held(store_home) == {"SAME": "1", "CHANGED": "after", "NEW": "a secret"}
    # A second time nothing is asked, and no version is made.
    assert at_store.done("import", "a.env") == "backend/staging: 0 new, 0 changed, 3 unchanged\n"
    assert "SAME     same   a.env:1" in at_store.done("import", "a.env", "--all")
    assert versions(store_home.path) == {"SAME": 1, "CHANGED": 2, "NEW": 1}


def test_secrets_are_what_the_contract_says_else_secret(at_store, store_home):
    """--plain is for those that the contract does not declare."""
    at_store.write(".clovrix", "[variables.OPEN]\nsecret = false\n[variables.CLOSED]\n")
    at_store.write("a.env", "OPEN=1\nCLOSED=1\nOTHER=1\n")
    at_store.write("b.env", "OPEN_B=1\nCLOSED=2\nOTHER_B=1\n")
    at_store.done("import", "a.env", "--yes")
    at_store.done("import", "b.env", "--yes", "--plain")
    assert secrecy(store_home.path) == {
        "OPEN": False,
        "CLOSED": True,
        "OTHER": True,
        "OPEN_B": False,
        "OTHER_B": False,
    }


def test_nothing_is_written_without_a_yes(at_store, store_home):
    """Without a terminal the error names the option; a dry run only tells."""
    at_store.write("a.env", "A=1\n")
    result = at_store("import", "a.env")
    assert result.returncode == 2
    assert b"add --yes" in result.stderr
    assert b"A     new    secret  a.env:1" in result.stdout
    assert "1 new" in at_store.done("import", "a.env", "--dry-run")
    assert held(store_home) == {}


@pytest.mark.parametrize(("answer", "status"), [(b"y\n", 0), (b"n\n", 1), (b"\n", 1)])
def test_on_a_terminal_it_asks(at_store, store_home, answer, status):
    """Only yes is yes; no is status 1."""
    at_store.write("a.env", "A=1\n")
    at = ("stdin", "stderr")
    ran, screen = at_store.on_terminal("import", "a.env", at=at, typed=answer)
    assert ran.returncode == status
    assert b"Write 1 to backend/staging? [y/N]" in screen
    assert held(store_home) == ({"A": "1"} if status == 0 else {})


def test_a_long_import_shows_how_far_it_is_on_a_terminal(at_store, store_home):
    """A bar on stderr, and only there."""
    at_store.write("a.env", "".join(f"KEY_{number}=x\n" for number in range(250)))
    ran, screen = at_store.on_terminal("import", "a.env", "--yes", at=("stderr",))
    assert (ran.returncode, b"writing" in ran.stdout) == (0, False)
    assert b"writing" in screen
    assert b"100%" in screen
    assert len(held(store_home)) == 250


JSON = '{"A": "x\\ny", "B": 1.50, "C": 1e3, "D": true, "E": "", "F": 12345678901234567890123}'
YAML = """A: NO
B: 1e3
C: 2001-01-01
D: 0o17
E: 12:30:45
F: 'it''s'
G: |
  two
  lines
H:
I: null
J: &anchor on
K: *anchor
"""
TAKEN = {
    "a.json": (JSON, ["x\ny", "1.50", "1e3", "true", "", "12345678901234567890123"]),
    "a.yml": (YAML,
              [*("NO", "1e3", "2001-01-01", "0o17", "12:30:45", "it's", "two\nlines\n", "", "null"),
               *("on", "on")]),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_a_scalar_is_text_as_it_is_written(at_store, store_home, name):
    """Where YAML 1.1 would make a boolean, a number or a date of it, it stays a text."""
    text, values = TAKEN[name]
    at_store.write(name, text)
    at_store.done("import", name, "--yes")
    assert [*held(store_home).values()] == values


REFUSED = {
    "a.json": {'{"A": {"B": "planted"}}': "a.json: A is a nested object",
               '{"A": ["planted"]}': "a.json: A is a nested list",
               '{"A": null}': "a.json: A is null",
               '{"A": "planted", "A": "2"}': "a.json: A is a duplicate key",
               '{"A": "planted"\n,}': "a.json:2:1: not valid JSON: trailing comma",
               '{"A": "planted" 1}': "a.json:1:17: not valid JSON\n",
               " \n": "a.json is empty",
               '{"A": NaN, "B": "planted"}': "a.json contains NaN or Infinity",
               '["planted"]': "a.json is a list, not an object",
               "[" * 200_000: "a.json is nested too deep",
               '{"CLOVRIX_TOKEN": "planted"}': "a.json: CLOVRIX_TOKEN is a setting",
               '{"A": "planted\\u0000"}': "a.json: the value of A contains a NUL",
               '{"A": "planted\\ud800"}': (
                   "a.json: the value of A is not valid UTF-8: it contains a lone surrogate"
               ),
               '{"A": "%s"}' % ("planted" * 5_000): "a.json: the value of A is 35000 bytes long",
               '{"A\\u001b[2J": "planted"}': "a.json: 'A\\x1b[2J' is not a valid key"},
    "a.yaml": {"A:\n  B: planted": "a.yaml:1: A is nested",
               "B: 1\nA: planted\nA: 2": "a.yaml:3: A is a duplicate key",
               "A: 'planted": "a.yaml:1: not valid YAML",
               "- planted": "a.yaml: must be a mapping",
               "A: !!python/object/apply:os.system [planted]": "a.yaml:1: A is nested",
               "A: !!binary cGxhbnRlZA==": "a.yaml:1: A has a tag",
               "? [planted]\n: 1": "a.yaml:1: the key is not a string",
               "<<: planted": "a.yaml:1: '<<' is not a valid key",
               "A: planted\n---\nB: 1": "a.yaml:2: not valid YAML",
               "A: planted\x01": "a.yaml contains a character that YAML",
               f"%YAML 1.{'9' * 5000}\n---\nA: planted": "a.yaml contains a character that YAML",
               "A: " + "[" * 2_000: "a.yaml is nested too deep",
               "A: *planted": "a.yaml:1: not valid YAML"},
    "a.env": {"A='planted\nB=1": "a.env:1: the value has no closing '",
              "B=1\nCLOVRIX_TOKEN=planted": "a.env:2: CLOVRIX_TOKEN is a setting",
              "A=planted\n\nNAME\n": "a.env:3: this line has no =",
              "lower=planted": "a.env:1: 'lower' is not a valid key",
              "A=planted${HOME}": "a.env:1: A: refers to HOME, which is not set"},
}  # fmt: skip
CASES = [(name, text, said) for name, cases in REFUSED.items() for text, said in cases.items()]


@pytest.mark.parametrize(
    ("name", "text", "said"), CASES, ids=[said.replace("\\", "") for _, _, said in CASES]
)
def test_what_cannot_be_imported_is_refused_by_place_and_name(
    at_store, store_home, name, text, said
):
    """All of the import is, before anything is asked; no value is shown."""
    at_store.write(name, text)
    at_store.write("good.env", "GOOD=1\n")
    shown = at_store.refused("import", "good.env", name, "--yes")
    assert said in shown
    assert "planted" not in shown
    assert held(store_home) == {}


def test_all_that_is_wrong_is_told_at_once(at_store):
    """Of every file, with its line."""
    at_store.write("a.env", "lower=1\nCLOVRIX_TOKEN=x\n")
    at_store.write("b.yaml", "B: 1\nother: 2\n")
    said = at_store.refused("import", "a.env", "b.yaml", "c.json", "--yes")
    for place in ("a.env:1: ", "a.env:2: ", "b.yaml:2: ", "c.json does not exist"):
        assert place in said


def test_references_are_expanded_by_the_files_alone(at_store, store_home):
    """The last file wins, as with -f, and what refers to it follows; the process has no say.

    A file that is named again counts once.
    """
    at_store.write("a.env", "HOST=a\nURL=http://${HOST}\nLIST=1\nLITERAL='${HOST}'\n")
    at_store.write("b.env", "HOST=b\nLIST=${LIST},2\nWITH=${MINE:-default}\n")
    files = ("b.env", "a.env", "b.env", "./b.env")
    at_store.done("import", *files, "--yes", env={"HOST": "mine", "MINE": "mine"})
    assert held(store_home) == {
        "HOST": "b",
        "URL": "http://b",
        "LIST": "1,2",
        "LITERAL": "${HOST}",
        "WITH": "default",
    }


def test_stdin_is_a_file_too(at_store, store_home):
    """A .env file, or what --format says."""
    at_store.done("import", "-", "--yes", given=b"\xef\xbb\xbfA=1\n")
    shown = at_store.done("import", "-", "--format", "json", "--yes", given=b'{"B": "2"}')
    assert "B     new    secret  stdin" in shown
    assert held(store_home) == {"A": "1", "B": "2"}


def test_a_name_that_a_start_would_refuse_is_noted(at_store):
    """It is written all the same, for [guard] may allow it one day."""
    at_store.write("a.env", "NODE_OPTIONS=x\n")
    result = at_store("import", "a.env", "--yes")
    assert result.returncode == 0
    assert b"NODE_OPTIONS" in result.stderr
    assert b"[guard] allow" in result.stderr
    assert at_store("import", "a.env", "-q", "--yes").stderr == b""


def test_more_than_a_project_takes_is_refused_before_any_is_written(at_store, store_home):
    """500 entries; the sentence says how many there would be."""
    at_store.write("a.env", "A=1\n")
    at_store.done("import", "a.env", "--yes")
    at_store.write("b.env", "".join(f"KEY_{number}=x\n" for number in range(500)))
    assert "501 entries" in at_store.refused("import", "b.env", "--yes")
    assert len(held(store_home)) == 1


def test_the_document_has_names_and_no_values(at_store):
    """--json, which asks nothing."""
    at_store.write("a.env", "A=planted\n")
    assert "--yes or --dry-run" in at_store.refused("import", "a.env", "--json", status=2)
    for word, written in (("--dry-run", 0), ("--yes", 1)):
        assert json.loads(at_store.done("import", "a.env", "--json", word)) == {
            "version": 1,
            "project": "backend",
            "environment": "staging",
            "names": [{"name": "A", "state": "new", "secret": True, "from": "a.env:1"}],
            "written": written,
        }


def test_a_token_of_a_file_writes_nothing(at_store, store_home, loopback):
    """It came with the project; a dry run reads with it."""
    at_store.environ.update(CLOVRIX_API_URL=loopback.url)
    at_store.write(".env", f"CLOVRIX_TOKEN={store_home.token}\n")
    at_store.write("a.env", "A=1\n")
    said = at_store.refused("import", "a.env", "--yes")
    assert "a token from a file can only read" in said
    assert store_home.token not in said
    assert "1 new" in at_store.done("import", "a.env", "--dry-run")


def test_over_http_each_batch_is_one_request(at_store, store_home, loopback):
    """One to ask, and one for each hundred."""
    at_store.environ.update(CLOVRIX_API_URL=loopback.url, CLOVRIX_TOKEN=store_home.token)
    at_store.write("a.env", "".join(f"KEY_{number}=x\n" for number in range(250)))
    at_store.done("import", "a.env", "--yes")
    assert [request.method for request in loopback.requests] == ["GET", "POST", "POST", "POST"]


def test_what_clovrix_refuses_is_told_and_a_second_run_goes_on(at_store, store_home, loopback):
    """A token that only reads is refused; with one that writes, only what is missing is written."""
    at_store.environ.update(
        CLOVRIX_API_URL=loopback.url, CLOVRIX_TOKEN=store_home.make_token("backend", role="read")
    )
    at_store.write("a.env", "".join(f"KEY_{number}=planted\n" for number in range(150)))
    result = at_store("import", "a.env", "--yes", "-q")
    assert result.returncode == 4
    assert b"backend/staging: " in result.stderr
    assert b"planted" not in result.stderr
    at_store.environ.update(CLOVRIX_TOKEN=store_home.token)
    at_store.write("part.env", "".join(f"KEY_{number}=planted\n" for number in range(100)))
    at_store.done("import", "part.env", "--yes", "-q")
    assert "50 written" in at_store.done("import", "a.env", "--yes")
    assert versions(store_home.path) == {f"KEY_{number}": 1 for number in range(150)}
