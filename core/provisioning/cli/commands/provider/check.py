"""`provisioning provider check`."""

import click

from provisioning.cli.answer import give
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_provider
from provisioning.cli.exits import ExitCode
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table

__all__ = ["command"]

HEADERS = ("name", "reachable", "authenticated", "latency", "message")


@house_command("check")
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=complete_provider)
@pass_invocation
def command(invocation: Invocation, names: tuple[str, ...]) -> int:
    """Ask providers whether their clouds answer.

    Without NAME all configured providers are asked. The exit code is 1 when one does not answer, or refuses the
    credentials.
    """
    with invocation.connect() as app:
        data = [
            {"name": name, **app.check_provider(name).as_dict()}
            for name in names or [provider.name for provider in app.providers()]
        ]
    rows = [[row[header] for header in HEADERS] for row in data]
    bad = [row["name"] for row in data if not row["reachable"] or row["authenticated"] is False]
    give(
        invocation,
        data,
        lambda: show_table(HEADERS, rows, empty="No provider is configured."),
        status="error" if bad else "success",
        error={"code": "ProviderUnreachable", "message": f"no good answer from: {', '.join(bad)}"} if bad else None,
    )
    return ExitCode.FAILED if bad else ExitCode.DONE
