"""`provisioning extension list`."""

from typing import TYPE_CHECKING

from provisioning.cli.answer import give
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table

if TYPE_CHECKING:
    from provisioning.extensions import ExtensionRecord

__all__ = ["command"]

HEADERS = ("name", "version", "type", "status", "origin", "problem")


@house_command("list")
@pass_invocation
def command(invocation: Invocation) -> None:
    """List all extensions, with what is wrong with each.

    Those that are broken, disabled or incompatible are listed like the others. With --output json each record is
    whole: manifest, origin, and every problem with its code and hint.
    """
    with invocation.open() as app:
        records = app.registry.records
    rows = [_row(record) for record in records]
    data = [record.as_dict() for record in records]
    give(invocation, data, lambda: show_table(HEADERS, rows, empty="There is no extension."))


def _row(record: "ExtensionRecord") -> tuple[str | None, ...]:
    problem = "; ".join(" ".join(problem.message.split()) for problem in record.problems)
    return record.name, record.version, record.type, record.status, str(record.origin), problem
