"""`provisioning extension validate`."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_extension
from provisioning.cli.exits import ExitCode
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_fields, show_table

if TYPE_CHECKING:
    from provisioning.app import App
    from provisioning.extensions import Examination, ExtensionRecord

__all__ = ["command"]

HEADERS = ("name", "version", "valid", "problem", "hint")


@house_command("validate")
@click.argument("extension", metavar="[NAME|PATH]", required=False, shell_complete=complete_extension)
@click.option("--import", "with_code", is_flag=True, help="Import it too, and ask it what keeps it from working here.")
@pass_invocation
def command(invocation: Invocation, extension: str | None, *, with_code: bool) -> int:
    """Check extensions and what is configured of them.

    An extension is given by its NAME, or by the PATH of its folder; without either, all are checked but those that
    come with provisioning and are off. The manifest, what it needs, the schema of its options and the options
    themselves are checked; one that is disabled is checked like the others. The exit code is 1 when something is wrong.
    """
    folder = _folder(extension)
    if folder is not None:
        invocation.extension_paths.append(str(folder))
    with invocation.open() as app:
        records = _records(app, extension, folder)
        found = [app.extensions.examine(record, with_code=with_code) for record in records]
    bad = [one.record.name for one in found if one.problems]
    give(
        invocation,
        [one.as_dict() for one in found],
        lambda: _show(found),
        status="error" if bad else "success",
        error={"code": "ExtensionInvalid", "message": f"something is wrong with: {', '.join(bad)}"} if bad else None,
    )
    return ExitCode.FAILED if bad else ExitCode.DONE


def _folder(extension: str | None) -> Path | None:
    """Return the folder that is meant; a bare word is a name."""
    if extension is None or (os.sep not in extension and extension not in (".", "..")):
        return None
    folder = Path(extension)
    if not folder.is_dir():
        raise click.BadParameter(f"Directory '{extension}' does not exist.", param_hint="'[NAME|PATH]'")
    return folder


def _records(app: "App", extension: str | None, folder: Path | None) -> "Sequence[ExtensionRecord]":
    if folder is not None:
        real = folder.resolve()
        return [one for one in app.registry.records if one.location and one.location.resolve().is_relative_to(real)]
    if extension is not None:
        return app.registry.named(extension)
    from provisioning.extensions import Status

    return [one for one in app.registry.records if not (one.origin.is_bundled and one.status is Status.DISABLED)]


def _show(found: "Sequence[Examination]") -> None:
    show_table(HEADERS, [row for one in found for row in _rows(one)], empty="There is no extension.")
    for one in found:
        if one.info:
            write_line()
            show_fields({"info": one.record.name, **one.info})


def _rows(one: "Examination") -> list[tuple[Any, ...]]:
    first = (one.record.name, one.record.version, not one.problems)
    if not one.problems:
        return [(*first, None, None)]
    return [(*first, " ".join(problem.message.split()), problem.hint) for problem in one.problems]
