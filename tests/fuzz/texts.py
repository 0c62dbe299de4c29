"""What hostile texts are made of: of each kind the words that mean something to its reader."""

import json

from hypothesis import strategies as st

# What breaks readers of any kind: marks, ends of lines, NULs, surrogates, deep and long things.
_ANY = (
    "", " ", "\t", "\n", "\r\n", "\r", "\0", "\ufeff", "\u2028", "\x85", "\x0c", "\x1b[2J",
    "\u202e", "é", "１", "²", "\U0001f600", "'", '"', "\\", "#", "=", ":", ",", "-", "9" * 20,
    "9" * 5000, "(" * 300, "[" * 90, "{" * 90, "a." * 200, "x" * 3000, "%", "$", "*", "&", "!", "|",
    ">",
)  # fmt: skip
WORDS = {
    "project_file": (
        "project", "default_environment", "extends", "files", "names", "ignored_in", "select",
        "only", "exclude", "guard", "allow", "cache", "max_age", "stale_if_error", "variables",
        "type", "required", "required_in", "secret", "description", "example", "default", "choices",
        "pattern", "min", "max", "from_file", "[variables.A]\n", "[variables.B]\n",
        "[[variables.A]]\n", "[select]\n", "[cache]\n", "[files]\n", "[guard]\n", " = ", "true",
        "1e400", "nan", "inf", "-0", "0x10", "1979-05-27", "07:32:00", '"30s"', '"24h"', "'''",
        '"""', "[", "]", "{", "}", '"(a"', '"[a-z]+"', '"a*"', '"int"', '"float"', '"url"',
        '"port"', '"enum"', '"json"', '"duration"', '"path"', '"bool"', "[1, 2]", '["A*"]',
        'type = "int"\n', 'type = "duration"\n', 'min = "5m"\n', "min = 1\n", 'default = "1"\n',
        'pattern = "(?P<a>x)(?P=a)*"\n', 'choices = ["1", 1, true]\n',
        "default = 99999999999999999999\n", "\\u0000", "\\uD800", "{environment}", "..", "/",
    ),
    "dotenv": (
        "A", "B", "A=", "B=", "A=${B}\n", "B=${A}\n", "A=${A}\n", "${A", "${A:-", "${A:?x}", "${A+",
        "}", "export ", "export A=1\n", "A='x'\n", 'A="x"\n', 'A="', "A='", "\\n", "\\$", "\\${",
        "$$", "$A", "\\x", "CLOVRIX_TOKEN=x\n", "LD_PRELOAD=x\n", "# c\n", "A\n", "A =", "é=1\n",
        "C:\\temp", "\\\\srv\\t", "-----BEGIN X-----\n", "${", "${}", "${1}", "${A:-${B:-${A}}}",
    ),
    "yaml": (
        "A: ", "B: ", "- ", "? ", "&a ", "*a", "<<: ", "!!python/object/apply:os.system ", "!!int ",
        "!!binary ", "---\n", "...\n", "%YAML 1.2\n", "%TAG ! x\n", "| \n", ">-\n", "{", "}", "[",
        "]", "{A: 1}", "null", "~", "\\U00110000", '"\\uD800"', "'", "\n  ", "\n ", "A: 1\n",
        "B: x\n",
    ),
    "json": (
        "{", "}", "[", "]", '"A"', '"A": ', '"B": ', "1", "1e999", "-", "NaN", "Infinity", "null",
        "true", '{"A": "1"}', '{"A": {"B": 1}}', '"\\ud800"', '"\\u0000"', "//", '{"": 1, "": 2}',
    ),
    "marker": (
        "1:", "0:", "2:", "1:{", "}", '"names":', '{"names":["A"]}', '"places":[["file",".env"]]',
        '{"A":[0,1,"x"]}', '{"A":[9,1,"x"]}', '{"A":[-1,1e400,"x"]}',
        '"files":[["/\\u0000",1,2,3]]', '"files":[["a",1e400,2,3]]', '"address":null',
        '"project":1', '"\\ud800"', "[", "]", "null",
    ),
    "address": (
        "https://", "http://", "file:", "FILE:", "HTTPS:", "file://", "localhost", "127.0.0.1",
        "127.0.0.08", "0x7f.1", "[::1]", "[", "]", ":443", ":0", ":99999", "@", "user:x@", "/",
        "/api/public/v1", "?", "a.b", "..", "~", "~/x", "xn--a", "_", "%2e", "2130706433",
    ),
    "token": ("icr_", "a", "0", "_", "Bearer "),
    "python": (
        "import os\n", "from os import environ as e\n", "os.environ[", "'A']", "os.getenv('A')\n",
        "def f():\n", " return ", "class C(BaseSettings):\n", "  a: str\n", "try:\n",
        "except KeyError:\n", "lambda: ", "f'{", "}'", "match x:\n", "# coding: utf-7\n",
        "# coding: rot13\n", "-" * 500, "x\n", "not " * 500, "a if b else " * 300,
    ),
    "answer": (
        "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200\r\n", "HTTP/1.1 401 X\r\n", "HTTP/1.1 503 X\r\n",
        "HTTP/1.1 302 X\r\n", "HTTP/1.1 100 X\r\n\r\n", "HTTP/1.1 999 X\r\n", "HTTP/1.1 -1 X\r\n",
        "HTTP/9.9 200 X\r\n", "HTTP/1.0 200 X\r\n", "Content-Length: 2\r\n",
        "Content-Length: -1\r\n", "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n", "0\r\n\r\n", "ffffffffffffffffffff\r\n",
        "zz\r\n", "Content-Encoding: gzip\r\n", "Retry-After: 1e999\r\n",
        "Retry-After: " + "9" * 400 + "\r\n", "Date: x\r\n", "Location: file:///etc/passwd\r\n",
        "A: " + "b" * 70_000 + "\r\n", "A: b\r\n" * 150, "Connection: close\r\n", "\r\n",
        '{"entries": {"A": "1"}}', '{"entries": {"A": 1}}', '{"entries": []}', '{"entries": null}',
        '{"error": "x"}', '{"error": {"a": []}}', '{"billing_status": 1}',
        '{"entries": {"\\ud800": "\\ud800"}}', "{", "}",
    ),
}  # fmt: skip
# How words of a kind are a statement that its reader takes for one.
_STATEMENTS = {
    "project_file": "{} = {}\n",
    "dotenv": "A={}{}\n",
    "yaml": "{}: {}\n",
    "json": '{{"A": {}, {}: 1}}',
    "answer": "HTTP/1.1 200 OK\r\n{}\r\n{}",
}
_FIELDS = st.sampled_from(
    (None, True, 0, -1, 2**70, 1e308, "", "a", "\0", "\ud800", [], [[]], {}, {"A": [0, 1, "x"]})
)
_OF_MARKERS = (
    *("address", "address_from_file", "project", "environment", "only", "exclude", "root", "said"),
    *("root_is_named", "files_named", "override", "local", "allow", "remote", "offline"),
)
_USUAL = {"only": [], "exclude": [], "allow": [], "root": "/", "said": "", "remote": True}
_MARKERS = st.fixed_dictionaries(
    {
        **{name: st.one_of(st.just(_USUAL.get(name, False)), _FIELDS) for name in _OF_MARKERS},
        "files": st.lists(st.lists(_FIELDS, min_size=4, max_size=4), max_size=2),
        "places": st.lists(st.lists(_FIELDS, min_size=2, max_size=2), max_size=2),
        "names": st.dictionaries(st.text(max_size=2), st.lists(_FIELDS, max_size=3), max_size=2),
    }
).map(lambda document: "1:" + json.dumps(document))


def contents(kind):
    """Texts of a kind: mostly its words and statements in any order, some of any bytes."""
    words = st.one_of(
        st.sampled_from(WORDS[kind]),
        st.sampled_from(WORDS[kind]),
        st.sampled_from(_ANY),
        st.text(max_size=5),
    )
    statement = _STATEMENTS.get(kind, "{}{}")
    pieces = st.one_of(words, st.builds(statement.format, words, words))
    texts = st.lists(pieces, max_size=25).map("".join)
    if kind == "marker":
        texts = st.one_of(texts, _MARKERS)
    return st.one_of(
        *[texts.map(lambda text: text.encode("utf-8", "surrogatepass"))] * 3,
        st.binary(max_size=60),
        texts.map(lambda text: text.encode("utf-16", "surrogatepass")),
    )
