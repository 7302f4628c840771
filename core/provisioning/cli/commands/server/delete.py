"""`provisioning server delete`."""

import click

from provisioning.cli.command import house_command
from provisioning.cli.confirmation import confirm, yes_option
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.single import change_server, provider_option, workflow_id_option

__all__ = ["command"]


@house_command("delete")
@click.argument("server_id")
@provider_option
@workflow_id_option
@yes_option
@pass_invocation
def command(invocation: Invocation, server_id: str, provider: str | None, workflow_id: str | None, *, yes: bool) -> int:
    """Delete one server, for good.

    Without --provider every provider is asked whose it is. Nothing brings a deleted server back.
    """
    confirm(invocation, f"Delete server {server_id} for good?", yes=yes)
    return change_server(invocation, "server_delete", server_id, provider=provider, workflow_id=workflow_id)
