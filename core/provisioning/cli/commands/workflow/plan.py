"""`provisioning workflow plan`."""

from typing import TYPE_CHECKING

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.documents import document_argument, document_from
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.narrative.printable import printable

if TYPE_CHECKING:
    from provisioning.cli.provisioner import ShownPlan

__all__ = ["command"]


@house_command("plan")
@document_argument
@pass_invocation
def command(invocation: Invocation, file: str) -> None:
    """Show what a workflow would do and how it would be undone; change nothing.

    FILE is a TOML, YAML or JSON document, or - for standard input; TEMPLATE is the name of one that an extension
    brings. The operations stand in layers: those of one layer can run at the same time, as far as `parallelism` and
    the providers' own limits allow.
    """
    with invocation.connect(takes_inputs=True) as app:
        plan = app.plan(document_from(file), inputs=invocation.inputs)
        give(invocation, plan.as_dict(), lambda: _show(plan))


def _show(plan: "ShownPlan") -> None:
    operations = {operation.id: operation for operation in plan.operations}
    write_line(printable(f"{plan.name}: {len(operations)} operations, at most {plan.parallelism} at once"))
    write_line(f"on failure: {plan.on_failure}")
    for number, layer in enumerate(plan.layers(), start=1):
        write_line(f"\nlayer {number}")
        for name in layer:
            operation = operations[name]
            where = f" on {', else '.join(operation.places)}" if operation.places else ""
            write_line(printable(f"  {name}: {operation.kind}{where}"))
            write_line(printable(f"      does:  {operation.summary}"))
            if operation.needs:
                write_line(printable(f"      after: {', '.join(operation.needs)}"))
            write_line(printable(f"      undo:  {operation.undo or 'nothing to undo'}"))
