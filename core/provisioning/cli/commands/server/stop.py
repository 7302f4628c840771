"""`provisioning server stop`."""

import click

from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.single import change_server, provider_option, workflow_id_option

__all__ = ["command"]


@house_command("stop")
@click.argument("server_id")
@provider_option
@workflow_id_option
@pass_invocation
def command(invocation: Invocation, server_id: str, provider: str | None, workflow_id: str | None) -> int:
    """Stop a running server.

    The command waits until it is stopped; a server that is stopped already is left as it is.
    """
    return change_server(invocation, "server_stop", server_id, provider=provider, workflow_id=workflow_id)
