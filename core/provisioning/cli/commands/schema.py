"""`provisioning schema`."""

from collections.abc import Mapping
from typing import Any

import click

from provisioning.cli.answer import give, write_json
from provisioning.cli.command import house_command
from provisioning.cli.completions import complete_schema
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table

__all__ = ["command"]


@house_command("schema")
@click.argument("name", required=False, shell_complete=complete_schema)
@pass_invocation
def command(invocation: Invocation, name: str | None) -> None:
    """List the JSON Schemas of all documents, or print one.

    A schema is printed as it is, so that it can be saved and named in an editor; with --output json it stands in
    the answer's `data`.
    """
    with invocation.open() as app:
        schemas = app.schemas()
    if name is None:
        rows = [(key, schema.get("title"), schema.get("description")) for key, schema in sorted(schemas.items())]
        give(invocation, schemas, lambda: show_table(("name", "title", "description"), rows, empty="No schema."))
        return
    schema = _chosen(schemas, name)
    give(invocation, schema, lambda: write_json(schema))


def _chosen(schemas: Mapping[str, Any], name: str) -> Any:
    if name not in schemas:
        raise click.UsageError(f"there is no schema '{name}'; there are: {', '.join(sorted(schemas))}.")
    return schemas[name]
