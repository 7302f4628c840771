"""`provisioning server get`."""

import click

from provisioning.cli.answer import give
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.servers import show_server
from provisioning.cli.single import provider_option

__all__ = ["command"]


@house_command("get")
@click.argument("server_id")
@provider_option
@pass_invocation
def command(invocation: Invocation, server_id: str, provider: str | None) -> None:
    """Show one server.

    Without --provider every provider is asked for it.
    """
    with invocation.connect() as app:
        server = app.get_server(server_id, provider=provider)
    give(invocation, server.as_dict(), lambda: show_server(server))
