"""`provisioning extension freeze`."""

from pathlib import Path

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.changes import say_line
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.narrative.printable import printable

__all__ = ["command"]


@house_command("freeze")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@pass_invocation
def command(invocation: Invocation, file: Path | None) -> None:
    """Print which extensions there are, in which versions.

    As a TOML document, or into FILE: packages with their exact versions, folders with a digest of what is in them, and
    whether each is enabled. `extension restore` brings that back, here or elsewhere. What is broken is left out.
    """
    from provisioning.extensions import can_be_frozen, write_frozen

    with invocation.open() as app:
        frozen = app.extensions.freeze()
        left_out = {record.name: record.status for record in app.registry.records if not can_be_frozen(record)}
    for name, status in left_out.items():
        say_line(f"left out: {name} is {status.replace('_', ' ')}")
    if file is None:
        give(invocation, frozen.as_dict(), lambda: write_line(frozen.as_toml().rstrip("\n")))
        return
    write_frozen(file, frozen)
    give(invocation, {**frozen.as_dict(), "written": str(file)}, lambda: write_line(printable(f"wrote {file}")))
