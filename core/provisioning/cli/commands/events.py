"""`provisioning events`."""

import click

from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_workflow_id
from provisioning.cli.following import show_events
from provisioning.cli.invocation import Invocation, pass_invocation

__all__ = ["command"]


@house_command("events")
@click.argument("workflow_id", required=False, shell_complete=complete_workflow_id)
@click.option("--follow", "-f", is_flag=True, help="Go on with new events; those of one run until it ends.")
@click.option("--after", metavar="N", type=click.IntRange(min=0), default=0, help="Only events after number N.")
@pass_invocation
def command(invocation: Invocation, workflow_id: str | None, *, follow: bool, after: int) -> int:
    """Print the events of all runs, or of one.

    The events come from the journal, so those of a run that another process drives are there as well. Without
    WORKFLOW_ID, --follow goes on until it is stopped with Ctrl-C.
    """
    with invocation.connect() as app:
        return show_events(
            invocation, app.events(workflow_id, after=after, follow=follow), follow=follow, with_run=True
        )
