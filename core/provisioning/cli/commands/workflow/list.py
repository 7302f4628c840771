"""`provisioning workflow list`."""

import click

from provisioning.cli.answer import give
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table
from provisioning.contract import RunState
from provisioning.narrative.printable import as_time

__all__ = ["command"]

HEADERS = ("workflow_id", "name", "state", "operations", "created", "updated")


@house_command("list")
@click.option("--state", type=click.Choice([state.value for state in RunState]), help="Only runs in this state.")
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=1), default=50, show_default=True, help="At most N of them."
)
@pass_invocation
def command(invocation: Invocation, state: str | None, limit: int) -> None:
    """List the runs of this workspace, the newest first.

    A run in state `running` or `rolling_back` that nobody drives any more was cut off: resume it or roll it back.
    """
    with invocation.connect() as app:
        runs = list(app.runs(limit=limit, state=state))
    rows = [
        (run.workflow_id, run.name, run.state, run.total, as_time(run.created_at), as_time(run.updated_at))
        for run in runs
    ]
    give(invocation, [run.as_dict() for run in runs], lambda: show_table(HEADERS, rows, empty="No run."))
