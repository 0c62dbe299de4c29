"""``.clovrix`` is checked whole: every problem at once, with its line and what was meant."""

import re

import pytest

from clovrix_env import resolve_env


def test_each_field_of_a_variable_is_known(project):
    """The example of its page, which is run there, has the other keys."""
    project.declare(
        'variables.A = {type = "int", default = 5, min = 1, max = 10, from_file = false}\n'
        'variables.B = {required_in = ["x"], secret = true, description = "d", example = "e"}\n'
        'variables.C = {default = "c", choices = ["c"], pattern = "c", required = true}\n'
    )
    assert dict(resolve_env()) == {"A": "5", "C": "c"}


def test_defaults_become_text_as_a_program_reads_it(project):
    """A boolean is ``true`` or ``false``; numbers are as they were written."""
    defaults = ["true", "false", "1.5", '""', "-3", '"${A}"']
    declared = [f"V{number} = {{default = {text}}}" for number, text in enumerate(defaults)]
    project.declare("\n".join(["[variables]", *declared]))
    assert list(resolve_env().values()) == [text.strip('"') for text in defaults]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[file]", "1: file is not known; did you mean files?"),
        ("[[variables]]", "1: variables must be a table"),
        ('"a.b" = 1', "1: a.b is not known; known here: project, "),
        (
            "# \u2028\nxyzzy = 1",
            "2: xyzzy is not known; known here: project, default_environment, ",
        ),
        ("select.onyl = []", "1: select.onyl is not known; did you mean only?"),
        ("files = {nams = []}", "1: files.nams is not known; did you mean names?"),
        *(
            (f"[{table}]\n{wrong} = []", f"2: {table}.{wrong} is not known; did you mean {right}?")
            for table, wrong, right in (
                *(("files", "name", "names"), ("select", "except", "exclude")),
                *(("guard", "allowed", "allow"), ("cache", "maxage", "max_age")),
                ("variables.A", "require", "required"),
            )
        ),
    ],
)
def test_unknown_key_is_told_with_line_and_nearest(project, refused, text, problem):
    """A misspelt key is never silently without effect."""
    project.declare(text + "\n")
    [told] = refused()
    assert told.startswith(f".clovrix:{problem}")


@pytest.mark.parametrize(
    "text",
    [*('token = "icr_hunter2"', 'api_url = "https://hunter2.example"', 'base_url = "hunter2"'),
     *('host = "hunter2.example"', 'https_proxy = "http://hunter2.example"', "tls = {}"),
     *('ssl_cert_file = "hunter2.pem"', 'ca_bundle = "hunter2.pem"', "verify = false"),
     *('cache.token_file = "hunter2"', 'files.API-URL = "hunter2"'),
     'variables.A.proxy = "hunter2"'],
)  # fmt: skip
def test_project_does_not_decide_where_the_token_goes(project, refused, text):
    """Token, address, proxy and TLS options in it are errors that say why, without the value."""
    project.declare(text + "\n")
    [told] = refused()
    assert "the project must not decide where the token goes" in told
    assert "hunter2" not in told


_WRONG = {
    "must be a non-empty string": [
        *("project = 1", 'project = ""', 'project = ["a"]', "default_environment = true")
    ],
    "must be a list of non-empty strings": [
        *('extends = "shared"', "extends = [1]", 'extends = [""]', 'files.names = ".env"'),
        *("files.ignored_in = true", 'select.only = "DB_*"', "select.exclude = [1]"),
        *('guard.allow = "PATH"', 'variables.A.required_in = "x"'),
    ],
    "must be a table": [
        *("files = 1", "select = []", 'guard = "PATH"', "cache = true", "variables = []"),
        "variables.A = 1",
    ],
    "must be a string": [
        f"variables.A.{field} = 1" for field in ("type", "description", "pattern")
    ],
    "must be a boolean": [
        *('variables.A.required = "yes"', "variables.A.secret = 1", 'variables.A.from_file = "/"')
    ],
    "must be a string, number or boolean": ["variables.A.default = 1979-05-27"],
    "must be a list only for the type list": ["variables.A.example = []"],
    "must be a number or duration": ['variables.A.min = "low"', "variables.A.max = true"],
    "must be a non-empty list": ["variables.A.choices = []"],
    "must be one of str, int": ['variables.A.type = "number"'],
    "is enum, which needs choices": ['variables.A.type = "enum"'],
    "is above max": [
        'variables.A.min = 5\nvariables.A.max = 1\nvariables.A.type = "int"',
        'variables.A.min = "1h"\nvariables.A.max = "5m"\nvariables.A.type = "duration"',
    ],
    "is not a valid variable name": ["variables.A-B = {}"],
    "is not a valid regular expression": ['variables.A.pattern = "("'],
    "contains a NUL character": ['variables.A.default = "a\\u0000b"'],
    "is out of range": [f"variables.A.default = 0x{'f' * 5000}"],
}


