"""`provisioning workflow logs`."""

import click

from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_workflow_id
from provisioning.cli.following import show_events
from provisioning.cli.invocation import Invocation, pass_invocation

__all__ = ["command"]


@house_command("logs")
@click.argument("workflow_id", shell_complete=complete_workflow_id)
@click.option("--follow", "-f", is_flag=True, help="Go on with new events until the run ends.")
@pass_invocation
def command(invocation: Invocation, workflow_id: str, *, follow: bool) -> int:
    """Print what happened in a run.

    One line for each event, from the journal: the run may be driven by another process, or be long over.
    """
    with invocation.open() as app:
        app.status(workflow_id)
        return show_events(invocation, app.events(workflow_id, follow=follow), follow=follow)
