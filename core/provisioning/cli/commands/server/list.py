"""`provisioning server list`."""

import click

from provisioning.cli.answer import give
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_provider
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.servers import show_servers

__all__ = ["command"]


@house_command("list")
@click.option("--provider", metavar="NAME", shell_complete=complete_provider, help="Only this provider instance.")
@click.option("--label", "labels", metavar="KEY=VALUE", multiple=True, help="Only servers with this label; repeatable.")
@pass_invocation
def command(invocation: Invocation, provider: str | None, labels: tuple[str, ...]) -> None:
    """List the servers of all providers, or of one.

    The clouds are asked, not the journal: servers that somebody else made are listed too.
    """
    wanted = dict(_label(label) for label in labels)
    with invocation.connect() as app:
        servers = list(app.servers(provider=provider, labels=wanted or None))
    give(invocation, [server.as_dict() for server in servers], lambda: show_servers(servers))


def _label(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise click.BadParameter(f"expected KEY=VALUE, got '{text}'.", param_hint="'--label'")
    return key, value
