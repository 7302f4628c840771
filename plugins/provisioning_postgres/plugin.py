"""The extension's one plugin: it opens the journal that a URL names, and has operations carried out by workers."""

import threading
from typing import TYPE_CHECKING

from provisioning.contract import (
    CarryOut,
    ClusterStatus,
    Engine,
    EngineRun,
    ExtensionContext,
    Journal,
    Worker,
    WorkerOffer,
    hookimpl,
)
from provisioning.errors import ConfigurationError

if TYPE_CHECKING:
    from provisioning_postgres.hub import Hub
    from provisioning_postgres.journal import PostgresJournal

__all__ = ["PostgresPlugin"]


class PostgresPlugin:
    """Answers for the URLs that begin with `postgresql:`, and for the engine `workers`, whose queue is beside them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._journal: PostgresJournal | None = None
        self._hub: Hub | None = None

    @hookimpl
    def extension_activate(self, context: ExtensionContext) -> None:
        """Let go of what listens at the end."""
        context.on_deactivate(self._close)

    @hookimpl
    def open_store(self, url: str) -> Journal:
        """Open the journal on a server, and make it where there is none."""
        try:
            from provisioning_postgres.journal import open_journal  # noqa: PLC0415 - the client is an extra
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f"[store] url names a PostgreSQL server, and {error.name} is not installed",
                hint="pip install 'provisioning[postgres]'",
            ) from error
        journal = open_journal(url)
        with self._lock:
            self._journal = self._journal or journal
        return journal

    @hookimpl
    def create_engine(self, capacity: int, run: EngineRun) -> Engine:
        """Return an engine that orders jobs in the queue beside the journal."""
        from provisioning_postgres.engine import WorkersEngine  # noqa: PLC0415 - the queue is an extra

        return WorkersEngine(self._opened(), self._hub_of(self._opened()), run, capacity)

    @hookimpl
    def create_worker(self, carry_out: CarryOut, offer: WorkerOffer) -> Worker:
        """Return a worker that takes orders from that queue."""
        from provisioning_postgres.worker import FleetWorker  # noqa: PLC0415 - the queue is an extra

        return FleetWorker(self._opened(), carry_out, offer)

    @hookimpl
    def cluster_status(self) -> ClusterStatus:
        """Return the workers that are there, and what waits for them."""
        from provisioning_postgres.status import cluster_status  # noqa: PLC0415 - the client is an extra

        return self._opened().connections.run(cluster_status)

    def _opened(self) -> "PostgresJournal":
        if self._journal is None:
            raise ConfigurationError(
                'the engine "workers" needs a journal on a PostgreSQL server: its queue is kept beside it',
                hint="set [store] url to postgresql://...",
            )
        return self._journal

    def _hub_of(self, journal: "PostgresJournal") -> "Hub":
        from provisioning_postgres.fleet import rescue  # noqa: PLC0415 - the client is an extra
        from provisioning_postgres.hub import Hub  # noqa: PLC0415 - the client is an extra

        with self._lock:
            if self._hub is None:
                self._hub = Hub(journal.connections, rescue)
            return self._hub

    def _close(self) -> None:
        with self._lock:
            hub, self._hub = self._hub, None
        if hub is not None:
            hub.close()
