"""Who may let a refused name pass, for which sources, and what is not judged at all."""

import os
from pathlib import Path
from typing import NamedTuple

import pytest
from launch.launcher import Launcher, environment, refusal

from clovrix_env import ClovrixConfigError, resolve_env
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.resolution import guard, notes

NAME = "GIT_SSH"
_USUAL = """
ENV USER LOGNAME HOSTNAME LANG TZ TMPDIR PORT DEBUG HOST PREFIX GIT_SHA GIT_COMMIT GIT_BRANCH
GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_TRACE GIT_TERMINAL_PROMPT GITHUB_TOKEN
GIT_CONFIG PYTHON_VERSION PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE PYTHONHASHSEED PYTHONUTF8
PYTHONIOENCODING PYTHONFAULTHANDLER PYTHONOPTIMIZE PYTHONASYNCIODEBUG NODE_ENV NODE_PATH
NODE_VERSION NODE_EXTRA_CA_CERTS NPM_TOKEN NPM_CONFIG_REGISTRY npm_config_loglevel JAVA_OPTS
JAVA_HOME PERL_MM_USE_DEFAULT RUBY_VERSION RAILS_ENV BUNDLE_PATH GOPATH CARGO_TERM_COLOR LUA_VERSION
HTTPS_PROXY https_proxy NO_PROXY SSL_CERT_FILE REQUESTS_CA_BUNDLE XDG_CACHE_HOME XDG_RUNTIME_DIR
XDG_DATA_HOME XDG_STATE_HOME LDAP_URL LDFLAGS PATH_PREFIX APP_PATH HOMEPAGE EDITOR_URL
PAGER_DUTY_KEY SHELL_COLOR PS3 BASH_VERSION LESSONS FLASK_APP DJANGO_SETTINGS_MODULE
GUNICORN_CMD_ARGS CLOVRIX path pythonpath
"""
# Beside families and names that are refused.
_NEIGHBOURS = """
UV_THREADPOOL_SIZE UV_PUBLISH_TOKEN UV_INDEX_URL UV_CACHE_DIR UV_LINK_MODE UV_INDEX_OWN_PASSWORD
UV_INDEX_OWN_USERNAME UV_SYSTEM_PYTHON UV_COMPILE_BYTECODE PIP_INDEX_URL PIP_EXTRA_INDEX_URL
PIP_TRUSTED_HOST PIP_NO_CACHE_DIR PIP_CERT PIP_DISABLE_PIP_VERSION_CHECK PIP_ROOT_USER_ACTION
PIPELINE_ID PIPX_LOG POETRY_HTTP_BASIC_OWN_PASSWORD POETRY_HTTP_BASIC_OWN_USERNAME
POETRY_PYPI_TOKEN_OWN POETRY_VERSION POETRY_VIRTUALENVS_CREATE POETRY_NO_INTERACTION POETRY_HOME
PDM_URL PDM_PUBLISH_PASSWORD HATCH_INDEX_USER TWINE_PASSWORD TOX_ENV VIRTUALENV_NO_DOWNLOAD
ANSIBLE_HOST_KEY_CHECKING ANSIBLE_VAULT_PASSWORD ANSIBLE_BECOME_PASSWORD ANSIBLE_STDOUT_CALLBACK
CONDA_DEFAULT_ENV PYENV_VERSION CARGO_REGISTRY_TOKEN CARGO_REGISTRIES_OWN_TOKEN
CARGO_REGISTRIES_OWN_INDEX CARGO_INCREMENTAL CARGO_NET_OFFLINE CARGO_TARGET_DIR CARGO_PKG_VERSION
RUST_LOG RUST_BACKTRACE GOPROXY GOPRIVATE GONOSUMDB GOMAXPROCS GOOS YARN_NPM_AUTH_TOKEN
YARN_NPM_REGISTRY_SERVER YARN_VERSION YARN_CACHE_FOLDER YARN_ENABLE_TELEMETRY yarn_npm_auth_token
NPM_CONFIG__AUTH NPM_CONFIG_CACHE NPM_CONFIG_UPDATE_NOTIFIER npm_config__authToken
BUN_CONFIG_REGISTRY BUN_PORT BUN_CONFIG_TOKEN DENO_AUTH_TOKENS DENO_DEPLOY_TOKEN COREPACK_NPM_TOKEN
BUNDLE_WITHOUT BUNDLE_GITHUB__COM BUNDLE_GEMS__EXAMPLE__COM COMPOSER_AUTH COMPOSER_ALLOW_SUPERUSER
COMPOSER_ENVIRONMENT COMPOSER_LOCATION MAVEN_USERNAME ORG_GRADLE_PROJECT_signingKey JAVA_VERSION
DOTNET_ENVIRONMENT NUGET_API_KEY MIX_ENV ERL_CRASH_DUMP R_VERSION JULIA_NUM_THREADS OMP_NUM_THREADS
OMPI_ALLOW_RUN_AS_ROOT CUDA_VISIBLE_DEVICES NCCL_DEBUG VK_LOADER_DEBUG GST_DEBUG QT_QPA_PLATFORM
GTK_THEME SDL_VIDEODRIVER DBUS_FATAL_WARNINGS UVICORN_PORT UVICORN_HOST FLASK_ENV FLASK_DEBUG
CELERY_BROKER_URL JUPYTER_TOKEN COVERAGE_FILE MPLBACKEND DJANGO_SECRET_KEY AIRFLOW__CORE__FERNET_KEY
GOOGLE_API_KEY GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLIENT_SECRET AWS_ACCESS_KEY_ID
AWS_SECRET_ACCESS_KEY AWS_REGION AWS_PROFILE AWS_PAGER CLOUDSDK_CORE_PROJECT TF_VAR_name
TF_TOKEN_app_terraform_io TF_IN_AUTOMATION DOCKER_HOST COMPOSE_PROJECT_NAME KUBECONFIG
HELM_NAMESPACE VAULT_TOKEN GH_TOKEN SVN_REVISION HG_REVISION DIRENV_LOG_FORMAT MISE_ENV FZF_API_KEY
RESTIC_PASSWORD BORG_PASSPHRASE RCLONE_CONFIG_S3_ACCESS_KEY_ID PGPASSWORD PGHOST MYSQL_PWD
MYSQL_PASSWORD KRB5CCNAME SSH_AUTH_SOCK ZIP_CODE MAKE MODEL VIRTUAL_ENV CC CFLAGS LANGUAGE
SYSTEMD_LOG_LEVEL PERL_BADLANG NVM_DIR
"""
_ORDINARY = (_USUAL + _NEIGHBOURS).split()


