"""`provisioning server create`."""

from pathlib import Path
from typing import Any

import click

from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.servers import choose_provider
from provisioning.cli.single import provider_option, run_single, workflow_id_option

__all__ = ["command"]


@house_command("create")
@click.argument("name")
@provider_option
@click.option("--size", metavar="SIZE", help="The provider's name of the size.")
@click.option("--image", metavar="IMAGE", help="The provider's name of the image.")
@click.option("--zone", metavar="ZONE", help="The provider's name of the zone.")
@click.option("--user-data", metavar="TEXT", help="What the server is handed at its first start.")
@click.option("--user-data-file", metavar="FILE", type=click.Path(path_type=Path), help="The same, from a file.")
@click.option("--key-pair", "key_pairs", metavar="NAME", multiple=True, help="A key pair to install; repeatable.")
@click.option("--network", "networks", metavar="NAME", multiple=True, help="A network to stand in; repeatable.")
@workflow_id_option
@pass_invocation
def command(
    invocation: Invocation,
    /,
    name: str,
    *,
    provider: str | None,
    user_data: str | None,
    user_data_file: Path | None,
    workflow_id: str | None,
    **wanted: Any,
) -> int:
    """Create one server.

    What is not given is the provider's default. --provider may be left out where only one is configured. The
    command waits until the server runs; when that fails, what was created is deleted again.
    """
    invocation.streams = True
    if user_data is not None and user_data_file is not None:
        raise click.UsageError("give --user-data or --user-data-file, not both.")
    text = user_data if user_data_file is None else _text_of(user_data_file)
    parameters = {"name": name, "user_data": text, **wanted}
    given = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in parameters.items()
        if value not in (None, ())
    }
    with invocation.connect() as app:
        owner = choose_provider(app, provider)
        return run_single(
            invocation, app, "server_create", name, provider=owner, parameters=given, workflow_id=workflow_id
        )


def _text_of(path: Path) -> str:
    from provisioning.source import read_text

    return read_text(path)
