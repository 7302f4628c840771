"""`provisioning server reboot`."""

import click

from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.single import change_server, provider_option, workflow_id_option

__all__ = ["command"]


@house_command("reboot")
@click.argument("server_id")
@provider_option
@workflow_id_option
@pass_invocation
def command(invocation: Invocation, server_id: str, provider: str | None, workflow_id: str | None) -> int:
    """Reboot a running server.

    The command waits until it runs again.
    """
    return change_server(invocation, "server_reboot", server_id, provider=provider, workflow_id=workflow_id)
