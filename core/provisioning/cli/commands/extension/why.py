"""`provisioning extension why`."""

from typing import TYPE_CHECKING, Any

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_extension
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table

if TYPE_CHECKING:
    from provisioning.extensions import ExtensionRecord

__all__ = ["command"]

VERDICTS = {True: "yes", False: "no", None: "-"}


@house_command("why")
@click.argument("name", shell_complete=complete_extension)
@pass_invocation
def command(invocation: Invocation, name: str) -> None:
    """Show how an extension came to its status, step by step.

    Where it was found, whether its manifest could be read, what the configuration says of it, whether it fits what is
    here, and what else stands in its way; the first "no" decides.
    """
    with invocation.open() as app:
        found = [_data(record) for record in app.registry.named(name)]
    first, *others = found
    give(invocation, {**first, "others": others}, lambda: _show(found))


def _data(record: "ExtensionRecord") -> dict[str, Any]:
    from provisioning.extensions import reasons_for

    reasons = [reason.as_dict() for reason in reasons_for(record)]
    return {"name": record.name, "version": record.version, "status": str(record.status), "reasons": reasons}


def _show(found: list[dict[str, Any]]) -> None:
    for place, data in enumerate(found):
        if place:
            write_line()
        rows = [(row["step"], VERDICTS[row["passed"]], " ".join(row["text"].split())) for row in data["reasons"]]
        show_table((data["name"], "ok", "why"), rows, empty="")
