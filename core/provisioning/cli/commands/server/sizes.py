"""`provisioning server sizes`."""

from typing import Any

import click

from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.memory import memory_mib
from provisioning.cli.offers import answer_offers
from provisioning.cli.single import provider_option

__all__ = ["command"]

HEADERS = ("name", "provider", "cpus", "memory_mib", "disk_gib", "hourly_price", "currency")


@house_command("sizes")
@provider_option
@click.option("--cpus", metavar="N", type=click.FloatRange(0), default=0, help="At least so many.")
@click.option("--memory", metavar="AMOUNT", type=memory_mib, default="0MiB", help="At least so much, such as 4GiB.")
@click.option("--name", metavar="TEXT", default="", help="Only those whose name holds it.")
@pass_invocation
def command(invocation: Invocation, provider: str | None, cpus: float, memory: float, name: str) -> int:
    """List the sizes that clouds offer, the cheapest first.

    Prices are for one hour, where the cloud tells them. The exit code is 3 when a provider could not be asked.
    """

    def matches(row: dict[str, Any]) -> bool:
        is_large_enough = (row["cpus"] or 0) >= cpus and (row["memory_mib"] or 0) >= memory
        return is_large_enough and name.lower() in row["name"].lower()

    def order(row: dict[str, Any]) -> tuple[Any, ...]:
        price = row["hourly_price"]
        return price is None, price or 0, row["cpus"] or 0, row["memory_mib"] or 0, row["name"]

    return answer_offers(invocation, "sizes", provider, HEADERS, matches=matches, order=order)
