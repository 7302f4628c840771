"""`provisioning token revoke`."""

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation

__all__ = ["command"]


@house_command("revoke")
@click.argument("token_id", metavar="ID")
@pass_invocation
def command(invocation: Invocation, token_id: str) -> None:
    """Let nobody in with a token any more, from the next request on.

    ID is what `token list` shows, not the token itself.
    """
    from provisioning.app import Tokens

    with invocation.open() as app:
        token = Tokens(app.workspace).revoke(token_id)
    give(invocation, token.as_dict(), lambda: write_line(f"token {token.id} ({token.name}) lets nobody in any more"))
