"""`provisioning completion`."""

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation

__all__ = ["command"]

VARIABLE = "_PROVISIONING_COMPLETE"


@house_command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
@pass_invocation
def command(invocation: Invocation, context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    For bash, add `eval "$(provisioning completion bash)"` to ~/.bashrc; for zsh the same to ~/.zshrc; for fish save
    it as ~/.config/fish/completions/provisioning.fish.
    """
    script = _script(context, shell)
    give(invocation, {"shell": shell, "script": script}, lambda: write_line(script))


def _script(context: click.Context, shell: str) -> str:
    from click.shell_completion import get_completion_class

    root = context.find_root()
    completer = get_completion_class(shell)
    assert completer is not None  # noqa: S101 - click has these three
    complete = completer(root.command, {}, root.info_name or "provisioning", VARIABLE)
    return complete.source_template % complete.source_vars()
