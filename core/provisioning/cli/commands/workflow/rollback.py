"""`provisioning workflow rollback`."""

import click

from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_workflow_id
from provisioning.cli.confirmation import confirm, yes_option
from provisioning.cli.driving import conclude, drive
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.contract import RunState

__all__ = ["command"]


@house_command("rollback")
@click.argument("workflow_id", shell_complete=complete_workflow_id)
@click.option("--skip", metavar="OPERATION", multiple=True, help="Leave this operation as it is; repeatable.")
@click.option("--retry", is_flag=True, help="Try again what a rollback could not undo; refused where none has failed.")
@yes_option
@pass_invocation
def command(invocation: Invocation, workflow_id: str, skip: tuple[str, ...], *, retry: bool, yes: bool) -> int:
    """Undo what a run did, the newest first.

    A compensation that fails does not stop the others. What is left is listed with the reason: --retry tries it again,
    --skip leaves an operation as it is. The exit code is 0 when everything is undone, 5 when something is left.
    """
    invocation.streams = True
    left = "what is left of" if retry else "everything that"
    confirm(invocation, f"Undo {left} run {workflow_id}{'' if retry else ' did'}?", yes=yes)
    with invocation.connect() as app:
        report = drive(invocation, lambda: app.rollback(workflow_id, skip=skip, retry=retry))
    return conclude(invocation, report, goal=RunState.ROLLED_BACK)
