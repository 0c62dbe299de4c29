"""Names that would take over the program: refused unless the user lets them pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import ClovrixConfigError, resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolve.surroundings import Project

    Answers = Callable[..., Any]
    Refused = Callable[..., list[str]]

_REFUSED = [
    "LD_PRELOAD", "LD_ANYTHING", "DYLD_INSERT_LIBRARIES", "BASH_FUNC_x", "GIT_CONFIG_COUNT",
    "OPENSSL_CONF", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONBREAKPOINT",
    "NODE_OPTIONS", "PERL5OPT", "RUBYOPT", "JAVA_TOOL_OPTIONS", "BASH_ENV", "SHELLOPTS", "PS4",
    "IFS", "ZDOTDIR", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "EDITOR", "PAGER", "LESSOPEN",
    "PATH", "HOME", "SHELL",
]  # fmt: skip
_ORDINARY = [
    "ENV", "USER", "GIT_SHA", "GIT_AUTHOR_NAME", "PYTHON_VERSION", "PYTHONUNBUFFERED", "LDAP_URL",
    "HTTPS_PROXY", "SSL_CERT_FILE", "TMPDIR", "NODE_PATH", "XDG_RUNTIME_DIR", "PATH_PREFIX",
]  # fmt: skip


@pytest.fixture(autouse=True)
def ordinary_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the names is set by whoever runs the tests, so that files and Clovrix win."""
    for name in (*_REFUSED, *_ORDINARY):
        if name not in ("PATH", "HOME"):
            monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", _REFUSED)
def test_name_that_loads_code_is_refused_from_files_and_clovrix(
    project: Project, answers: Answers, refused: Refused, name: str
) -> None:
    """With name, source and effect, and never the value."""
    project.write(".env", f"A=1\n{name}=hunter2\n")
    [from_file] = refused()
    assert from_file.startswith(f".env:2: {name} ")
    project.write(".env", "")
    [from_clovrix] = refused("backend", "staging", client=answers(backend={name: "hunter2"}))
    assert from_clovrix.startswith(f"backend/staging on Clovrix: {name} ")
    assert "hunter2" not in from_file + from_clovrix


@pytest.mark.parametrize("name", _ORDINARY)
def test_ordinary_name_stays_ordinary(project: Project, answers: Answers, name: str) -> None:
    """Names that applications use for themselves pass."""
    project.write(".env", f"{name}=1\n")
    assert dict(resolve_env()) == {name: "1"}
    project.write(".env", "")
    client = answers(backend={name: "1"})
    assert dict(resolve_env("backend", "staging", client=client)) == {name: "1"}


def test_default_of_the_project_file_is_judged_like_a_file(
    project: Project, refused: Refused
) -> None:
    """It comes with the repository, whose own permission does not count for it."""
    project.declare(
        '[guard]\nallow = ["LD_PRELOAD"]\n[variables.LD_PRELOAD]\ndefault = "/tmp/hunter2.so"\n'
    )
    assert refused() == [
        "default in .clovrix: LD_PRELOAD is refused: it makes programs load a library"
    ]
    assert dict(resolve_env(allow=["LD_PRELOAD"])) == {"LD_PRELOAD": "/tmp/hunter2.so"}


def test_process_environment_is_not_judged(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the user's own; a declaration of such a name changes nothing."""
    monkeypatch.setenv("PYTHONPATH", "mine")
    project.declare("[variables.PYTHONPATH]\n")
    assert dict(resolve_env()) == {"PYTHONPATH": "mine"}


def test_loser_is_judged_too(
    project: Project, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who wins may be another one tomorrow."""
    monkeypatch.setenv("PAGER", "less")
    project.write(".env", "PAGER=x\n")
    assert len(refused()) == 1


@pytest.mark.parametrize("how", ["argument", "variable", "configuration"])
def test_user_lets_a_name_pass_from_both(
    project: Project, answers: Answers, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """``allow=``, ``CLOVRIX_ALLOW`` and the user's own configuration count for both."""
    options: dict[str, Any] = {}
    if how == "argument":
        options["allow"] = ["PAGER", "EDITOR"]
    elif how == "variable":
        monkeypatch.setenv("CLOVRIX_ALLOW", "PAGER, EDITOR")
    else:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(project.folder))
        project.write("clovrix-env/config.toml", 'allow = ["PAGER", "EDITOR"]\n')
    project.write(".env", "PAGER=less\n")
    client = answers(backend={"EDITOR": "vi"})
    environment = resolve_env("backend", "staging", client=client, **options)
    assert dict(environment) == {"EDITOR": "vi", "PAGER": "less"}


def test_project_vouches_for_clovrix_and_not_for_itself(
    project: Project, answers: Answers, refused: Refused
) -> None:
    """``[guard] allow`` counts for Clovrix's entries only."""
    project.declare('[guard]\nallow = ["PAGER"]\n')
    client = answers(backend={"PAGER": "less"})
    assert dict(resolve_env("backend", "staging", client=client)) == {"PAGER": "less"}
    project.write(".env", "PAGER=less\n")
    assert len(refused("backend", "staging", client=client)) == 1


def test_remedy_is_exact(project: Project, answers: Answers) -> None:
    """It can be pasted, and names the project file only where that would help."""
    project.write(".env", "PAGER=less\n")
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env()
    assert caught.value.remedy == "allow=['PAGER'] or CLOVRIX_ALLOW=PAGER lets it pass"
    project.write(".env", "")
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env("backend", "staging", client=answers(backend={"PAGER": "less"}))
    assert caught.value.remedy.endswith("lets it pass, and so does [guard] allow in .clovrix")


@pytest.mark.parametrize("options", [{"exclude": ["PA*"]}, {"only": ["A"]}])
def test_selection_leaves_a_name_out_before_it_is_judged(
    project: Project, options: dict[str, Any]
) -> None:
    """What is not injected takes nothing over."""
    project.write(".env", "PAGER=less\nA=1\n")
    assert dict(resolve_env(**options)) == {"A": "1"}


@pytest.mark.parametrize("name", ["CLOVRIX_API_URL", "CLOVRIX_TOKEN", "__CLOVRIX_ENV"])
def test_nobody_lets_our_own_names_pass(
    project: Project, answers: Answers, refused: Refused, name: str
) -> None:
    """They decide whom we ask and trust."""
    client = answers(backend={name: "hunter2"})
    [told] = refused("backend", "staging", client=client, allow=[name])
    assert told.startswith(f"backend/staging on Clovrix: {name} is refused")


def test_all_refused_names_are_told_at_once(
    project: Project, answers: Answers, refused: Refused
) -> None:
    """Files first, for what is wrong here needs no network; then those of Clovrix together."""
    project.write(".env", "PAGER=less\nEDITOR=vi\n")
    client = answers(backend={"SHELL": "x", "IFS": "x"})
    assert len(refused("backend", "staging", client=client)) == 2
    assert client.asked == []
    project.write(".env", "A=${NOPE}\n")
    assert len(refused("backend", "staging", client=client)) == 3
