"""`provisioning journal move`."""

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation

__all__ = ["command"]


@house_command("move")
@click.option("--to", "url", metavar="URL", required=True, help="Where the journal is to be: a [store] url.")
@pass_invocation
def command(invocation: Invocation, url: str) -> None:
    """Put everything that the journal holds into another one, and go on there.

    The other one must be empty. Both are compared, line by line, before the old one is retired: it can be read from
    then on, and takes no change. It is refused while a run is driven. Set [store] url to the new one afterwards.
    """
    with invocation.open() as app:
        moved = app.journal_care.move(url)
    counts = f"{moved.runs} runs, {moved.operations} operations, {moved.events} events"
    give(invocation, moved.as_dict(), lambda: write_line(f"{counts} moved, and the same in both journals"))
