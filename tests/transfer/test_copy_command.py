"""``clovrix-env copy``: which values go to another environment, and which stay as they are."""

import json

import pytest
from transfer.conftest import held, secrecy, versions

from clovrix_env import Client

HERE = {"A": "planted-a", "B": "planted-b", "DB_C": "planted-c", "DB_SAME": "planted"}
THERE = {"B": "planted-other", "DB_SAME": "planted", "ONLY": "planted-only"}


@pytest.fixture
def filled(at_store, store_home):
    """``staging`` has ``HERE``, ``production`` has ``THERE``; a local file has other values."""
    with Client(base_url=store_home.url) as client:
        for environment, values in (("staging", HERE), ("production", THERE)):
            client.set_entries("backend", environment, [_item(*pair) for pair in values.items()])
    at_store.write(".env", "A=local\nLOCAL=local\n")
    return at_store


def _item(key, value):
    return {"key": key, "value": value, "is_secret": key != "A"}


def test_the_difference_is_shown_and_written(filled, store_home):
    """Names, never values; equal values get no second version, also in a second run."""
    assert filled.done("copy", "staging", "production", "--yes").splitlines() == [
        "NAME  STATE",
        "A     new",
        "B     differs",
        "DB_C  new",
        "backend/production: 2 new, 1 different, 1 the same",
        "3 written to backend/production",
    ]
    again = filled.done("copy", "staging", "production")
    assert again == "backend/production: 0 new, 0 different, 4 the same\n"
    assert held(store_home, "production") == {**THERE, **HERE}
    numbers = versions(store_home.path, "production")
    assert numbers == {"A": 1, "B": 2, "DB_C": 1, "DB_SAME": 1, "ONLY": 1}


@pytest.mark.parametrize(
    ("options", "names"),
    [*(("--only DB_*", "DB_C"), ("--only DB_* --only A", "A DB_C"), ("--exclude DB_*", "A B")),
     *(("--only DB_* --exclude *_C", ""), ("--missing-only", "A DB_C"), ("--dry-run", ""))],
)  # fmt: skip
def test_only_the_selected_names_are_written(filled, store_home, options, names):
    """The others keep their values."""
    filled.done("copy", "staging", "production", "--yes", *options.split())
    assert held(store_home, "production") == {
        **THERE,
        **{name: HERE[name] for name in names.split()},
    }


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [("staging production", 2, "add --yes"),
     ("staging production --json", 2, "add --yes or --dry-run"),
     ("staging staging --yes", 2, "FROM and TO are the same environment"),
     ("staging", 2, "Missing argument 'TO'"),
     ("staging nowhere --yes", 3, "backend/nowhere: "),
     ("staging production --yes --to-project nowhere", 3, "nowhere/production: "),
     ("staging production --yes --to-project=", 125, "the project is empty")],
)  # fmt: skip
def test_a_refusal_writes_nothing(filled, store_home, words, status, said):
    """It is one of wrong usage, or names the environment."""
    ran = filled("copy", *words.split())
    assert (ran.returncode, held(store_home, "production")) == (status, THERE), ran
    assert said in ran.stderr.decode()


def test_another_project_gets_the_kinds_and_reports_the_other_kind(filled, store_home):
    """Before the write if the target sets the key, otherwise after it; each time with status 1."""
    store_home.project("payments", "production", "old")
    with Client(base_url=store_home.url) as client:
        client.set_entry("payments", "old", "DB_C", "1", is_secret=False)
        client.set_entry("payments", "production", "B", "1", is_secret=False)
    words = ("copy", "staging", "production", "--to-project", "payments")
    shown = filled(*words, "--dry-run")
    assert shown.returncode == 1
    assert b"B        differs  secret, but plain in payments\n" in shown.stdout
    for _ in range(2):
        ran = filled(*words, "--yes", "-q")
        assert ran.returncode == 1
        assert ran.stderr.decode() == (
            "clovrix-env: B, DB_C: secret in backend, but plain in payments, "
            "which cannot be changed\n"
        )
    assert held(store_home, "production", "payments") == HERE
    kinds = {**secrecy(store_home.path, "payments")}
    assert kinds == {"A": False, "B": False, "DB_C": False, "DB_SAME": True}


def test_the_document_has_names_and_no_values(filled):
    """``written`` counts, and each name has its state."""
    words = ("copy", "staging", "production", "--only", "?", "--json")
    for word, written in (("--dry-run", 0), ("--yes", 2)):
        kinds = {"secret": None, "target_secret": None}
        assert json.loads(filled.done(*words, word)) == {
            "version": 1,
            "from": {"project": "backend", "environment": "staging"},
            "to": {"project": "backend", "environment": "production"},
            "names": [
                {"name": "A", "state": "missing", **kinds, "selected": True},
                {"name": "B", "state": "differs", **kinds, "selected": True},
            ],
            "written": written,
        }


def test_a_broken_connection_names_how_much_was_written(at_store, store_home, loopback):
    """And that another run writes the others."""
    at_store.environ.update(CLOVRIX_API_URL=loopback.url, CLOVRIX_TOKEN=store_home.token)
    values = {f"KEY_{at:03}": "planted" for at in range(250)}
    for answer in ({"entries": values}, {"entries": {}}, {"written": 100}):
        loopback.fault("answer", times=1, body=json.dumps(answer).encode())
    loopback.fault("close")
    said = at_store("copy", "staging", "production", "--yes").stderr.decode()
    assert said.startswith(
        "clovrix-env: 100 of 250 written to backend/production; "
        "run the command again to write the others\n"
    )
    assert "planted" not in said
