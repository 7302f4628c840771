"""`provisioning workflow status`."""

from typing import TYPE_CHECKING, Any

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_workflow_id
from provisioning.cli.driving import summary
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.limit import limit_option, tell_left_out
from provisioning.cli.table import show_table
from provisioning.narrative.printable import as_seconds

if TYPE_CHECKING:
    from provisioning.contract import OperationRecord

__all__ = ["command"]

HEADERS = ("operation", "kind", "provider", "state", "attempt", "took", "error")


@house_command("status")
@click.argument("workflow_id", shell_complete=complete_workflow_id)
@limit_option(200, "Show at most the N operations that began last; 0 shows all.")
@pass_invocation
def command(invocation: Invocation, workflow_id: str, *, limit: int | None) -> None:
    """Show how far a run is, operation by operation.

    The operations that have begun stand in the order in which they did. The exit code is 0 whatever state the run
    is in: it is the answer, not a failure of this command.
    """
    with invocation.connect() as app:
        report = app.status(workflow_id)
        operations = list(app.operations(workflow_id, newest=limit))
        left_out = tell_left_out("operation", sum(report.counts.values()), limit)
        checkpoint = None if left_out or not invocation.is_json else app.checkpoint(workflow_id)

    def show() -> None:
        write_line(summary(report))
        show_table(HEADERS, [_row(record) for record in operations], empty="No operation has begun.")

    data = {
        "run": report.as_dict(),
        "operations": [record.as_dict() for record in operations],
        "left_out": left_out,
        "checkpoint": checkpoint and checkpoint.as_dict(),
    }
    give(invocation, data, show)


def _row(record: "OperationRecord") -> tuple[Any, ...]:
    error = record.error.message if record.error else None
    state = str(record.state)
    return record.operation_id, record.kind, record.provider, state, record.attempt, as_seconds(_took(record)), error


def _took(record: "OperationRecord") -> float | None:
    if record.started_at is None or record.ended_at is None:
        return None
    return record.ended_at - record.started_at
