"""`provisioning token list`."""

from provisioning.cli.answer import give
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table
from provisioning.narrative.printable import as_time

__all__ = ["command"]

HEADERS = ("id", "name", "scope", "created", "expires")


@house_command("list")
@pass_invocation
def command(invocation: Invocation) -> None:
    """List the tokens of this workspace; what they are is kept nowhere."""
    from provisioning.app import Tokens

    with invocation.open() as app:
        tokens = Tokens(app.workspace).list()
    rows = [(one.id, one.name, one.scope, as_time(one.created_at), as_time(one.expires_at)) for one in tokens]
    give(invocation, [one.as_dict() for one in tokens], lambda: show_table(HEADERS, rows, empty="No token."))
