"""`provisioning cluster status`."""

from typing import Any

from provisioning.cli.answer import give, write_line
from provisioning.cli.command import house_command
from provisioning.cli.invocation import Invocation, pass_invocation
from provisioning.cli.table import show_table

__all__ = ["command"]

WORKERS = ("worker", "state", "pools", "running", "core", "seen")
QUEUES = ("pool", "needs", "waiting", "running", "oldest", "workers")
LEASES = ("workflow_id", "state", "driven_by")


@house_command("status")
@pass_invocation
def command(invocation: Invocation) -> None:
    """Show workers, pools, versions, queues and leases.

    A queue that waits and has no workers waits for one that has what it needs. It needs [engine] type = "workers".
    """
    with invocation.open() as app:
        data = app.workers.status()
    give(invocation, data, lambda: _show(data))


def _show(data: dict[str, Any]) -> None:
    rows = [
        (
            f"{worker['host']}/{worker['name'].split('/')[2]}",
            worker["state"],
            ", ".join(worker["pools"]),
            f"{worker['running']}/{worker['concurrency']}",
            worker["core"],
            f"{worker['seen_ago']:.0f} s ago",
        )
        for worker in data["workers"]
    ]
    show_table(WORKERS, rows, empty="No worker is there.")
    queues = [
        (queue["pool"], queue["needs"], queue["waiting"], queue["running"], f"{queue['oldest']:.1f} s", queue["served"])
        for queue in data["queues"]
    ]
    write_line("")
    show_table(QUEUES, queues, empty="Nothing waits.")
    leases = [(lease["workflow_id"], lease["state"], lease["driven_by"]) for lease in data["leases"]]
    write_line("")
    show_table(LEASES, leases, empty="No run is driven.")
