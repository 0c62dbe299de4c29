"""``eval "$(clovrix-env export --format shell)"`` in real shells."""

import shlex
import shutil

import pytest
from programs import finish

_INSTALLED = [name for name in ("bash", "dash", "zsh", "ksh") if shutil.which(name)]
_FAILURES = ("-f missing.env", "--no-such-option", "--only")


def run(command, shell, script):
    script = script.replace("EXPORT", shlex.join(command.argv("export", "--format", "shell")))
    return finish([shell, "-c", script], command.folder, command.environ)


@pytest.mark.parametrize("shell", _INSTALLED)
@pytest.mark.parametrize("options", _FAILURES)
def test_failed_export_ends_a_script(command, shell, options):
    """Under ``set -e``, in one step and in two; a script without it sees the status."""
    status = 125 if "missing" in options else 2
    one = f'eval "$(EXPORT {options})"'
    two = f'values=$(EXPORT {options})\neval "$values"'
    for step in (one, two):
        result = run(command, shell, f"set -e\n{step}\n:\necho went on")
        assert (result.returncode, result.stdout) == (status, ""), result
    assert run(command, shell, f"{one}\necho $?").stdout == f"{status}\n"


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
def test_failed_export_fails_in_fish(command):
    """What stands there instead of values is an error in fish as well."""
    result = run(command, "fish", "EXPORT -f missing.env | source; or echo failed")
    assert result.stdout == "failed\n"


@pytest.mark.parametrize("shell", _INSTALLED)
def test_shell_is_refreshed(command, shell):
    """A second export has the new values, removes what is gone, and leaves what somebody set."""
    command.write(".env", 'CHANGED=old\nGONE=1\nMINE=file\nODD="it\'s \\\\\\\\ $5\\n"\n')
    script = """
    set -e
    eval "$(EXPORT)"
    export MINE=mine
    printf 'CHANGED=new\\nMINE=file2\\nODD=x\\n' > .env
    eval "$(EXPORT -q)"
    echo "$CHANGED ${GONE-gone} $MINE $ODD"
    """
    result = run(command, shell, script)
    assert (result.stdout, result.stderr, result.returncode) == ("new gone mine x\n", "", 0)


def test_program_in_a_refreshed_shell_loads_again(command):
    """An exported marker answers no request: a launcher below it reads the file of now."""
    command.write(".env", "A=old\n")
    launch = shlex.join([*command.argv("run", "--"), "printenv", "A"])
    script = f'eval "$(EXPORT)"; echo A=new > .env; {launch}; A=mine {launch}'
    assert run(command, "sh", script).stdout == "new\nmine\n"


def test_name_in_a_planted_marker_is_not_run(command):
    """A name that the marker has, and no shell would take, is not unset."""
    command.write(".env", "A=1\n")
    name = "X; echo run >&2; "
    command.environ |= {name: "1", "__CLOVRIX_ENV": f'0:{{"names": ["{name}"]}}'}
    assert run(command, "sh", 'eval "$(EXPORT)"; echo $A').stderr == ""


def test_nothing_stands_for_values_elsewhere(command):
    """Only what a shell evaluates fails there: a file and other formats get nothing."""
    for words in (("shell", "-o", "out"), ("dotenv",)):
        command.refused("export", "-f", "missing.env", "--format", *words)
    assert not (command.folder / "out").exists()
