"""`provisioning workflow cancel`."""

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_workflow_id
from provisioning.cli.confirmation import confirm, yes_option
from provisioning.cli.invocation import Invocation, pass_invocation

__all__ = ["command"]


@house_command("cancel")
@click.argument("workflow_id", shell_complete=complete_workflow_id)
@click.option("--rollback", is_flag=True, help="Undo what the run did, too.")
@yes_option
@pass_invocation
def command(invocation: Invocation, workflow_id: str, *, rollback: bool, yes: bool) -> None:
    """Ask a run to stop, wherever it is driven from.

    The process that drives the run records what is in flight and stops. The command does not wait for it: follow
    the run with `workflow logs -f`.
    """
    if rollback:
        confirm(invocation, f"Stop run {workflow_id} and undo everything that it did?", yes=yes)
    with invocation.connect() as app:
        app.cancel(workflow_id, rollback=rollback)
    give(
        invocation,
        {"workflow_id": workflow_id, "rollback": rollback},
        lambda: write_line(f"asked run {workflow_id} to stop{' and to undo what it did' if rollback else ''}"),
        status="pending",
    )
