"""`provisioning journal export`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from provisioning.cli.answer import give, write_json, write_line
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_workflow_id
from provisioning.cli.invocation import Invocation, pass_invocation

__all__ = ["command"]


@house_command("export")
@click.option("--run", "workflow_id", metavar="ID", shell_complete=complete_workflow_id, help="Only this run.")
@click.option("--output-file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write it there.")
@pass_invocation
def command(invocation: Invocation, workflow_id: str | None, output_file: Path | None) -> None:
    """Write everything that the journal holds as JSON lines.

    One line for the journal, then each run with its operations and its events, and a last line that counts them. The
    file appears when it is complete. Without --output-file the lines go to stdout, whatever --output says.
    """
    with invocation.open() as app:
        lines = app.journal_care.export(workflow_id)
        if output_file is None:
            for line in lines:
                write_json(line, compact=True)
            return
        end = _write(lines, output_file)
    data = {"file": str(output_file), **{name: end[name] for name in ("runs", "operations", "events")}}
    counts = f"{end['runs']} runs, {end['operations']} operations, {end['events']} events"
    give(invocation, data, lambda: write_line(f"{counts} written to {output_file}"))


def _write(lines: Iterator[Mapping[str, Any]], path: Path) -> Mapping[str, Any]:
    """Write the lines to a file of that name, whole or not at all, and return the last one."""
    draft = path.with_name(f"{path.name}.part")
    line: Mapping[str, Any] = {}
    try:
        with draft.open("w", encoding="utf-8") as file:
            for line in lines:
                file.write(json.dumps(line, separators=(",", ":")) + "\n")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise click.ClickException(f"cannot write {path}: {error.strerror}") from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return line
