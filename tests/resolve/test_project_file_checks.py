"""``.clovrix`` is checked whole: every problem at once, with its line and what was meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from clovrix_env import resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolve.surroundings import Project

    Refused = Callable[..., list[str]]


def test_everything_that_it_may_say(project: Project) -> None:
    """The example of the documentation is accepted."""
    project.declare(
        """\
# a comment
default_environment = "development"
extends = ["shared"]

[files]
names = [".env", ".env.{environment}"]
ignored_in = ["production", "prod"]

[select]
only = ["DB_*", "DATABASE_*"]
exclude = ["LEGACY_*"]

[guard]
allow = ["NODE_OPTIONS"]

[cache]
max_age = "30s"
stale_if_error = "1h30m"

[variables.DATABASE_URL]
type = "url"
required = true
required_in = ["production"]
secret = true
description = "Primary database"
example = "postgres://localhost/app"
default = "postgres://localhost/app"
choices = ["postgres://localhost/app"]
pattern = "postgres:.*"

[variables.DB_POOL]
type = "int"
default = 5
min = 1
max = 10
from_file = false
"""
    )
    assert dict(resolve_env()) == {"DATABASE_URL": "postgres://localhost/app", "DB_POOL": "5"}


def test_defaults_become_text_as_a_program_reads_it(project: Project) -> None:
    """A boolean is ``true`` or ``false``; numbers are as they were written."""
    project.declare(
        "[variables]\nA = {default = true}\nB = {default = false}\n"
        'C = {default = 1.5}\nD = {default = ""}\nE = {default = -3}\nF = {default = "${A}"}\n'
    )
    assert dict(resolve_env()) == {
        "A": "true",
        "B": "false",
        "C": "1.5",
        "D": "",
        "E": "-3",
        "F": "${A}",
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('\nprojekt = "backend"', ":2: projekt is not known; did you mean project?"),
        (
            'default_enviroment = "x"',
            ":1: default_enviroment is not known; did you mean default_environment?",
        ),
        ('[files]\n\nname = ["x"]', ":3: files.name is not known; did you mean names?"),
        ("[file]", ":1: file is not known; did you mean files?"),
        ("[select]\nexcept = []", ":2: select.except is not known; did you mean exclude?"),
        ("[guard]\nallowed = []", ":2: guard.allowed is not known; did you mean allow?"),
        ('[cache]\nmaxage = "1s"', ":2: cache.maxage is not known; did you mean max_age?"),
        (
            "[variables.A]\n\nrequire = true",
            ":3: variables.A.require is not known; did you mean required?",
        ),
        ("select.onyl = []", ":1: select.onyl is not known; did you mean only?"),
        ("files = {nams = []}", ":1: files.nams is not known; did you mean names?"),
        ('"a.b" = 1', ":1: a.b is not known; known here: project, "),
        ("xyzzy = 1", ":1: xyzzy is not known; known here: project, default_environment, "),
        ("# \u2028\nxyzzy = 1", ":2: xyzzy is not known; "),
        ("[[variables]]", ":1: variables must be a table"),
    ],
)
def test_unknown_key_is_told_with_line_and_nearest(
    project: Project, refused: Refused, text: str, problem: str
) -> None:
    """A misspelt key is never silently without effect."""
    project.declare(text + "\n")
    [told] = refused()
    assert told.startswith(f".clovrix{problem}")


@pytest.mark.parametrize(
    "text",
    [
        'token = "icr_hunter2"',
        'api_url = "https://hunter2.example"',
        'base_url = "https://hunter2.example"',
        'host = "hunter2.example"',
        'https_proxy = "http://hunter2.example"',
        "tls = {}",
        'ssl_cert_file = "hunter2.pem"',
        'ca_bundle = "hunter2.pem"',
        "verify = false",
        '[cache]\ntoken_file = "hunter2"',
        '[files]\nAPI-URL = "hunter2"',
        '[variables.A]\nproxy = "hunter2"',
    ],
)
def test_project_does_not_decide_where_the_token_goes(
    project: Project, refused: Refused, text: str
) -> None:
    """Token, address, proxy and TLS options in it are errors that say why, without the value."""
    project.declare(text + "\n")
    [told] = refused()
    assert "the project must not decide where the token goes" in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    "name", ["CLOVRIX_TOKEN", "CLOVRIX_API_URL", "CLOVRIX_ALLOW_HTTP", "__CLOVRIX_ENV"]
)
@pytest.mark.parametrize("fields", ['default = "hunter2"', "required = true"])
def test_variables_of_ours_cannot_be_declared(
    project: Project, refused: Refused, monkeypatch: pytest.MonkeyPatch, name: str, fields: str
) -> None:
    """A default would be an address by another way, and a token is no variable of the program."""
    monkeypatch.setenv("CLOVRIX_TOKEN", "icr_hunter2")
    project.declare(f"[variables.{name}]\n{fields}\n")
    assert refused() == [f".clovrix:1: variables.{name} is reserved for clovrix-env"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("project = 1", "project must be a non-empty string"),
        ('project = ""', "project must be a non-empty string"),
        ('project = ["a"]', "project must be a non-empty string"),
        ("default_environment = true", "default_environment must be a non-empty string"),
        ('extends = "shared"', "extends must be a list of non-empty strings"),
        ("extends = [1]", "extends must be a list of non-empty strings"),
        ('extends = [""]', "extends must be a list of non-empty strings"),
        ("files = 1", "files must be a table"),
        ('files = {names = ".env"}', "files.names must be a list of non-empty strings"),
        ("files = {ignored_in = true}", "files.ignored_in must be a list of non-empty strings"),
        ("select = []", "select must be a table"),
        ('select = {only = "DB_*"}', "select.only must be a list of non-empty strings"),
        ("select = {exclude = [1]}", "select.exclude must be a list of non-empty strings"),
        ('guard = "PATH"', "guard must be a table"),
        ('guard = {allow = "PATH"}', "guard.allow must be a list of non-empty strings"),
        ("cache = true", "cache must be a table"),
        ("variables = []", "variables must be a table"),
        ("variables = {A = 1}", "variables.A must be a table"),
        ("variables = {A-B = {}}", "variables.A-B is not a valid variable name"),
        ("variables = {A = {type = 1}}", "variables.A.type must be a string"),
        ('variables = {A = {type = "number"}}', "variables.A.type must be one of str, int"),
        ('variables = {A = {type = "int", min = 5, max = 1}}', "variables.A.min is above max"),
        (
            'variables = {A = {type = "duration", min = "1h", max = "5m"}}',
            "variables.A.min is above max",
        ),
        ('variables = {A = {type = "enum"}}', "variables.A.type is enum, which needs choices"),
        ('variables = {A = {required = "yes"}}', "variables.A.required must be a boolean"),
        (
            'variables = {A = {required_in = "x"}}',
            "variables.A.required_in must be a list of non-empty strings",
        ),
        ("variables = {A = {secret = 1}}", "variables.A.secret must be a boolean"),
        ("variables = {A = {description = 1}}", "variables.A.description must be a string"),
        (
            "variables = {A = {example = []}}",
            "variables.A.example must be a string, number or boolean",
        ),
        (
            "variables = {A = {default = 1979-05-27}}",
            "variables.A.default must be a string, number",
        ),
        (
            'variables = {A = {default = "a\\u0000b"}}',
            "variables.A.default contains a NUL character",
        ),
        (
            f"variables = {{A = {{default = 0x{'f' * 5000}}}}}",
            "variables.A.default is out of range",
        ),
        ("variables = {A = {choices = []}}", "variables.A.choices must be a non-empty list"),
        ("variables = {A = {pattern = 1}}", "variables.A.pattern must be a string"),
        (
            'variables = {A = {pattern = "("}}',
            "variables.A.pattern is not a valid regular expression",
        ),
        ('variables = {A = {min = "low"}}', "variables.A.min must be a number or duration"),
        ("variables = {A = {max = true}}", "variables.A.max must be a number or duration"),
        ('variables = {A = {from_file = "/x"}}', "variables.A.from_file must be a boolean"),
    ],
)
def test_wrong_type_is_told(project: Project, refused: Refused, text: str, problem: str) -> None:
    """Each field of each section says what it has to be."""
    project.declare("\n" + text + "\n")
    told = refused()
    assert told[0].startswith(f".clovrix:2: {problem}")
    assert len(told) == 1


@pytest.mark.parametrize(
    "duration",
    ["30", '"30"', '"1d"', '"-1s"', '"1.5s"', '"30m1h"', '""', '" 1s"', '"१s"', f'"{"9" * 5000}s"'],
)
@pytest.mark.parametrize("key", ["max_age", "stale_if_error"])
def test_bad_duration_is_told(project: Project, refused: Refused, key: str, duration: str) -> None:
    """``90s``, ``5m`` or ``1h30m``, and nothing else."""
    project.declare(f"[cache]\n{key} = {duration}\n")
    assert refused() == [
        f".clovrix:2: cache.{key} must be a duration such as 90s, 5m, 1h30m or 24h (not 1d)"
    ]


@pytest.mark.parametrize(
    "name",
    [
        "../.env",
        "/etc/passwd",
        "a/b",
        "a\\\\b",
        "..",
        ".",
        "a\\u0000b",
        ".env.{env}",
        ".env.{env}.local",
        "{",
        ".env.{environment",
    ],
)
def test_names_of_files_are_plain(project: Project, refused: Refused, name: str) -> None:
    """They lie in the folder of ``.clovrix``, and the only placeholder is ``{environment}``."""
    project.declare(f'[files]\nnames = ["{name}"]\n')
    [told] = refused()
    assert told.startswith(".clovrix:2: files.names contains '")


@pytest.mark.parametrize(
    "text",
    [
        "project",
        'project = "a',
        "a = 1\na = 2",
        "a = " + "[" * 100_000,
        f"a = {'9' * 5000}",
        "[a]\n[a]",
    ],
)
def test_what_is_no_toml_is_told(project: Project, refused: Refused, text: str) -> None:
    """Whatever the parser stumbles over."""
    project.declare(text)
    [told] = refused()
    assert re.match(r"\.clovrix(:\d+:\d+)?: not valid TOML: ", told)


def test_broken_project_file_blames_nothing_else(
    project: Project, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment that it may have named is not reported missing."""
    monkeypatch.setenv("CLOVRIX_PROJECT", "backend")
    project.declare("default_environment = 'x")
    [told] = refused(remote=False)
    assert re.match(r"\.clovrix(:\d+:\d+)?: not valid TOML: ", told)


