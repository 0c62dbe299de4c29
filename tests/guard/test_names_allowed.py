"""Who may let a refused name pass, for which sources, and what is not judged at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from launch.launcher import Launcher, environment, refusal

from clovrix_env import ClovrixConfigError, resolve_env
from clovrix_env.api.messages import Call, WriteItem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conftest import StoreHome

NAME = "GIT_SSH"
_ORDINARY = [
    "ENV", "USER", "LOGNAME", "HOSTNAME", "LANG", "TZ", "TMPDIR", "PORT", "DEBUG", "HOST", "PREFIX",
    "GIT_SHA", "GIT_COMMIT", "GIT_BRANCH", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL",
    "GIT_COMMITTER_NAME", "GIT_TRACE", "GIT_TERMINAL_PROMPT", "GITHUB_TOKEN", "GIT_CONFIG",
    "PYTHON_VERSION", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED",
    "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONFAULTHANDLER", "PYTHONOPTIMIZE", "PYTHONASYNCIODEBUG",
    "NODE_ENV", "NODE_PATH", "NODE_VERSION", "NODE_EXTRA_CA_CERTS", "NPM_TOKEN",
    "NPM_CONFIG_REGISTRY", "npm_config_loglevel", "JAVA_OPTS", "JAVA_HOME", "PERL_MM_USE_DEFAULT",
    "RUBY_VERSION", "RAILS_ENV", "BUNDLE_PATH", "GOPATH", "CARGO_TERM_COLOR", "LUA_VERSION",
    "HTTPS_PROXY", "https_proxy", "NO_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE",
    "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "LDAP_URL", "LDFLAGS", "PATH_PREFIX", "APP_PATH",
    "HOMEPAGE", "EDITOR_URL", "PAGER_DUTY_KEY", "SHELL_COLOR", "PS3", "BASH_VERSION", "LESSONS",
    "FLASK_APP", "DJANGO_SETTINGS_MODULE", "GUNICORN_CMD_ARGS", "CLOVRIX", "path", "pythonpath",
]  # fmt: skip


class Way(NamedTuple):
    """How somebody lets the name pass, and for which sources that counts."""

    files: bool
    clovrix: bool
    options: Mapping[str, Any] = {}
    words: tuple[str, ...] = ()
    variables: Mapping[str, str] = {}
    configuration: str = ""
    project_file: str = ""


_WAYS = {
    "nobody": Way(files=False, clovrix=False),
    "argument": Way(True, True, options={"allow": [NAME]}, words=("--allow", NAME)),
    "one of several": Way(
        True, True, options={"allow": ["X", NAME]}, words=("--allow", "X", "--allow", NAME)
    ),
    "variable": Way(True, True, variables={"CLOVRIX_ALLOW": f"X, {NAME}"}),
    "own configuration": Way(True, True, configuration=f'allow = ["{NAME}"]\n'),
    "project file": Way(False, True, project_file=f'[guard]\nallow = ["{NAME}"]\n'),
    "a beginning of it": Way(False, False, options={"allow": ["GIT_"]}, words=("--allow", "GIT_")),
    "a glob": Way(False, False, options={"allow": ["*"]}, words=("--allow", "*")),
    "a glob of the project": Way(False, False, project_file='[guard]\nallow = ["GIT_*"]\n'),
    "other letters": Way(False, False, variables={"CLOVRIX_ALLOW": NAME.lower()}),
}


@pytest.fixture(scope="module")
def store(module_store: StoreHome) -> StoreHome:
    """``staging`` holds the name, ``production`` nothing."""
    module_store.store.answer(
        Call("set_entries", "backend", "staging", items=(WriteItem(NAME, "x"),))
    )
    return module_store


@pytest.fixture
def folder(
    store: StoreHome, clean_environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The working directory; the process environment names the store, and not ``NAME``."""
    store.save_key()
    made = tmp_path / "work"
    made.mkdir()
    monkeypatch.chdir(made)
    monkeypatch.setenv("CLOVRIX_API_URL", store.url)
    monkeypatch.delenv(NAME, raising=False)
    return made


@pytest.fixture
def launcher(folder: Path, clean_environment: Path, store: StoreHome) -> Launcher:
    made = Launcher(folder, clean_environment)
    made.environ["CLOVRIX_API_URL"] = store.url
    return made


def _say(way: Way, home: Path, folder: Path) -> None:
    """Write what a way has in files."""
    own = home / ".config" / "clovrix-env" / "config.toml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(way.configuration)
    (folder / ".clovrix").write_text(way.project_file)


@pytest.mark.parametrize("source", ["files", "clovrix"])
@pytest.mark.parametrize("way", _WAYS.values(), ids=_WAYS)
def test_who_lets_it_pass_for_load_env(
    folder: Path,
    clean_environment: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: Way,
    source: str,
) -> None:
    """The user for both sources; the project for Clovrix's entries only; nobody by a pattern."""
    _say(way, clean_environment, folder)
    for name, value in way.variables.items():
        monkeypatch.setenv(name, value)
    place: tuple[str, ...] = ("backend", "staging")
    if source == "files":
        (folder / ".env").write_text(f"{NAME}=x\n")
        place = ()
    if getattr(way, source):
        assert dict(resolve_env(*place, **way.options)) == {NAME: "x"}
    else:
        with pytest.raises(ClovrixConfigError, match=f": {NAME} names a program"):
            resolve_env(*place, **way.options)


