"""`provisioning workflow logs`."""

import click

from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_workflow_id
from provisioning.cli.following import show_events
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.limit import limit_option, tell_left_out

__all__ = ["command"]


@house_command("logs")
@click.argument("workflow_id", shell_complete=complete_workflow_id)
@click.option("--follow", "-f", is_flag=True, help="Go on with new events until the run ends.")
@limit_option(1000, "Print at most the newest N events; 0 prints all.")
@pass_invocation
def command(invocation: Invocation, workflow_id: str, *, follow: bool, limit: int | None) -> int:
    """Print what happened in a run.

    One line for each event, from the journal: the run may be driven by another process, or be long over.
    """
    with invocation.connect() as app:
        events = app.events(workflow_id, newest=limit, follow=follow)
        tell_left_out("event", app.record(workflow_id).events, limit)
        return show_events(invocation, events, follow=follow)
