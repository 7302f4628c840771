"""`provisioning serve`."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from provisioning.cli.command import house_command
from provisioning.cli.exits import ExitCode
from provisioning.cli.invocation import Invocation, pass_invocation

__all__ = ["command"]

API = "provisioning.api"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@house_command("serve")
@click.option("--host", metavar="HOST", default="localhost", show_default=True, help="The address to listen on.")
@click.option("--port", metavar="N", type=click.IntRange(0, 65535), default=9090, show_default=True, help="Its port.")
@click.option("--require-token", is_flag=True, help="Let nobody in without a token; only on loopback is that optional.")
@click.option(
    "--allow-host", "allowed_hosts", metavar="NAME", multiple=True, help="Requests may call it so; repeatable."
)
@click.option("--cors-origin", "cors_origins", metavar="URL", multiple=True, help="Its pages may ask; repeatable.")
@click.option("--max-runs", metavar="N", type=click.IntRange(1, 1000), default=50, show_default=True, help="At once.")
@click.option(
    "--max-body", metavar="BYTES", type=click.IntRange(1024), default=4 * 2**20, show_default=True, help="Of a request."
)
@click.option(
    "--rate", metavar="N", type=click.FloatRange(0), default=1000, show_default=True, help="Requests a second a client."
)
@click.option(
    "--patience",
    metavar="SECONDS",
    type=click.FloatRange(0),
    default=30,
    show_default=True,
    help="For runs, at the end.",
)
@click.option("--tls-cert", "tls_certificate", metavar="FILE", type=FILE, help="The certificate to serve https with.")
@click.option("--tls-key", "tls_key", metavar="FILE", type=FILE, help="Its key.")
@pass_invocation
def command(invocation: Invocation, /, **settings: Any) -> int:
    """Serve this workspace over HTTP until a signal comes.

    What was cut off before is taken up. A signal stops it in good order: what is in flight is recorded, and the next
    server goes on with it. On an address that other machines can reach, a token is needed (see `token create`).
    """
    api = _api()
    with invocation.open() as app:
        if not api.server.serve(app, api.ApiSettings(**settings), lambda text: click.echo(text, err=True)):
            os._exit(ExitCode.FAILED)  # closing would wait for ever; every intent is durable, as before any kill
    return ExitCode.DONE


def _api() -> Any:
    """Import the other face by its name: this one does not stand on it, and it may not be installed."""
    try:
        import_module(f"{API}.server")
    except ModuleNotFoundError as error:
        if error.name in ("fastapi", "jinja2", "uvicorn"):
            raise click.ClickException(
                f"{error.name} is not installed: install provisioning with its extra, 'provisioning[api]'."
            ) from error
        raise
    return import_module(API)
