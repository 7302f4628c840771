"""`provisioning extension uninstall`."""

from typing import TYPE_CHECKING

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.changes import say_line
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_extension
from provisioning.cli.confirmation import confirm, yes_option
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.narrative.printable import printable

if TYPE_CHECKING:
    from provisioning.app import Removal

__all__ = ["command"]


@house_command("uninstall")
@click.argument("name", shell_complete=complete_extension)
@click.option("--origin", help="Which of several of this name: package, folder_project, a distribution, a path.")
@yes_option
@pass_invocation
def command(invocation: Invocation, name: str, *, origin: str | None, yes: bool) -> None:
    """Uninstall an extension, for good.

    A package is uninstalled by pip or uv, a folder in extensions/ of the workspace or of the user is deleted; nothing
    of it is imported for that. What is bundled with provisioning can only be disabled, and a folder that was only
    pointed at (extensions.paths, --extension-path) is left to whoever pointed.
    """
    with invocation.open() as app:
        removal = app.extensions.plan_uninstall(name, origin=origin)
        _tell(removal)
        confirm(invocation, f"Uninstall {removal.name} for good?", yes=yes)
        app.extensions.uninstall(removal, say=say_line)
    give(invocation, removal.as_dict(), lambda: write_line(printable(_gone(removal))))


def _tell(removal: "Removal") -> None:
    say_line(f"will {removal}")
    if removal.also:
        say_line(f"that takes away as well: {', '.join(removal.also)}")
    if removal.needed_by:
        say_line(f"it is needed by, and they cannot be used without it: {', '.join(removal.needed_by)}")
    if removal.remaining:
        say_line(f"another {removal.name} stays: {' and '.join(removal.remaining)}")


def _gone(removal: "Removal") -> str:
    what = f"{removal.distribution} {removal.version}" if removal.folder is None else str(removal.folder)
    return f"{', '.join((removal.name, *removal.also))} is gone ({what})"
