"""One operation as a workflow of its own: how a command changes a server, journaled and as safe to kill as any run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from provisioning.cli.completions import complete_provider
from provisioning.cli.driving import conclude, drive
from provisioning.cli.invocation import Invocation
from provisioning.cli.table import show_fields

if TYPE_CHECKING:
    from provisioning.cli.provisioner import Provisioner

__all__ = ["change_server", "provider_option", "run_single", "workflow_id_option"]

OPERATION_ID = "server"
LONGEST_NAME = 200

provider_option = click.option(
    "--provider", metavar="NAME", shell_complete=complete_provider, help="The provider instance to ask."
)
workflow_id_option = click.option(
    "--workflow-id", metavar="ID", help="The id of this run; the same id twice is one run."
)


def run_single(
    invocation: Invocation,
    app: "Provisioner",
    kind: str,
    subject: str,
    *,
    provider: str,
    parameters: Mapping[str, Any],
    workflow_id: str | None,
) -> int:
    """Run one operation of `kind`, answer with the server as it left it, and return the exit code."""
    from provisioning.template import escape

    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in parameters.items()}
    operation = {"id": OPERATION_ID, "kind": kind, "provider": provider, "parameters": escape(plain)}
    document = {"name": f"{kind} {subject}"[:LONGEST_NAME], "operations": [operation]}
    report = drive(invocation, lambda: app.start(document, workflow_id=workflow_id))
    result = next((dict(record.result or {}) for record in app.operations(report.workflow_id)), {})
    data = {"workflow_id": report.workflow_id, "server": result}
    return conclude(invocation, report, data=data, show=lambda: show_fields(result))


def change_server(
    invocation: Invocation, kind: str, server_id: str, *, provider: str | None, workflow_id: str | None
) -> int:
    """Run one operation on a server that exists; without `provider` every instance is asked whose it is."""
    invocation.streams = True
    with invocation.connect() as app:
        owner = provider or app.get_server(server_id).provider
        assert owner is not None  # noqa: S101 - the application fills in the provider of every server
        parameters = {"server_id": server_id}
        return run_single(
            invocation, app, kind, server_id, provider=owner, parameters=parameters, workflow_id=workflow_id
        )
