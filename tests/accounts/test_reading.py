"""``get``, ``list`` and ``whoami``: what is shown, and never a value or a token unasked."""

import json

import pytest

_VALUE = "two\nlines \x1b[31m ü\t'\"\\${X}  "


def test_one_value(writer, clovrix):
    """To the letter and a newline, which ``-n`` leaves out; as JSON with its secrecy."""
    clovrix.set_entry("backend", "staging", "A", _VALUE, True)
    assert writer.runs("get", "A").well().content == f"{_VALUE}\n".encode()
    assert writer.runs("get", "A", "-n").well().content == _VALUE.encode()
    document = json.loads(writer.runs("get", "A", "--json").well().out)
    assert document == {"version": 1, "key": "A", "value": _VALUE, "is_secret": True}


def test_options_name_the_place(writer, clovrix, store_home):
    """Above ``.clovrix``; an extended project does not count."""
    store_home.project("other", "production")
    clovrix.set_entry("other", "production", "A", "there")
    writer.environ["CLOVRIX_TOKEN"] = store_home.make_token("backend", "other")
    assert writer.runs("get", "A", "-p", "other", "-e", "production").well().out == "there\n"
    writer.declares('extends = ["other"]\n', environment="production")
    assert writer.runs("get", "A").status == 3


def test_what_is_missing_is_named(writer):
    """The key with its place, then the token, then the project; each with its remedy."""
    ran = writer.runs("get", "MISSING")
    first, second = ran.err.splitlines()
    assert first.startswith("clovrix-env: backend/staging: ")
    assert ("MISSING" in first, "clovrix-env list" in second, ran.status) == (True, True, 3)
    del writer.environ["CLOVRIX_TOKEN"]
    ran = writer.runs("get", "A")
    assert ("run clovrix-env login" in ran.err, ran.status) == (True, 125)
    (writer.folder / ".clovrix").unlink()
    ran = writer.runs("get", "A")
    assert "name a project with -p, CLOVRIX_PROJECT or in .clovrix" in ran.err
    assert ran.status == 125


def test_a_value_commands_no_terminal(writer, clovrix, terminal):
    """There what is not to be printed is an escape."""
    clovrix.set_entry("backend", "staging", "A", "red\x1b[31m\nsecond")
    terminal.type("stty -echo")
    terminal.line(*writer.command("get", "A"))
    assert "red\\x1b[31m\nsecond\n" in terminal.see(r"(?s)(.*second\n)")[1]


_CONTRACT = """
[variables.DECLARED_PLAIN]
secret = false
[variables.DECLARED]
required = true
[variables.OTHERWISE]
secret = false
"""


@pytest.fixture
def names(writer, clovrix):
    """Two entries that nobody declared, one that was made otherwise, two that are not set."""
    clovrix.set_entry("backend", "staging", "API_KEY", "hunter2", True)
    clovrix.set_entry("backend", "staging", "NOTHING", "", False)
    clovrix.set_entry("backend", "staging", "OTHERWISE", "a\nb", True)
    writer.declares(_CONTRACT)
    return writer


def rows(text):
    return [" ".join(line.split()) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("options", "kinds", "requests", "note"),
    [
        ([], ["", "", " declared plain"], 1, "add --long to fetch whether each name is secret"),
        (["--long"], [" secret", " plain", " secret, declared plain"], 4, ""),
        (["-q"], ["", "", " declared plain"], 1, ""),
    ],
)
def test_names_and_states(names, loopback, options, kinds, requests, note):
    """In one request, or in one more for each name that is set; no value is shown."""
    ran = names.runs("list", *options).well()
    assert rows(ran.out) == [
        "NAME STATE KIND",
        f"API_KEY set{kinds[0]}",
        "DECLARED not set, required declared secret",
        "DECLARED_PLAIN not set declared plain",
        f"NOTHING empty{kinds[1]}",
        f"OTHERWISE set{kinds[2]}",
    ]
    assert "hunter2" not in ran.out + ran.err
    assert note in ran.err if note else ran.err == ""
    assert len(loopback.requests) == requests


