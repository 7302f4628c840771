"""`provisioning server zones`."""

from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.offers import answer_offers
from provisioning.cli.single import provider_option

__all__ = ["command"]

HEADERS = ("name", "provider", "region", "available")


@house_command("zones")
@provider_option
@pass_invocation
def command(invocation: Invocation, provider: str | None) -> int:
    """List the zones in which clouds have servers.

    The exit code is 3 when a provider could not be asked.
    """
    return answer_offers(invocation, "zones", provider, HEADERS, matches=lambda _: True)
