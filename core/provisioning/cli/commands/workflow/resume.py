"""`provisioning workflow resume`."""

import click

from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_workflow_id
from provisioning.cli.driving import conclude, drive
from provisioning.cli.invocation import Invocation, pass_invocation

__all__ = ["command"]


@house_command("resume")
@click.argument("workflow_id", shell_complete=complete_workflow_id)
@pass_invocation
def command(invocation: Invocation, workflow_id: str) -> int:
    """Go on with a run that was killed, interrupted or failed.

    What the run had begun is asked for first: a server that was created just before the kill is adopted, not made
    again. The document is taken from the journal; the file it came from is not read.
    """
    invocation.streams = True
    with invocation.connect() as app:
        report = drive(invocation, lambda: app.resume(workflow_id))
    return conclude(invocation, report)