def test_reveal_shows_values(names):
    """A line each, where what would break it is an escape; as JSON to the letter."""
    out = rows(names.runs("list", "--reveal").well().out)
    assert out[0] == "NAME STATE KIND VALUE"
    assert "API_KEY set hunter2" in out
    assert "OTHERWISE set declared plain a\\nb" in out
    document = json.loads(names.runs("list", "--json").well().out)
    first, *_ = document.pop("names")
    assert document == {"version": 1, "project": "backend", "environment": "staging"}
    unknown = {"secret": None, "declared_secret": None, "required": False}
    assert first == {"name": "API_KEY", "state": "set", **unknown}
    revealed = json.loads(names.runs("list", "--json", "--long", "--reveal").well().out)["names"]
    assert [(n["name"], n["value"], n["secret"]) for n in revealed] == [
        *(("API_KEY", "hunter2", True), ("DECLARED", None, None), ("DECLARED_PLAIN", None, None)),
        *(("NOTHING", "", False), ("OTHERWISE", "a\nb", True)),
    ]


def test_several_environments_are_compared(names, clovrix, loopback, store_home):
    """With the first one that has a value; never a value, and one request for each."""
    store_home.project("backend", "last")
    for environment, key, value in (
        ("production", "API_KEY", "hunter2"),
        ("production", "OTHERWISE", "hunter3"),
        ("last", "NOTHING", "hunter4"),
        ("last", "DECLARED", "hunter5"),
    ):
        clovrix.set_entry("backend", environment, key, value)
    several = ("list", "-e", "staging", "-e", "production", "-e", "last", "-e", "staging")
    ran = names.runs(*several).well()
    assert ran.out.splitlines() == [
        "NAME            staging            production         last",
        "API_KEY         set                same as staging    not set",
        "DECLARED        not set, required  not set, required  set",
        "DECLARED_PLAIN  not set            not set            not set",
        "NOTHING         empty              not set            set",
        "OTHERWISE       set                differs            not set",
    ]
    assert len(loopback.requests) == 3
    assert "API_KEY set same as staging not set secret" in rows(names.runs(*several, "-l").out)
    document = json.loads(names.runs(*several, "--json").well().out)
    assert document["environments"] == ["staging", "production", "last"]
    first, differs, other = document["names"][4]["environments"]
    alone = {"state": "set", "required": False, "compared_to": None, "same": None}
    assert first == {"environment": "staging", **alone}
    assert (differs["compared_to"], differs["same"]) == ("staging", False)
    assert (other["state"], other["compared_to"], other["same"]) == ("not set", None, None)
    assert "hunter" not in ran.out + json.dumps(document)
    refused = names.runs(*several, "--reveal")
    assert (refused.status, refused.out) == (2, "")


def test_nothing_is_said(writer):
    """On stderr; stdout stays empty. A project file that cannot be used is told alone."""
    ran = writer.runs("list").well()
    said = "clovrix-env: backend/staging has no entries, and .clovrix declares none\n"
    assert (ran.out, ran.err) == ("", said)
    writer.write(".clovrix", "project = [")
    told = writer.runs("list").err.splitlines()
    assert [line for line in told if "not valid TOML" not in line] == []


def test_a_failure_of_one_is_raised(names, loopback):
    """No table with holes."""
    loopback.fault("answer", status=200, body=b'{"entries": {"A": "1", "B": "2"}}', times=1)
    loopback.fault("answer", status=403, body=b'{"error": "not this one"}')
    ran = names.runs("list", "--long")
    assert (ran.status, ran.out) == (4, "")
    assert "not this one" in ran.err


