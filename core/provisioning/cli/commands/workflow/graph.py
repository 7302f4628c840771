"""`provisioning workflow graph`."""

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_workflow_id
from provisioning.cli.documents import document_from
from provisioning.cli.invocation import Invocation, pass_invocation

__all__ = ["command"]


@house_command("graph")
@click.argument("file", metavar="[FILE|TEMPLATE]", type=click.Path(allow_dash=True), required=False)
@click.option("--run", "workflow_id", metavar="ID", shell_complete=complete_workflow_id, help="The graph of this run.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "dot"]),
    default="mermaid",
    help="The language.",
    show_default=True,
)
@pass_invocation
def command(invocation: Invocation, file: str | None, workflow_id: str | None, form: str) -> None:
    """Print the graph of a workflow for Mermaid or Graphviz.

    Give a document (- for standard input, or the name of a template), or --run for one that was run already.
    """
    if (file is None) == (workflow_id is None):
        raise click.UsageError("give either FILE or --run ID.")
    with invocation.connect(takes_inputs=True) as app:
        if workflow_id is not None:
            plan = app.run_plan(workflow_id)
        else:
            plan = app.plan(document_from(str(file)), inputs=invocation.inputs)
        text = plan.as_dot() if form == "dot" else plan.as_mermaid()
    give(invocation, {"format": form, "graph": text}, lambda: write_line(text.rstrip("\n")))
