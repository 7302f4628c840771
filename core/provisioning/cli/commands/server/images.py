"""`provisioning server images`."""

import click

from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.offers import answer_offers
from provisioning.cli.single import provider_option

__all__ = ["command"]

HEADERS = ("name", "provider", "id", "description")


@house_command("images")
@provider_option
@click.option("--name", metavar="TEXT", default="", help="Only those whose name holds it.")
@pass_invocation
def command(invocation: Invocation, provider: str | None, name: str) -> int:
    """List the images that clouds offer.

    The exit code is 3 when a provider could not be asked.
    """
    return answer_offers(
        invocation, "images", provider, HEADERS, matches=lambda row: name.lower() in row["name"].lower()
    )
