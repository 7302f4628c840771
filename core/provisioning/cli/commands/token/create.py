"""`provisioning token create`."""

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation

__all__ = ["command"]

DAY = 24 * 60 * 60


@house_command("create")
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(["read", "run", "admin"]),
    default="read",
    show_default=True,
    help="What it allows: to look, to run workflows, or everything.",
)
@click.option("--days", metavar="N", type=click.IntRange(1, 3650), help="It holds for N days; otherwise for good.")
@pass_invocation
def command(invocation: Invocation, name: str, scope: str, days: int | None) -> None:
    """Make a token, and print it: it is kept nowhere, and cannot be shown again.

    NAME says for whom or what it is. Whoever has a token of scope `run` can run commands on the server's machine.
    """
    from provisioning.app import Scope, Tokens

    with invocation.open() as app:
        lifetime = None if days is None else float(days * DAY)
        token, text = Tokens(app.workspace).create(name, Scope(scope), lifetime=lifetime)
    give(invocation, {**token.as_dict(), "text": text}, lambda: write_line(text))
