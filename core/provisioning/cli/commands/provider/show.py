"""`provisioning provider show`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_provider
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_fields, show_table
from provisioning.contract import Capability, Provider

__all__ = ["command"]

CATALOG = ("sizes", "images", "zones")


@house_command("show")
@click.argument("name", shell_complete=complete_provider)
@pass_invocation
def command(invocation: Invocation, name: str) -> None:
    """Show one provider: what it can do, and its sizes, images and zones.

    The cloud is asked for sizes, images and zones, where the provider offers them (capability `catalog`).
    """
    with invocation.open() as app:
        provider = app.provider(name)
        fields = _fields(provider)
        catalog = _catalog(provider) if Capability.CATALOG in provider.capabilities else {}
    give(invocation, {**fields, **catalog}, lambda: _show(fields, catalog))


def _fields(provider: Provider) -> dict[str, Any]:
    limits = provider.limits
    return {
        "name": provider.name,
        "type": provider.type,
        "capabilities": sorted(provider.capabilities),
        "timeout": limits.timeout,
        "max_parallel": limits.max_parallel,
        "requests_per_second": limits.requests_per_second,
        "listing_lag": limits.listing_lag,
    }


def _catalog(provider: Provider) -> dict[str, list[dict[str, Any]]]:
    lists: Sequence[Sequence[Any]] = (provider.list_sizes(), provider.list_images(), provider.list_zones())
    return {name: [asdict(member) for member in members] for name, members in zip(CATALOG, lists, strict=True)}


def _show(fields: dict[str, Any], catalog: dict[str, list[dict[str, Any]]]) -> None:
    show_fields(fields)
    for name, members in catalog.items():
        write_line()
        headers = tuple(members[0]) if members else ()
        show_table((name.removesuffix("s"), *headers[1:]), [list(row.values()) for row in members], empty=f"No {name}.")
