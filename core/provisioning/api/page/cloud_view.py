"""The servers of all providers, asked side by side, with those marked that no run accounts for."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from provisioning.app import App, Stray
from provisioning.contract import Server
from provisioning.errors import ErrorInfo, ProvisioningError
from provisioning.workflow import Ownership

__all__ = ["CloudView", "view_clouds"]

MOST_SERVERS = 1000
_SERVER = "server"


@dataclass(frozen=True, slots=True)
class CloudView:
    """One provider instance: its servers, at most `MOST_SERVERS`, or why it cannot be asked; `strays` by server id."""

    name: str
    servers: Sequence[Server]
    strays: Mapping[str, Stray]
    others: Sequence[Stray] = ()
    """Volumes, networks, key pairs and firewalls that no run accounts for."""
    is_cut: bool = False
    error: ErrorInfo | None = None

    def run_of(self, server: Server) -> str | None:
        """Return the run that made a server, by its labels; None when no run did."""
        owner = Ownership.from_labels(server.labels)
        return None if owner is None else owner.workflow_id


def view_clouds(app: App) -> list[CloudView]:
    """Return all provider instances; one that fails hides nothing of the others."""
    names = [summary.name for summary in app.providers()]
    if not names:
        return []
    with ThreadPoolExecutor(min(16, len(names)), thread_name_prefix="servers") as pool:
        return list(pool.map(lambda name: _view(app, name), names))


def _view(app: App, name: str) -> CloudView:
    try:
        servers = list(islice(app.servers(name), MOST_SERVERS + 1))
        report = app.orphans(name, older_than=0.0)
    except ProvisioningError as error:
        return CloudView(name, (), {}, error=error.info())
    return CloudView(
        name,
        servers[:MOST_SERVERS],
        {stray.found.id: stray for stray in report.strays if stray.kind == _SERVER},
        [stray for stray in report.strays if stray.kind != _SERVER],
        is_cut=len(servers) > MOST_SERVERS,
        error=report.failures.get(name),
    )
