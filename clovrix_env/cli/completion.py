"""``clovrix-env completion``: what a shell needs to complete our commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from clovrix_env.cli.common_options import Command
from clovrix_env.cli.output import write

SHELLS = ("bash", "zsh", "fish")


@click.command(cls=Command, epilog='Example: eval "$(clovrix-env completion bash)"')
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion of SHELL, for its start-up file.

    \b
    bash  eval "$(clovrix-env completion bash)"      in ~/.bashrc
    zsh   eval "$(clovrix-env completion zsh)"       in ~/.zshrc
    fish  clovrix-env completion fish | source       in ~/.config/fish/config.fish

    Nobody is asked while a word is completed.
    """
    of_shell = get_completion_class(shell)
    assert of_shell is not None
    root = ctx.find_root()
    program = "clovrix-env"
    write(of_shell(root.command, {}, program, "_CLOVRIX_ENV_COMPLETE").source().strip())
