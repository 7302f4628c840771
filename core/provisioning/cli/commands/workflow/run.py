"""`provisioning workflow run`."""

import click

from provisioning.cli.command import house_command
from provisioning.cli.documents import document_argument, document_from
from provisioning.cli.driving import conclude, drive
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.single import workflow_id_option

__all__ = ["command"]


@house_command("run")
@document_argument
@workflow_id_option
@click.option("--parallelism", metavar="N", type=click.IntRange(1, 10_000), help="At most N operations at once.")
@click.option(
    "--on-failure",
    type=click.Choice(["rollback", "stop", "continue"]),
    help="What a failure means, where the operation does not say so itself.",
)
@click.option(
    "--no-rollback",
    is_flag=True,
    help="Undo nothing when something fails, whatever the workflow says: keep it to look at.",
)
@pass_invocation
def command(
    invocation: Invocation,
    file: str,
    workflow_id: str | None,
    parallelism: int | None,
    on_failure: str | None,
    *,
    no_rollback: bool,
) -> int:
    """Run a workflow and watch it until it ends.

    FILE is a TOML, YAML or JSON document, or - for standard input; TEMPLATE is the name of one that an extension
    brings (see `workflow templates`). Ctrl-C stops it in good order: what is in flight is recorded, and the run can
    be resumed or rolled back. A second Ctrl-C exits at once, which is safe too.
    """
    if no_rollback and on_failure == "rollback":
        raise click.UsageError("--no-rollback and --on-failure rollback contradict each other.")
    invocation.streams = True
    with invocation.connect(takes_inputs=True) as app:
        document = document_from(file)
        report = drive(
            invocation,
            lambda: app.start(
                document,
                inputs=invocation.inputs,
                workflow_id=workflow_id,
                parallelism=parallelism,
                on_failure=on_failure,
                no_rollback=no_rollback or None,
            ),
        )
    return conclude(invocation, report)