class Way(NamedTuple):
    """How somebody lets the name pass, and for which sources that counts."""

    files: bool
    clovrix: bool
    options: dict = {}
    words: tuple = ()
    variables: dict = {}
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
_NOTED = """
CC CFLAGS DOCKER_HOST KUBECONFIG GUNICORN_CMD_ARGS FLASK_APP DJANGO_SETTINGS_MODULE JAVA_HOME
VIRTUAL_ENV MPLBACKEND AWS_PAGER
"""


@pytest.fixture(scope="module")
def store(module_store):
    """``staging`` holds the name, ``production`` nothing."""
    item = WriteItem(NAME, "x")
    module_store.store.answer(Call("set_entries", "backend", "staging", items=(item,)))
    return module_store


@pytest.fixture
def folder(store, clean_environment, tmp_path, monkeypatch):
    """The working directory; the process environment names the store, and not ``NAME``."""
    store.save_key()
    made = tmp_path / "work"
    made.mkdir()
    monkeypatch.chdir(made)
    monkeypatch.setenv("CLOVRIX_API_URL", store.url)
    monkeypatch.delenv(NAME, raising=False)
    return made


@pytest.fixture
def launcher(folder, clean_environment, store):
    made = Launcher(folder, clean_environment)
    made.environ["CLOVRIX_API_URL"] = store.url
    return made


@pytest.mark.parametrize("source", ["files", "clovrix"])
@pytest.mark.parametrize("way", _WAYS.values(), ids=_WAYS)
def test_who_lets_it_pass(folder, launcher, monkeypatch, way, source):
    """The user for both sources; the project for Clovrix's entries only; nobody by a pattern."""
    own = Path.home() / ".config" / "clovrix-env" / "config.toml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(way.configuration)
    (folder / ".clovrix").write_text(way.project_file)
    place = ("backend", "staging")
    if source == "files":
        (folder / ".env").write_text(f"{NAME}=x\n")
        place = ()
    started = launcher(*way.words, *place, "--", "env", "-0", env=way.variables)
    for name, value in way.variables.items():
        monkeypatch.setenv(name, value)
    if getattr(way, source):
        assert dict(resolve_env(*place, **way.options)) == {NAME: "x"}
        assert environment(started)[NAME.encode()] == b"x"
    else:
        with pytest.raises(ClovrixConfigError, match=f": {NAME} is refused: it names a program"):
            resolve_env(*place, **way.options)
        assert f"{NAME} is refused: it names a program that is run" in refusal(started)[0]


