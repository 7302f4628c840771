"""`provisioning extension list`."""

from collections.abc import Mapping
from typing import Any

from provisioning.cli.answer import give
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table

__all__ = ["command"]

HEADERS = ("name", "version", "type", "status", "origin", "problem")


@house_command("list")
@pass_invocation
def command(invocation: Invocation) -> None:
    """List all extensions, with what is wrong with each.

    Those that are broken, disabled or incompatible are listed like the others. With --output json each record is
    whole: manifest, origin, and every problem with its code and hint.
    """
    with invocation.connect() as app:
        data = app.found_extensions()
    rows = [_row(record) for record in data]
    give(invocation, data, lambda: show_table(HEADERS, rows, empty="There is no extension."))


def _row(record: Mapping[str, Any]) -> list[str | None]:
    from provisioning.extensions import Origin

    problem = "; ".join(" ".join(problem["message"].split()) for problem in record["problems"])
    fields = [record[name] for name in ("name", "version", "type", "status")]
    return [*fields, str(Origin.from_dict(record["origin"])), problem]
