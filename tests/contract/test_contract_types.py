"""Every type of ``[variables]``: the texts that it takes, what each is read as, what it refuses."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from clovrix_env import ClovrixConfigError, resolve_env
from clovrix_env.contract.value_types import TYPES

_LONG = "9" * 50_000
_URLS = (
    "https://example.com", "http://localhost:8000/path?x=1#y", "http://user@host", "s3://bucket",
    "postgres://user:p%40ss@db.internal:5432/app", "postgresql+asyncpg://db/app", "postgres:///app",
    "sqlite:///app.db", "file:///etc/hosts", "redis://:secret@redis:6379/0", "http://[::1]:8000/",
    "amqps://user:pass@broker/vhost", "mongodb://a:27017,b:27017,c/db?replicaSet=x",
    "http://[fe80::1%25eth0]/", "HTTPS://EXAMPLE.COM", "https://bücher.example/ü",
)  # fmt: skip
_PATHS = (
    *("/", "/var/lib/app", "app.db", "./x", "../x", "~/x", ".", "a b", "C:\\Data", "/tmp/ü"),
    *("-", "/a/b/", "a,b", "x" * 4096, "/dev/null"),
)
# Of each type: texts and what they are read as.
ACCEPTED = {
    "str": {
        text: text
        for text in (
            *("", " ", "x", "0", "true", "null", "a b", "ü", "€", "\n", "\t", "a\nb", "'", '"'),
            *("${A}", "\\", "x" * 100_000),
        )
    },
    "int": {
        text: int(text)
        for text in ("0", "1", "-1", "+1", "42", "007", "-0", "+0", "9" * 20, "-" + "9" * 20)
    },
    "float": {
        text: float(text)
        for text in (
            *("0", "1", "-1", "+1", "1.5", "-1.5", "1.", ".5", "+.5", "1e3", "1E3", "1.5e-3"),
            *("1e+3", "0.0", "-0", "1e308"),
        )
    },
    "bool": {
        **dict.fromkeys(
            ("1", "on", "t", "true", "y", "yes", "True", "TRUE", "ON", "T", "Y", "YES", "yEs"), True
        ),
        **dict.fromkeys(
            ("0", "off", "f", "false", "n", "no", "False", "FALSE", "OFF", "F", "N", "NO", "nO"),
            False,
        ),
    },
    "url": {text: urlsplit(text) for text in _URLS},
    "port": {text: int(text) for text in ("1", "80", "443", "1024", "5432", "8000", "65535")},
    "enum": {text: text for text in ("red", "green", "", "1.5", "true", "Red", "a b", "ü")},
    "json": {
        "{}": {}, "[]": [], '"x"': "x", "1": 1, "-1.5e3": -1500.0, "true": True, "false": False,
        "null": None, ' {"a" : 1} ': {"a": 1}, '["ü"]': ["ü"], '"\\u00e4"': "ä",
        "[\n1,\n2\n]": [1, 2], '{"": ""}': {"": ""}, "[[[]]]": [[[]]],
        '{"a": [1, 2.5, null, true]}': {"a": [1, 2.5, None, True]},
    },
    "duration": {
        text: timedelta(seconds=seconds)
        for text, seconds in {
            "0s": 0, "1s": 1, "90s": 90, "5m": 300, "1h": 3600, "1h30m": 5400, "007s": 7,
            "1h0m5s": 3605, "1h5s": 3605, "5m30s": 330, "100h": 360_000,
            "999999999s": 999_999_999, "999999999h": 999_999_999 * 3600,
        }.items()
    },
    "path": {text: Path(text) for text in _PATHS},
    "list": {"": [], " ": [], "a": ["a"], "a,b": ["a", "b"], " a , b\n": ["a", "b"], "a b": ["a b"],
             "a\n,\tb": ["a", "b"], '"a"': ['"a"'], "[a]": ["[a]"], "a;b": ["a;b"], "1": ["1"],
             ".example.com, localhost,[::1]": [".example.com", "localhost", "[::1]"]},
}  # fmt: skip
# Of each type: texts that it does not take.
REFUSED = {
    "str": (),
    "int": (
        *("", " ", "x", "1.5", "1.0", "1e3", "0x10", "1_000", "1,000", " 1", "1 ", "1\n", "--1"),
        *("+", "-", "१", "²", "true", "None", _LONG, "∞"),
    ),
    "float": (
        *("", " ", "x", ".", "e3", "1e", "1.5.5", "1,5", "1_0", " 1", "1 ", "1\n", "inf", "nan"),
        *("Infinity", "1e999", "0x1p3", "१", "+", "--1", _LONG + "x"),
    ),
    "bool": (
        *("", " ", "2", "-1", "tr", "yess", "oui", "enabled", "null", "None", " true", "true "),
        *("true\n", "1.0", "00", "on off"),
    ),
    "url": (
        *("", " ", "x", "example.com", "localhost:8000", "//example.com", "/path", "http:/x"),
        *("http:x", "http://", "https:///path", "http://a b", "http://a/b c", "http://a\n"),
        *("://a", "1http://a", "http://a:port", "http://a:99999", "http://[::1", "http://u@b@c:x"),
        *("http://[1.2.3.4]/", "http://[::1::2]/", "http://us er@host", "http://e℀mple.com/"),
        f"a://{'x' * 50_000}/{'y' * 50_000} ",
    ),
    "port": (*("", " ", "0", "-1", "+1", "080", "65536", "99999", "100000", "80.0", "http", " 80"),
             *("80 ", "80\n", "8_0", "१", "80/tcp", "tcp://10.0.0.1:80")),
    "enum": ("blue", "RED", " red", "red ", "red\n", "1.50", "TRUE", "A b", "ü ", "null", "gree"),
    "json": (
        *("", " ", "x", "{", "[1,]", "{a: 1}", "{'a': 1}", "NaN", "Infinity", "-Infinity", "01"),
        *("True", "None", '"a', '"\n"', "[1] [2]", "// x", "undefined", "[" * 100_000),
    ),
    "duration": (
        *("", " ", "1", "90", "s", "1d", "1w", "1.5h", "-1s", "+1s", "1 h", "1h 30m", "30m1h"),
        *("1s1s", "90S", "1H", "PT1H", "1ms", "90s\n", "१s", "9" * 10 + "s", _LONG + "s"),
    ),
    "path": (*("", " ", " /x", "/x ", "/x\n", "a\nb", "a\tb", "\x1b[0m", "http://x", "file:///x"),
             *("postgres://db/app", "\u200b", "a\u2028b", "a\x7fb", "\xa0x")),
    "list": (",", "a,", ",a", "a,,b", "a, ,b", ",,,"),
}  # fmt: skip
_FURTHER = {"enum": 'choices = ["red", "green", "", 1.5, true, "Red", "a b", "ü"]\n'}


def _read(project, kind, text):
    project.declare(f'[variables.V]\ntype = "{kind}"\n{_FURTHER.get(kind, "")}')
    return resolve_env(overrides={"V": text}).typed("V")


def _cases(table):
    return [
        pytest.param(kind, text, id=f"{kind}-{text[:20]!a}")
        for kind, texts in table.items()
        for text in texts
    ]


@pytest.mark.parametrize(("kind", "text"), _cases(ACCEPTED))
def test_form_is_read_as_its_value(project, kind, text):
    """``typed()`` gives the value, of the Python type that the table of types names."""
    value, expected = _read(project, kind, text), ACCEPTED[kind][text]
    assert (value, type(value)) == (expected, type(expected))
    named = TYPES[kind].python
    assert named.rpartition(".")[2] in (type(value).__name__, "Path", "the JSON value")


@pytest.mark.timeout(10)
@pytest.mark.parametrize(("kind", "text"), _cases(REFUSED))
def test_other_form_is_refused(project, kind, text):
    """At once, however long it is, and without being shown."""
    with pytest.raises(ClovrixConfigError) as caught:
        _read(project, kind, text)
    [problem] = caught.value.problems
    what = {"enum": "V is not one of its choices", "list": "V item "}.get(kind, "V is ")
    assert problem.startswith(what)
    assert kind in ("enum", "list") or f" valid {kind}" in problem
    assert len(text) < 8 or text not in str(caught.value)


@pytest.mark.parametrize("kind", [kind for kind in ACCEPTED if kind not in ("json", "list")])
def test_list_has_items_of_its_type(project, kind):
    """Each is trimmed, then read and refused as a value of that type is."""
    further = f'item = "{kind}"\n{_FURTHER.get(kind, "")}'.replace('"", ', "")

    def read(texts):
        project.declare(f'[variables.V]\ntype = "list"\n{further}')
        return resolve_env(overrides={"V": " ,\t".join(texts)}).typed("V")

    table = ACCEPTED[kind]
    fitting = [text for text in table if text and text == text.strip() and "," not in text]
    assert read(fitting) == [table[text] for text in fitting]
    for text in REFUSED[kind]:
        if text and text == text.strip() and "," not in text and len(text) < 1000:
            with pytest.raises(ClovrixConfigError, match=r"^V item 2 is not "):
                read([fitting[0], text, text])


@pytest.mark.parametrize(
    ("declared", "text", "told"),
    [('item = "port"\nmin = 1024', "8000, 80, 22", "V item 2 is below its minimum"),
     ('item = "duration"\nmax = "1m"', "1m,1h", "V item 2 is above its maximum"),
     ('pattern = "[a-z]+"', "a,b,c1", "V item 3 does not match its pattern"),
     ('choices = ["a", "b"]', "b,c", "V item 2 is not one of its choices"),
     ("required = true", " ", "V is required and empty"),
     ('item = "int"', "1,,x", "V item 2 is empty (overrides=); expected a list separated by"),
     ('item = "int"\ndefault = "1,x"', "", "variables.V.default item 2 is not a valid int"),
     ('item = "int"\nexample = [1, "x"]', "", "variables.V.example item 2 is not a valid int"),
     ('default = ["a,b"]', "", "variables.V.default contains a value that an item cannot have"),
     ('choices = [" a"]', "", "variables.V.choices contains a value that an item cannot have"),
     ("min = 1", "", "variables.V.min does not apply to the type str"),
     ('item = "list"', "", "variables.V.item must be one of str, int"),
     ('item = "enum"', "", "variables.V.item is enum, which needs choices")],
)  # fmt: skip
def test_rules_of_a_list_apply_to_each_item(project, declared, text, told):
    """The first item that does not fit is named by its position."""
    project.declare(f'[variables.V]\ntype = "list"\n{declared}\n')
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env(overrides={"V": text})
    [problem] = caught.value.problems
    assert told in problem


def test_list_is_declared_as_a_list(project):
    """A default may be a list too; the program gets it separated by commas."""
    project.declare('[variables]\nV = {type = "list", item = "int", default = [1, 2]}\n')
    environment = resolve_env()
    assert (environment["V"], environment.typed("V")) == ("1,2", [1, 2])


def test_every_type_is_tried():
    """At least 15 forms each."""
    assert set(ACCEPTED) == set(REFUSED) == set(TYPES)
    assert all(len(ACCEPTED[kind]) + len(REFUSED[kind]) >= 15 for kind in TYPES)