def about(person, status=0, **env):
    """The document of ``whoami --json``, without its version."""
    ran = person.runs("whoami", "--json", env=env)
    assert (ran.status, ran.err) == (status, "")
    document = json.loads(ran.out)
    assert document.pop("version") == 1
    assert "icr_" not in ran.out
    return document


def test_nobody(newcomer):
    """Status 1, and the default address."""
    address = {"address": "https://app.clovrix.com", "address_source": "default"}
    none = {"token_source": None, "only_reads": False, "token_is_ignored": False}
    assert about(newcomer, 1) == {**address, **none, "is_store": False}
    ran = newcomer.runs("whoami")
    assert "the default" in ran.out
    assert ran.out.endswith(" none\n")
    assert "run clovrix-env login" in ran.err


def test_each_source_is_named(person, store_home, loopback, clovrix):
    """The highest one counts, a token of a file only reads, and nobody is asked."""
    clovrix.set_entry("backend", "staging", "A", "1")
    person.write(".env", f"CLOVRIX_TOKEN={store_home.token}\n")
    assert person.runs("get", "A").well().out == "1\n"
    told = about(person)
    assert (told["address"], told["address_source"]) == (loopback.url, "CLOVRIX_API_URL")
    assert (told["token_source"], told["only_reads"]) == (".env:1", True)
    assert ".env:1 (to read only)" in " ".join(person.runs("whoami").well().out.split())
    person.logs_in(store_home.token)
    loopback.forget()
    told = about(person)
    assert (told["token_source"], told["only_reads"]) == (str(person.tokens), False)
    assert about(person, CLOVRIX_TOKEN="icr_variable")["token_source"] == "CLOVRIX_TOKEN"
    assert loopback.requests == []


@pytest.mark.parametrize("place", ["CLOVRIX_TOKEN", ".env:1"])
def test_a_token_that_an_embedded_store_ignores_is_mentioned(newcomer, store_home, place):
    """By ``whoami``, ``doctor`` and ``-v``, wherever it comes from; the owner reads and writes."""
    foreign = "icr_" + "Zz9" * 19
    newcomer.environ["CLOVRIX_API_URL"] = store_home.url
    assert "not needed" in " ".join(newcomer.runs("whoami").well().out.split())
    if place == "CLOVRIX_TOKEN":
        newcomer.environ[place] = foreign
    else:
        newcomer.write(".env", f"CLOVRIX_TOKEN={foreign}\n")
    newcomer.runs("set", "A", "--stdin", typed="1").well()
    told = about(newcomer)
    assert (told["address"], told["is_store"]) == (store_home.url, True)
    assert (told["token_source"], told["token_is_ignored"]) == (place, True)
    for words in (["whoami"], ["doctor"], ["run", "-v", "--", "printenv", "A"]):
        ran = newcomer.runs(*words).well()
        said = " ".join((ran.out + ran.err).split())
        assert "is ignored: it is not one of this store's" in said
        assert place in said
    assert ran.out == "1\n"


def test_a_token_that_the_store_knows_is_not_ignored(newcomer, store_home):
    """In a file it reads; where the store cannot be opened nobody knows."""
    newcomer.environ["CLOVRIX_API_URL"] = store_home.url
    newcomer.write(".env", f"CLOVRIX_TOKEN={store_home.token}\n")
    assert about(newcomer)["token_is_ignored"] is False
    ran = newcomer.runs("set", "A", "--stdin", typed="1")
    assert ran.status == 125
    assert "or remove that line: the owner of the store needs no token" in ran.err
    newcomer.environ["CLOVRIX_API_URL"] = "file:gone.db"
    assert about(newcomer)["token_is_ignored"] is None


@pytest.mark.quick
def test_what_is_wrong_is_told(person):
    """As a start would tell it: status 125, and no value."""
    ran = person.runs("whoami", env={"CLOVRIX_TOKEN": "icr_hunter2\n"})
    assert ran.status == 125
    assert "CLOVRIX_TOKEN begins or ends with white space" in ran.err
    assert "hunter2" not in ran.err
