"""`provisioning extension new`."""

from pathlib import Path

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.changes import say_line
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.narrative.printable import printable

__all__ = ["command"]

TYPES = ("provider", "workflow", "hooks")
LANGUAGES = ("python", "nushell", "bash", "node", "rust")


@house_command("new")
@click.argument("name")
@click.option("--type", "kind", type=click.Choice(TYPES), required=True, help="What it is for.")
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="python", show_default=True, help="What it is written in."
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder in which it gets a folder of its own; the current one without it.",
)
@pass_invocation
def command(invocation: Invocation, name: str, kind: str, language: str, into: Path) -> None:
    """Begin an extension: write a package or a folder that passes its own tests.

    In Python it is a package for pip, provisioning-NAME; in any other language a folder with a program, NAME. Each has
    a manifest, a schema of its options, code that works, and tests. Nothing is overwritten.
    """
    from provisioning.errors import ConfigurationError
    from provisioning.extensions import ExtensionType, Language, Skeleton

    skeleton = Skeleton(name, ExtensionType(kind), Language(language))
    with invocation.open() as app:
        for record in app.registry.records:
            if record.name == name:
                message = f"there is an extension {name} already: {record.origin}"
                raise ConfigurationError(message, hint="take another name")
    folder = skeleton.write(into)
    written = [str(folder / path) for path in skeleton.files()]
    steps = skeleton.next_steps(folder)
    data = {"folder": str(folder), "written": written, "next": steps}
    give(invocation, data, lambda: _show(written))
    if not invocation.is_json:
        for step in steps:
            say_line(f"next: {step}")


def _show(written: list[str]) -> None:
    for path in written:
        write_line(printable(f"wrote {path}"))
