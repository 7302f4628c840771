"""`provisioning provider check`."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import click

from provisioning.cli.answer import give
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_provider
from provisioning.cli.exits import ExitCode
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table

__all__ = ["command"]

HEADERS = ("name", "reachable", "authenticated", "permissions_missing", "latency", "sdk", "capabilities", "message")
AT_ONCE = 16


@house_command("check")
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=complete_provider)
@pass_invocation
def command(invocation: Invocation, names: tuple[str, ...]) -> int:
    """Ask providers whether their clouds answer.

    Without NAME all configured providers are asked, side by side. The exit code is 1 when one does not answer, refuses
    the credentials, or does not allow them what is needed.
    """
    with invocation.connect() as app, ThreadPoolExecutor(AT_ONCE) as pool:
        capabilities = {provider.name: list(provider.capabilities) for provider in app.providers()}
        asked = list(names or capabilities)
        found = dict(zip(asked, pool.map(app.check_provider, asked), strict=True))
    data = [
        {"name": name, **status.as_dict(), "capabilities": capabilities.get(name, [])} for name, status in found.items()
    ]
    rows = [[_shown(row, header) for header in HEADERS] for row in data]
    bad = [name for name, status in found.items() if not status.is_good]
    give(
        invocation,
        data,
        lambda: show_table(HEADERS, rows, empty="No provider is configured."),
        status="error" if bad else "success",
        error={"code": "ProviderUnreachable", "message": f"no good answer from: {', '.join(bad)}"} if bad else None,
    )
    return ExitCode.FAILED if bad else ExitCode.DONE


def _shown(row: Mapping[str, Any], header: str) -> Any:
    if header == "permissions_missing" and row[header] == []:
        return "none"
    if header == "message" and row["hint"]:
        return f"{row[header]} ({row['hint']})"
    return row[header]
