"""`l9 completion`: commands, options, stacks and agents completed by the shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print what makes a shell complete commands.

    \b
    For bash:  eval "$(l9 completion bash)"           in ~/.bashrc
    For zsh:   eval "$(l9 completion zsh)"            in ~/.zshrc, after compinit
    For fish:  l9 completion fish > ~/.config/fish/completions/l9.fish
    """  # noqa: D301 - click leaves the lines below its mark as they are
    from l9stack.cli.commands import l9

    made = get_completion_class(shell)
    if made is None:  # click has it for each of SHELLS
        raise click.UsageError(f"there is no completion for {shell}")
    print(made(l9, {}, "l9", "_L9_COMPLETE").source())
    return 0
