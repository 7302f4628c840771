"""What will change in the environment, told on stderr before it does, and what the installer says while it works."""

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from provisioning.cli.answer import write_line
from provisioning.cli.confirmation import confirm
from provisioning.cli.failure import say_warning
from provisioning.cli.invocation import Invocation
from provisioning.narrative.printable import printable

if TYPE_CHECKING:
    from provisioning.extensions import Change

__all__ = ["confirm_own", "dry_run_option", "say_line", "show_steps", "tell_steps", "warn_of_own"]

dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")


def say_line(line: str) -> None:
    """Print one line of what the installer, or this command, says on stderr.

    A reader who has gone is no reason to leave an installation half done.
    """
    with suppress(OSError):
        click.echo(printable(line), err=True)


def tell_steps(steps: Iterable[object]) -> None:
    """Print what will be done on stderr, a line for each step."""
    for step in steps:
        say_line(f"will {step}")


def show_steps(steps: Iterable[object], *, empty: str) -> None:
    """Print what would be done as an answer, a line for each step, or `empty` when there is none."""
    for line in [f"would {step}" for step in steps] or [empty]:
        write_line(printable(line))


def warn_of_own(changes: "Iterable[Change]") -> None:
    """Print a warning on stderr for each change of something that provisioning itself needs."""
    for change in changes:
        say_warning(f"provisioning itself needs {change.distribution}, and this is to {change}")


def confirm_own(invocation: Invocation, own: "Iterable[Change]", *, yes: bool) -> None:
    """Ask before anything is changed that provisioning itself needs."""
    names = ", ".join(change.distribution for change in own)
    if names:
        confirm(invocation, f"Change what provisioning itself needs ({names})?", yes=yes)
