"""`provisioning workflow plan`."""

from typing import TYPE_CHECKING

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.documents import document_argument, document_from
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.narrative.printable import printable

if TYPE_CHECKING:
    from provisioning.app import Cost
    from provisioning.cli.provisioner import ShownPlan

__all__ = ["command"]


@house_command("plan")
@document_argument
@click.option("--no-prices", is_flag=True, help="Do not ask clouds what the servers would cost.")
@pass_invocation
def command(invocation: Invocation, file: str, *, no_prices: bool) -> None:
    """Show what a workflow would do and how it would be undone; change nothing.

    FILE is a TOML, YAML or JSON document, or - for standard input; TEMPLATE is the name of one that an extension
    brings. The operations stand in layers: those of one layer can run at the same time, as far as `parallelism` and
    the providers' own limits allow. What the servers would cost for one hour is added up, as far as their clouds tell.
    """
    with invocation.connect(takes_inputs=True) as app:
        plan = app.plan(document_from(file), inputs=invocation.inputs)
        cost = None if no_prices else app.cost(plan)
        data = {**plan.as_dict(), "cost": None if cost is None else cost.as_dict()}
        give(invocation, data, lambda: _show(plan, cost))


def _show(plan: "ShownPlan", cost: "Cost | None") -> None:
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
            if cost is not None and name in cost.operations:
                amount, currency = cost.operations[name]
                write_line(f"      costs: {amount} {currency} an hour")
            write_line(printable(f"      undo:  {operation.undo or 'nothing to undo'}"))
    if cost is not None and (cost.hourly or cost.unknown):
        write_line()
        write_line(printable(_sum(cost)))


def _sum(cost: "Cost") -> str:
    """Return `at least 0.01 EUR an hour; the price of 2 servers is not known`."""
    sums = " and ".join(f"{amount} {currency}" for currency, amount in sorted(cost.hourly.items()))
    known = f"{'at least ' if cost.unknown else ''}{sums} an hour" if sums else ""
    count = len(cost.unknown)
    missing = f"the price of {count} {'server' if count == 1 else 'servers'} is not known" if count else ""
    return "; ".join(filter(None, (known, missing)))
