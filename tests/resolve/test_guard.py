"""Names that would take over the program: refused unless the user lets them pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import ClovrixConfigError, resolve_env

if TYPE_CHECKING:
    from resolve.surroundings import Answers, Project, Refused

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


def test_names_that_load_code_are_refused_from_files_and_clovrix(
    project: Project, answers: Answers, refused: Refused
) -> None:
    """All at once, with name and source, and never the value; files first, without a request."""
    client = answers(backend=dict.fromkeys(_REFUSED, "hunter2"))
    project.write(".env", "".join(f"{name}=hunter2\n" for name in _REFUSED))
    from_file = refused("backend", "staging", client=client)
    assert client.asked == []
    project.write(".env", "A=${NOPE}\n")
    from_clovrix = refused("backend", "staging", client=client)
    for line, name in enumerate(_REFUSED, 1):
        assert [told for told in from_file if told.startswith(f".env:{line}: {name} ")]
        beginning = f"backend/staging on Clovrix: {name} "
        assert [told for told in from_clovrix if told.startswith(beginning)]
    assert len(from_file) == len(from_clovrix) - 1 == len(_REFUSED)
    assert "hunter2" not in str(from_file + from_clovrix)


@pytest.mark.parametrize("by_clovrix", [False, True])
def test_ordinary_names_stay_ordinary(project: Project, answers: Answers, by_clovrix: bool) -> None:
    """Names that applications use for themselves pass."""
    values = dict.fromkeys(_ORDINARY, "1")
    project.write(".env", "" if by_clovrix else "".join(f"{name}=1\n" for name in values))
    client = answers(backend=values if by_clovrix else {})
    assert dict(resolve_env("backend", "staging", client=client)) == values


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


def test_process_environment_is_not_judged_and_a_loser_is(
    project: Project, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one is the user's own; of the others another one may win tomorrow."""
    monkeypatch.setenv("PAGER", "mine")
    project.declare("[variables.PAGER]\n")
    assert dict(resolve_env()) == {"PAGER": "mine"}
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


def test_project_vouches_for_clovrix_and_not_for_itself(project: Project, answers: Answers) -> None:
    """``[guard] allow`` counts for Clovrix's entries only, and the remedy names it only there."""
    project.declare('[guard]\nallow = ["PAGER"]\n')
    client = answers(backend={"PAGER": "less", "EDITOR": "vi"})
    with pytest.raises(ClovrixConfigError, match="EDITOR is refused") as caught:
        resolve_env("backend", "staging", client=client)
    assert len(caught.value.problems) == 1
    assert caught.value.remedy.endswith("lets it pass, and so does [guard] allow in .clovrix")
    project.write(".env", "PAGER=less\n")
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env("backend", "staging", client=client)
    assert caught.value.remedy == "allow=['PAGER'] or CLOVRIX_ALLOW=PAGER lets it pass"


@pytest.mark.parametrize("options", [{"exclude": ["PA*"]}, {"only": ["A"]}])
def test_selection_leaves_a_name_out_before_it_is_judged(
    project: Project, options: dict[str, Any]
) -> None:
    """What is not injected takes nothing over."""
    project.write(".env", "PAGER=less\nA=1\n")
    assert dict(resolve_env(**options)) == {"A": "1"}


def test_nobody_lets_our_own_names_pass(answers: Answers, refused: Refused) -> None:
    """They decide whom we ask and trust."""
    names = ["CLOVRIX_API_URL", "CLOVRIX_TOKEN", "__CLOVRIX_ENV"]
    client = answers(backend=dict.fromkeys(names, "hunter2"))
    told = refused("backend", "staging", client=client, allow=names)
    for name, problem in zip(names, told):
        assert problem.startswith(f"backend/staging on Clovrix: {name} is refused")