def test_project_file_that_cannot_be_text_is_told(project: Project, refused: Refused) -> None:
    """No UTF-8, or more than 1 MiB."""
    path = project.declare("")
    path.write_bytes(b"# \xff\n")
    assert refused() == [".clovrix is not UTF-8 (line 1)"]
    path.write_bytes(b"#" * (1024 * 1024 + 1))
    assert refused() == [".clovrix is larger than 1 MiB"]


def test_nothing_in_it_is_expanded(
    project: Project, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_every_problem_of_every_place_is_told_at_once(
    project: Project, refused: Refused, monkeypatch: pytest.MonkeyPatch, clean_environment: object
) -> None:
    """Settings, project file, the user's own configuration, files: one error with all of it."""
    monkeypatch.setenv("CLOVRIX_REMOTE", "no")
    monkeypatch.setenv("CLOVRIX_CACHE", "for a while")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(project.folder))
    project.write("clovrix-env/config.toml", "api_url = 1\nallow = 2\ntoken = 3\n")
    project.declare('projekt = "x"\nextends = [1]\n[files]\nnames = ["a.env", "b/c"]\n')
    project.write("a.env", "A=${\nLD_PRELOAD=x\nCLOVRIX_PROJECT=x\n")
    told = "\n".join(refused(project="..", timeout=-1))
    for problem in (
        "CLOVRIX_REMOTE must be off or unset",
        "CLOVRIX_CACHE is not valid",
        "config.toml: token is not known",
        "config.toml: api_url must be a string",
        "config.toml: allow must be a list of strings",
        ".clovrix:1: projekt is not known",
        ".clovrix:2: extends must be a list of non-empty strings",
        ".clovrix:4: files.names contains 'b/c'",
        "the project cannot be '..'",
        "project .. needs an environment",
        "timeout must be a number of seconds",
        "a.env:1: A: a ${ is not followed by a name",
        "a.env:2: LD_PRELOAD is refused: it makes programs load a library",
        "a.env:3: CLOVRIX_PROJECT cannot be set in a file",
    ):
        assert problem in told, (problem, told)
