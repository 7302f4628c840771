"""`provisioning journal vacuum`."""

from provisioning.cli.answer import give
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_fields

__all__ = ["command"]


@house_command("vacuum")
@pass_invocation
def command(invocation: Invocation) -> None:
    """Give back the room that nothing is in any more.

    The file is written anew, which takes as much room again while it lasts. It is refused while a run is driven.
    """
    with invocation.open() as app:
        care = app.journal_care
        sizes = care.vacuum()
    data = {"path": str(care.place), "bytes_before": sizes.before, "bytes_after": sizes.after}
    give(invocation, data, lambda: show_fields(data))
