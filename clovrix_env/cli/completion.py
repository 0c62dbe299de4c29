"""``clovrix-env completion``: shell completion of commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import write

SHELLS = ("bash", "zsh", "fish")


@click.command(cls=Command, epilog='Example: eval "$(clovrix-env completion bash)"')
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash  eval "$(clovrix-env completion bash)"      in ~/.bashrc
    zsh   eval "$(clovrix-env completion zsh)"       in ~/.zshrc
    fish  clovrix-env completion fish | source       in ~/.config/fish/config.fish

    Completing a word sends no request.
    """
    of_shell = get_completion_class(shell)
    assert of_shell is not None
    root = ctx.find_root()
    program = "clovrix-env"
    write(of_shell(root.command, {}, program, "_CLOVRIX_ENV_COMPLETE").source().strip())