@pytest.mark.parametrize("source", ["files", "clovrix"])
@pytest.mark.parametrize(
    "way", ["nobody", "argument", "variable", "own configuration", "project file"]
)
def test_who_lets_it_pass_for_the_launcher(
    launcher: Launcher, folder: Path, clean_environment: Path, way: str, source: str
) -> None:
    """The same by ``clovrix-exec``."""
    said = _WAYS[way]
    _say(said, clean_environment, folder)
    place: tuple[str, ...] = ("backend", "staging")
    if source == "files":
        (folder / ".env").write_text(f"{NAME}=x\n")
        place = ()
    result = launcher(*said.words, *place, "--", "env", "-0", env=said.variables)
    if getattr(said, source):
        assert environment(result)[NAME.encode()] == b"x"
    else:
        assert f"{NAME} names a program that is run" in refusal(result)[0]


@pytest.mark.parametrize("loser", ["process", "override", "higher file", "same file"])
def test_loser_is_judged(folder: Path, monkeypatch: pytest.MonkeyPatch, loser: str) -> None:
    """Whoever wins today: every binding of a file counts, also a line that a later one replaces."""
    options: dict[str, Any] = {}
    (folder / ".env").write_text(f"{NAME}=x\n")
    expected = 1
    if loser == "process":
        monkeypatch.setenv(NAME, "mine")
    elif loser == "override":
        options["overrides"] = {NAME: "mine"}
    elif loser == "higher file":
        (folder / ".env.local").write_text(f"{NAME}=y\n")
        expected = 2
    else:
        (folder / ".env").write_text(f"{NAME}=x\n{NAME}=y\n")
        expected = 2
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env(**options)
    assert len(caught.value.problems) == expected


def test_loser_of_clovrix_is_judged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that the process environment hides."""
    monkeypatch.setenv(NAME, "mine")
    with pytest.raises(ClovrixConfigError, match="on Clovrix: GIT_SSH"):
        resolve_env("backend", "staging")


@pytest.mark.parametrize(
    ("declared", "options"),
    [
        ('[select]\nexclude = ["GIT_*"]\n', {}),
        ('[select]\nonly = ["A"]\n', {}),
        ("", {"exclude": ["GIT_SSH"]}),
        ("", {"only": ["A*"]}),
        ('[select]\nonly = ["*"]\n', {"exclude": ["GIT_*"]}),
    ],
)
@pytest.mark.parametrize("source", ["files", "clovrix"])
def test_selection_leaves_it_out(
    folder: Path, declared: str, options: dict[str, Any], source: str
) -> None:
    """What is not injected takes nothing over, and is not judged."""
    (folder / ".clovrix").write_text(declared)
    (folder / ".env").write_text(f"A=1\n{NAME}=x\n" if source == "files" else "A=1\n")
    place = () if source == "files" else ("backend", "staging")
    assert dict(resolve_env(*place, **options)) == {"A": "1"}


def test_selection_that_lets_it_in_has_it_judged(folder: Path) -> None:
    """An argument replaces the project's own list, so what that left out is judged again."""
    (folder / ".clovrix").write_text('[select]\nexclude = ["GIT_*"]\n')
    (folder / ".env").write_text(f"{NAME}=x\n")
    with pytest.raises(ClovrixConfigError, match=NAME):
        resolve_env(exclude=["OTHER"])


def test_process_and_user_are_not_judged(launcher: Launcher, folder: Path) -> None:
    """What the process environment holds, and what ``--set`` says, is the user's own."""
    given = environment(
        launcher("--set", "PAGER=mine", "--", "env", "-0", env={NAME: "x", "LD_X": "y"})
    )
    assert (given[NAME.encode()], given[b"LD_X"], given[b"PAGER"]) == (b"x", b"y", b"mine")


def test_ordinary_names_stay_ordinary(folder: Path) -> None:
    """Names that applications use for themselves pass from a file without a word."""
    (folder / ".env").write_text("".join(f"{name}='1'\n" for name in _ORDINARY))
    assert list(resolve_env(override=True)) == _ORDINARY


def test_ordinary_names_stay_ordinary_from_clovrix(folder: Path, store: StoreHome) -> None:
    """And from Clovrix."""
    keys = [name for name in _ORDINARY if name.isupper()]
    items = tuple(WriteItem(key, "1") for key in keys)
    store.store.answer(Call("set_entries", "backend", "production", items=items))
    found = resolve_env("backend", "production", override=True)
    assert set(found) == set(keys)


def test_a_file_is_not_read_to_vouch_for_itself(folder: Path) -> None:
    """``CLOVRIX_ALLOW`` in the file that needs it is an error of its own."""
    (folder / ".env").write_text(f"CLOVRIX_ALLOW={NAME}\n{NAME}=x\n")
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env()
    first, second = caught.value.problems
    assert first == ".env:1: CLOVRIX_ALLOW cannot be set in a file"
    assert second.startswith(f".env:2: {NAME} ")
