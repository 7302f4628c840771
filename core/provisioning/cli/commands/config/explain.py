"""`provisioning config explain`."""

from typing import TYPE_CHECKING

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_config_key
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table
from provisioning.narrative.printable import as_text, printable

if TYPE_CHECKING:
    from provisioning.config import Explanation

__all__ = ["command"]


@house_command("explain")
@click.argument("key", shell_complete=complete_config_key)
@pass_invocation
def command(invocation: Invocation, key: str) -> None:
    """Show what each layer says about one setting, and which one wins.

    The strongest layer stands first: its value is the one that counts.
    """
    with invocation.open() as app:
        found = app.configuration.explain(key)
    give(invocation, found.as_dict(), lambda: _show(found))


def _show(found: "Explanation") -> None:
    write_line(f"{printable(found.key)} = {as_text(found.value)}")
    if found.problem is not None:
        write_line(printable(f"problem: {found.problem}"))
    rows = [
        ("wins" if place == 0 else "", setting.layer.label, setting.value, setting.file, setting.line)
        for place, setting in enumerate(found.settings)
    ]
    show_table(("", "layer", "as written", "file", "line"), rows, empty="No layer sets it.")
