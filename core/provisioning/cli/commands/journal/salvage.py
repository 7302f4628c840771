"""`provisioning journal salvage`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.exits import ExitCode
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table

if TYPE_CHECKING:
    from provisioning.store import Salvage

__all__ = ["command"]

FILE = click.Path(dir_okay=False, path_type=Path)


@house_command("salvage")
@click.argument("source", metavar="FROM", type=FILE)
@click.argument("target", metavar="TO", type=FILE)
@pass_invocation
def command(invocation: Invocation, source: Path, target: Path) -> int:
    """Put what can be read of a damaged journal into a new one.

    FROM is only read; TO must not be there yet. A run that is whole is kept as it was. Of one that is not, what is
    left is kept as `rollback_failed`: it can be rolled back as far as it is known, and never resumed. The exit code
    is 3 when anything was lost.
    """
    with invocation.open() as app:
        salvage = app.journal_care.salvage(source, target)
    is_complete = salvage.is_complete
    give(invocation, {"file": str(target), **salvage.as_dict()}, lambda: _show(salvage, target))
    return ExitCode.DONE if is_complete else ExitCode.PARTIAL


def _show(salvage: "Salvage", target: Path) -> None:
    counts = f"{len(salvage.whole)} runs are whole, {len(salvage.remnants)} in part, {len(salvage.lost)} lost"
    write_line(f"{target}: {counts}")
    rows = [
        *((workflow_id, "in part", "; ".join(problems)) for workflow_id, problems in salvage.remnants.items()),
        *((workflow_id, "lost", None) for workflow_id in salvage.lost),
        *((None, "lost", loss) for loss in salvage.losses),
    ]
    if rows:
        show_table(("workflow_id", "kept", "what is missing"), rows, empty="")
