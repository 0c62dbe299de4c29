"""Each format on its own: hard environments read back by the format's own reader, and bounds."""

import shutil

import pytest
from programs import finish
from repeated import repeated
from transfer import readers
from transfer.environments import environments

from clovrix_env.api.limits import is_key
from clovrix_env.cli import importing
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.export import github
from clovrix_env.export.docker import Docker
from clovrix_env.export.dotenv import Dotenv
from clovrix_env.export.format import exported
from clovrix_env.export.json_object import Json
from clovrix_env.export.kubernetes import Secret
from clovrix_env.export.shell import Shell
from clovrix_env.export.systemd import Systemd
from clovrix_env.export.yaml_mapping import Yaml

_AT_ONCE = 100  # So many go into one process.
_GITHUB = github.GitHub("clovrix_0123456789abcdef")
_DOCKER = shutil.which("docker")
_SYSTEMD = readers.systemd_library()
_SHELLS = [shell for shell in ("bash", "dash") if shutil.which(shell)]
READERS = [
    *((Shell(), shell, readers.by_shell(shell)) for shell in _SHELLS),
    (Dotenv(), "python-dotenv", readers.by_python_dotenv),
    (Dotenv(), "our dialect", readers.by_our_dialect),
    (Json(), "json", readers.by_json),
    (Yaml(), "PyYAML", readers.by_yaml),
    (Docker(), "the rules", readers.by_docker_rules),
    *([(Docker(), "docker", readers.by_docker(_DOCKER))] if _DOCKER else []),
    (_GITHUB, "the rules", readers.by_github_rules),
    (_GITHUB, "the rules on Windows", readers.by_github_rules_on_windows),
    (Secret("app"), "PyYAML and base64", readers.by_kubernetes),
    (Systemd(), "the rules", readers.by_systemd_rules),
    *([(Systemd(), "systemd's code", readers.by_systemd(_SYSTEMD))] if _SYSTEMD else []),
]


@pytest.fixture(scope="module", params=repeated(100, deep=4_000))
def drawn(request):
    return environments(request.param)


def _fitting(form, environment):
    """What is left of an environment when the names are taken out that the refusal names."""
    try:
        exported(environment, form)
    except ClovrixConfigError as error:
        refused = {problem.split(":")[0] for problem in error.problems}
        assert refused <= environment.keys()
        return {name: value for name, value in environment.items() if name not in refused}
    return environment


@pytest.mark.parametrize(
    ("form", "reader"),
    [(form, reader) for form, _, reader in READERS],
    ids=[f"{type(form).__name__} by {name}" for form, name, _ in READERS],
)
def test_what_is_written_is_read_back(form, reader, drawn, tmp_path):
    """To the letter: what a reader would not give back is refused, with its name."""
    fitting = [_fitting(form, environment) for environment in drawn]
    texts = [exported(environment, form) for environment in fitting]
    batches = [texts[at : at + _AT_ONCE] for at in range(0, len(texts), _AT_ONCE)]
    assert [found for batch in batches for found in reader(batch, tmp_path)] == fitting
    values, all_values = sum(map(len, fitting)), sum(map(len, drawn))
    print(f"{len(drawn)} environments, {values} values read back, {all_values - values} refused")
    assert values > all_values / 2


@pytest.mark.parametrize(("form", "kind"), [(Json(), "json"), (Yaml(), "yaml")])
def test_what_is_exported_is_imported_again(form, kind, drawn, tmp_path):
    """By import's own readers, as long as Clovrix takes it."""
    for number, environment in enumerate(drawn):
        taken = {name: value for name, value in environment.items() if is_key(name)}
        path = tmp_path / f"{number}.{kind}"
        path.write_bytes(exported(taken, form).encode())
        assert {each.name: each.value for each in importing.read([str(path)], None)} == taken


def test_every_line_of_a_value_is_masked(drawn):
    """As a log shows it; of several lines those that hide no more than the value."""
    for environment in drawn:
        hidden = readers.masked(github.masks(environment, plain=()))
        for value in environment.values():
            lines = [line for line in value.replace("\r", "\n").split("\n") if line.strip()]
            long = [line for line in lines if sum(map(str.isalnum, line)) >= 4]
            assert set(lines if len(lines) == 1 else long) <= hidden


def test_dockers_longest_line_is_written_and_no_longer_one(tmp_path):
    """64 KiB with its newline: the command itself reads that, and refuses one more."""
    longest = {"A": "x" * (64 * 1024 - len("A=\n"))}
    text = exported(longest, Docker())
    with pytest.raises(ClovrixConfigError, match=r"^A: makes a line of more than 65536 bytes"):
        exported({"A": longest["A"] + "x"}, Docker())
    assert readers.by_docker_rules([text], tmp_path) == [longest]
    if _DOCKER:
        assert readers.by_docker(_DOCKER)([text], tmp_path) == [longest]
        too_long = tmp_path / "too-long"
        too_long.write_text(text.replace("A=", "A=x"))
        environ = {"DOCKER_HOST": "tcp://127.0.0.1:9", "HOME": str(tmp_path)}
        refused = finish([_DOCKER, "create", "--env-file", too_long, "image"], environ=environ)
        assert "token too long" in refused.stderr


REFUSED = [
    (Dotenv(), {"A": "${B}", "B": "two\nlines\\", "C": "it's\\"}),
    (Docker(), {"A": "1\n2", "B": "1\r"}),
    (_GITHUB, {"GITHUB_ENV": "1", "runner_os": "1", "Node_Options": "1", "A": "\r"}),
    (Secret("app"), {"a b": "1", "..": "1", ".": "1", "": "1", "x" * 254: "1"}),
    (Systemd(), {"A": "\x1b", "B": "\r", "C": "\ufffe", "D": "\U0010ffff", "E": "\ufdd0"}),
    (Yaml(), {"x" * 1024: "1"}),
]


@pytest.mark.parametrize(("form", "values"), REFUSED, ids=[type(f).__name__ for f, _ in REFUSED])
def test_all_that_does_not_fit_is_named(form, values):
    """Each of it in one error, and no value with it."""
    with pytest.raises(ClovrixConfigError) as raised:
        exported({**values, "GOOD": "1"}, form)
    assert len(raised.value.problems) == len(values)
    for problem, name in zip(raised.value.problems, values):
        assert problem.startswith((f"{name}: ", f"{name!a}: "))


def test_a_delimiter_is_drawn_again_where_a_value_holds_it():
    """Whoever guessed it would have to guess the next one too."""
    drawn = iter(("one", "two", "three"))
    found = github.delimiter({"A": "one", "B": "x two"}, lambda: next(drawn))
    assert found == "three"