@pytest.mark.parametrize(
    ("text", "problem"), [(text, problem) for problem, texts in _WRONG.items() for text in texts]
)
def test_wrong_type_is_told(project, refused, text, problem):
    """Each field of each section says what it has to be."""
    project.declare(f"\n{text}\n")
    [told] = refused()
    assert told.startswith(f".clovrix:2: {text.split(maxsplit=1)[0]} {problem}")


@pytest.mark.parametrize(
    "duration",
    ["30", '"30"', '"1d"', '"-1s"', '"1.5s"', '"30m1h"', '""', '" 1s"', '"१s"', f'"{"9" * 5000}s"'],
)
def test_bad_duration_is_told(project, refused, duration):
    """``90s``, ``5m`` or ``1h30m``, and nothing else."""
    project.declare(f"[cache]\nmax_age = {duration}\nstale_if_error = {duration}\n")
    assert refused() == [
        f".clovrix:{line}: {key} must be a duration such as 90s, 5m, 1h30m or 24h (not 1d)"
        for line, key in ((2, "cache.max_age"), (3, "cache.stale_if_error"))
    ]


@pytest.mark.parametrize(
    "name",
    [*("../.env", "/etc/passwd", "a/b", "a\\\\b", "..", ".", "a\\u0000b"),
     *(".env.{env}", ".env.{env}.local", "{", ".env.{environment")],
)  # fmt: skip
def test_names_of_files_are_plain(project, refused, name):
    """They lie in the folder of ``.clovrix``, and the only placeholder is ``{environment}``."""
    project.declare(f'[files]\nnames = ["{name}"]\n')
    [told] = refused()
    assert told.startswith(".clovrix:2: files.names contains '")


@pytest.mark.parametrize(
    "text",
    [*("project", "default_environment = 'x", "a = 1\na = 2", "a = " + "[" * 100_000),
     *(f"a = {'9' * 5000}", "[a]\n[a]")],
)  # fmt: skip
def test_what_is_no_toml_is_told(project, refused, monkeypatch, text):
    """And the environment that it may have named is not reported missing."""
    monkeypatch.setenv("CLOVRIX_PROJECT", "backend")
    project.declare(text)
    [told] = refused(remote=False)
    assert re.match(r"\.clovrix(:\d+:\d+)?: not valid TOML: ", told)


def test_nothing_in_it_is_expanded(project, refused, monkeypatch):
    """A variable in a name would carry what the process knows to whoever reads names."""
    monkeypatch.setenv("SECRET", "hunter2")
    project.declare(
        'project = "${SECRET}"\ndefault_environment = "$SECRET"\n'
        '[files]\nnames = ["$SECRET.env", "~x"]\n'
    )
    project.write("$SECRET.env", "A=1\n")
    project.write("hunter2.env", "A=2\n")
    assert dict(resolve_env(remote=False)) == {"A": "1"}
    assert "hunter2" not in str(refused())


def test_every_problem_of_every_place_is_told_at_once(project, refused, monkeypatch):
    """Settings, project file, the user's own configuration, files: one error with all of it."""
    monkeypatch.setenv("CLOVRIX_REMOTE", "no")
    monkeypatch.setenv("CLOVRIX_CACHE", "for a while")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(project.folder))
    project.write("clovrix-env/config.toml", "api_url = 1\nallow = 2\ntoken = 3\n")
    project.declare('projekt = "x"\nextends = [1]\n[files]\nnames = ["a.env", "b/c"]\n')
    project.write("a.env", "A=${\nLD_PRELOAD=x\nCLOVRIX_PROJECT=x\n")
    told = "\n".join(refused(project="..", timeout=-1))
    for problem in (
        *("CLOVRIX_REMOTE must be off or unset", "CLOVRIX_CACHE is not valid"),
        *("config.toml: token is not known", "config.toml: api_url must be a string"),
        *("config.toml: allow must be a list of strings", ".clovrix:1: projekt is not known"),
        ".clovrix:2: extends must be a list of non-empty strings",
        *(".clovrix:4: files.names contains 'b/c'", "the project cannot be '..'"),
        *("project .. needs an environment", "timeout must be a number of seconds"),
        "a.env:1: A: a ${ is not followed by a name",
        "a.env:2: LD_PRELOAD is refused: it makes programs load a library",
        "a.env:3: CLOVRIX_PROJECT cannot be set in a file",
    ):
        assert problem in told, (problem, told)
