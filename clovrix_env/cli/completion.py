"""``clovrix-env completion``: shell completion of both programs."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import write

# Completion of clovrix-exec, which is that of `clovrix-env run`: a launch does not look for it.
# Behind -- the shell completes a command and its arguments.
_EXEC = {
    "bash": """\
_clovrix_exec_completion() {
    local at
    for ((at = 1; at < COMP_CWORD; at++)); do
        [[ ${COMP_WORDS[at]} == -- ]] || continue
        if declare -F _comp_command_offset > /dev/null; then
            _comp_command_offset $((at + 1))
        elif declare -F _command_offset > /dev/null; then
            _command_offset $((at + 1))
        elif ((COMP_CWORD == at + 1)); then
            COMPREPLY=($(compgen -c -- "${COMP_WORDS[COMP_CWORD]}"))
        else
            compopt -o default
        fi
        return
    done
    COMP_WORDS=(clovrix-env run "${COMP_WORDS[@]:1}")
    COMP_CWORD=$((COMP_CWORD + 1))
    _clovrix_env_completion clovrix-env
}

complete -F _clovrix_exec_completion clovrix-exec""",
    "zsh": """\
_clovrix_exec_completion() {
    local at=${words[(ie)--]}
    if (( at < CURRENT )); then
        shift $at words
        (( CURRENT -= at ))
        _normal
        return
    fi
    words=(clovrix-env run "${(@)words[2,-1]}")
    (( CURRENT += 1 ))
    _clovrix_env_completion
}

compdef _clovrix_exec_completion clovrix-exec""",
    "fish": """\
function _clovrix_exec_completion
    set -l before (commandline -opc)
    set -l words clovrix-env run (string escape -- $before[2..-1])
    if set -l at (contains -i -- -- $before)
        set words (string escape -- $before[(math $at + 1)..-1])
    end
    set -l current (commandline -ct)
    complete -C (string join -- ' ' $words "$current")
end

complete --no-files --command clovrix-exec --arguments "(_clovrix_exec_completion)\"""",
}


@click.command(cls=Command, epilog='Example: eval "$(clovrix-env completion bash)"')
@click.argument("shell", type=click.Choice(tuple(_EXEC)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL, for clovrix-env and clovrix-exec.

    \b
    bash  eval "$(clovrix-env completion bash)"      in ~/.bashrc
    zsh   eval "$(clovrix-env completion zsh)"       in ~/.zshrc
    fish  clovrix-env completion fish | source       in ~/.config/fish/config.fish

    Completes commands, options, projects, environments and names of variables. Completing a word
    sends no request and shows no value.
    """
    of_shell = get_completion_class(shell)
    assert of_shell is not None
    root = ctx.find_root()
    program = "clovrix-env"
    script = of_shell(root.command, {}, program, "_CLOVRIX_ENV_COMPLETE").source().strip()
    write(f"{script}\n\n{_EXEC[shell]}")
