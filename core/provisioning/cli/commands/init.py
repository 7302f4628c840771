"""`provisioning init`."""

import sys
from pathlib import Path

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.confirmation import confirm, yes_option
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.narrative.printable import printable

__all__ = ["command"]


@house_command("init")
@yes_option
@pass_invocation
def command(invocation: Invocation, *, yes: bool) -> None:
    """Write a starter configuration and a first workflow into the workspace.

    That is the current folder, or --workspace. A file that is there already is an error, and is left as it is. On a
    terminal the command asks first; elsewhere nothing needs to be asked, as nothing is overwritten.
    """
    from provisioning.app import init_workspace

    folder = Path(invocation.workspace or ".").absolute()
    if sys.stdin.isatty() and not invocation.is_json:
        confirm(invocation, f"Make {folder} a workspace?", yes=yes)
    written = init_workspace(folder)
    give(invocation, {"written": [str(path) for path in written]}, lambda: _show(written))


def _show(written: list[Path]) -> None:
    for path in written:
        write_line(printable(f"wrote {path}"))
    for path in written:
        if path.stem == "hello":
            click.echo(f"try it: provisioning workflow run {path.name}", err=True)
