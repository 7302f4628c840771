"""The answer of a command that switched an extension on or off: what holds now, and what stands in the way of it."""

from pathlib import Path

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.invocation import Invocation
from provisioning.narrative.printable import printable

__all__ = ["answer_switched"]


def answer_switched(invocation: Invocation, name: str, path: Path, *, is_on: bool) -> None:
    """Open the workspace again and answer with the extension as it stands now; `path` is the file that says so."""
    from provisioning.extensions import Status

    with invocation.open() as app:
        record = app.registry.get(name)
    status = record.status.replace("_", " ")

    def show() -> None:
        write_line(printable(f"{record.name} is {status} now ({path})"))

    give(invocation, {**record.as_dict(), "written": str(path)}, show)
    if is_on is (record.status is Status.DISABLED):
        where = "provisioning config explain extensions.disabled"
        click.echo(printable(f"something else decides that, and it stays {status}: {where}"), err=True)
