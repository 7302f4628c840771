"""`provisioning provider list`."""

from provisioning.cli.answer import give
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table

__all__ = ["command"]


@house_command("list")
@pass_invocation
def command(invocation: Invocation) -> None:
    """List the providers and whether they can be used.

    A provider whose extension is broken, incompatible or missing is listed with its problem; nothing is asked of
    any cloud.
    """
    with invocation.connect() as app:
        found = list(app.providers())
    data = [provider.as_dict() for provider in found]
    headers = ("name", "type", "version", "status", "capabilities", "problem")
    rows = [[row[header] for header in headers] for row in data]
    give(invocation, data, lambda: show_table(headers, rows, empty="No provider is configured."))
