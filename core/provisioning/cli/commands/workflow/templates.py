"""`provisioning workflow templates`."""

from provisioning.cli.answer import give
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table

__all__ = ["command"]

HEADERS = ("name", "extension", "status", "description", "inputs", "problem")


@house_command("templates")
@pass_invocation
def command(invocation: Invocation) -> None:
    """List the workflow templates that extensions bring.

    `workflow run NAME` runs one. Its inputs stand here with their defaults; --set inputs.NAME=VALUE changes one.
    Templates of extensions that cannot be used are listed with what is in the way.
    """
    with invocation.connect() as app:
        data = [template.as_dict() for template in app.templates()]
    rows = [[row[header] for header in HEADERS] for row in data]
    give(invocation, data, lambda: show_table(HEADERS, rows, empty="No extension brings a template."))
