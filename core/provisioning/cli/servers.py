"""Servers as people read them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from provisioning.cli.table import show_fields, show_table

if TYPE_CHECKING:
    from provisioning.cli.provisioner import Provisioner
    from provisioning.contract import Server

__all__ = ["choose_provider", "show_server", "show_servers"]

HEADERS = ("id", "name", "state", "provider", "zone", "size", "image", "public_ips", "private_ips")


def show_servers(servers: Iterable["Server"]) -> None:
    """Print one line for each server."""
    rows: list[Sequence[object]] = [[getattr(server, name) for name in HEADERS] for server in servers]
    show_table(HEADERS, rows, empty="No server.")


def show_server(server: "Server") -> None:
    """Print everything that is known of one server, one field a line."""
    show_fields(server.as_dict())


def choose_provider(app: "Provisioner", given: str | None) -> str:
    """Return the provider instance that was named, or the only one there is; raise a usage error otherwise."""
    if given is not None:
        return given
    names = sorted(provider.name for provider in app.providers())
    if len(names) == 1:
        return names[0]
    if not names:
        raise click.UsageError("no provider is configured: add a [providers.NAME] table to the configuration.")
    raise click.UsageError(f"there are several providers: say which with --provider ({', '.join(names)}).")