@pytest.mark.parametrize(
    ("files", "place", "process", "options", "count"),
    [({".env": f"{NAME}=x"}, (), "mine", {}, 1),
     ({".env": f"{NAME}=x"}, (), None, {"overrides": {NAME: "mine"}}, 1),
     ({".env": f"{NAME}=x", ".env.local": f"{NAME}=y"}, (), None, {}, 2),
     ({".env": f"{NAME}=x\n{NAME}=y"}, (), None, {}, 2),
     ({}, ("backend", "staging"), "mine", {}, 1)],
    ids=["process", "override", "higher file", "same file", "process over Clovrix"],
)  # fmt: skip
def test_loser_is_judged(folder, monkeypatch, files, place, process, options, count):
    """Whoever wins today: every binding counts, also a line that a later one replaces."""
    for name, text in files.items():
        (folder / name).write_text(text)
    if process:
        monkeypatch.setenv(NAME, process)
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env(*place, **options)
    assert len(caught.value.problems) == count
    assert all(f": {NAME} is refused" in problem for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("declared", "options"),
    [('exclude = ["GIT_*"]', {}), ("", {"only": ["A*"]}), ('only = ["*"]', {"exclude": ["GIT_*"]})],
)
@pytest.mark.parametrize("source", ["files", "clovrix"])
def test_selection_leaves_it_out(folder, declared, options, source):
    """What is not injected takes nothing over, and is not judged."""
    (folder / ".clovrix").write_text(f"[select]\n{declared}\n")
    (folder / ".env").write_text(f"A=1\n{NAME}=x\n" if source == "files" else "A=1\n")
    place = () if source == "files" else ("backend", "staging")
    assert dict(resolve_env(*place, **options)) == {"A": "1"}


def test_process_and_user_are_not_judged(launcher):
    """What the process environment holds, and what ``--set`` says, is the user's own."""
    given = environment(
        launcher("--set", "PAGER=mine", "--", "env", "-0", env={NAME: "x", "LD_X": "y"})
    )
    assert (given[NAME.encode()], given[b"LD_X"], given[b"PAGER"]) == (b"x", b"y", b"mine")


def test_ordinary_names_stay_ordinary(folder, store):
    """Names that applications use for themselves pass, from a file and from Clovrix."""
    (folder / ".env").write_text("".join(f"{name}='1'\n" for name in _ORDINARY))
    assert list(resolve_env(override=True)) == _ORDINARY
    (folder / ".env").unlink()
    keys = [name for name in _ORDINARY if name.isupper()]
    for start in range(0, len(keys), 100):
        items = tuple(WriteItem(key, "1") for key in keys[start : start + 100])
        store.store.answer(Call("set_entries", "backend", "production", items=items))
    assert set(resolve_env("backend", "production", override=True)) == set(keys)


@pytest.mark.parametrize(
    ("name", "family"),
    [*(("CARGO_REGISTRIES_MY_OWN_TOKEN", None), ("CARGO_REGISTRIES__INDEX", "CARGO_")),
     *(("YARN_ENABLE_", "YARN_"), ("PIP_CONFIG_FILE_TOKENS", "PIP_"), ("LD_TOKEN", "LD_")),
     ("GIT_CONFIG_PASSWORD", "GIT_CONFIG_")],
)  # fmt: skip
def test_a_name_of_a_family_passes_for_what_it_is(name, family):
    """Credentials of a tool, and no name that only begins or ends like one."""
    assert guard.refusal_reason(name) == (guard.FAMILIES[family] if family else None)


@pytest.mark.parametrize(
    ("name", "spellings"),
    [("npm_config_git", "npm_config_git NPM_CONFIG_GIT Npm_Config_Git"),
     ("YARN_PLUGINS", "YARN_PLUGINS yarn_plugins Yarn_Plugins"),
     ("PIP_PYTHON", "PIP_PYTHON PIP_python"),
     ("", "pip_python git_ssh Path ld_preload cargo_home")],
)  # fmt: skip
def test_case_of_letters_counts_where_the_tool_has_it_count(name, spellings):
    """npm's and Yarn's names are read in any case, pip's behind its PIP_."""
    found = {guard.refusal_reason(spelling) for spelling in spellings.split()}
    assert found == {guard.NAMES[name] if name else None}


def test_windows_folds_the_case(monkeypatch):
    """There a name is the same in any case, also one that the table has in small letters."""
    monkeypatch.setattr(os, "name", "nt")
    for name in ("git_ssh", "Path", "ld_preload", "psmodulepath", "Npm_Config_Git", "Shell_Escape"):
        assert guard.refusal_reason(name) is not None, name
    assert guard.refusal_reason("Port") is None


def test_what_is_noted_passes_and_is_told(folder):
    """A name that can run code and that people set: ``explain`` says what it does."""
    noted = {**notes.STEERING, **notes.NOTED}
    assert not [name for name in noted if guard.refusal_reason(name)]
    assert set(_NOTED.split()) <= set(noted)
    (folder / ".env").write_text("".join(f"{name}=x\n" for name in noted))
    explained = resolve_env(override=True).explain().names
    assert {told.name: told.notes for told in explained} == {
        name: (note,) for name, note in noted.items()
    }
