"""Names that would take over the program: refused unless the user lets them pass."""

import pytest

from clovrix_env import ClovrixConfigError, resolve_env

_REFUSED = [
    "LD_PRELOAD", "LD_ANYTHING", "DYLD_INSERT_LIBRARIES", "BASH_FUNC_x", "GIT_CONFIG_COUNT",
    "OPENSSL_CONF", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONBREAKPOINT",
    "NODE_OPTIONS", "PERL5OPT", "RUBYOPT", "JAVA_TOOL_OPTIONS", "BASH_ENV", "SHELLOPTS", "PS4",
    "IFS", "ZDOTDIR", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "EDITOR", "PAGER", "LESSOPEN",
    "PATH", "HOME", "SHELL",
]  # fmt: skip


def test_names_that_load_code_are_refused_from_files_and_clovrix(project, answers, refused):
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


def test_project_vouches_for_clovrix_and_not_for_itself(project, answers):
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
