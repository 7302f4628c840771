"""The engine that the configuration names: the core's own threads, or one that an extension makes."""

from collections.abc import Callable

from provisioning.app.hiding import hiding
from provisioning.app.offered import find_offered, problems_in
from provisioning.config import CORE_ENGINE, Configuration
from provisioning.contract import CarryOut, ClusterStatus, Engine, EngineRun, Execute, Worker, WorkerOffer
from provisioning.dispatch import Service
from provisioning.engine import ThreadEngine
from provisioning.errors import ConfigurationError, Problem
from provisioning.extensions import ENGINES, ExtensionRecord, Registry

__all__ = ["Engines"]

_KEY = "engine.type"


class Engines:
    """Makes an engine for each run; `service` makes an extension ready."""

    def __init__(
        self, configuration: Configuration, registry: Registry, service: Callable[[ExtensionRecord], Service]
    ) -> None:
        self._configuration = configuration
        self._registry = registry
        self._service = service

    def check(self) -> None:
        """Raise what keeps engines from being made, before anything is done: the extension is made ready for that."""
        record = self._record()
        if record is not None:
            with hiding(self._configuration.redactor):
                self._service(record)

    def check_queue(self) -> None:
        """Raise what keeps workers from being ordered anything, before a run is recorded; nothing without workers."""
        if self.is_remote:
            self.cluster_status()

    @property
    def is_remote(self) -> bool:
        """Whether operations run in workers, other processes."""
        record = self._record()
        return record is not None and record.manifest.engine.remote

    def worker(self, carry_out: CarryOut, offer: WorkerOffer) -> Worker:
        """Return a worker of the engine; raise `ConfigurationError` for an engine that has none."""
        with hiding(self._configuration.redactor):
            return self._remote().create_worker(self._configuration.engine.type, carry_out, offer)

    def cluster_status(self) -> ClusterStatus:
        """Return the workers that are there, and what waits for them; raise as `worker`."""
        with hiding(self._configuration.redactor):
            return self._remote().cluster_status(self._configuration.engine.type)

    def _remote(self) -> Service:
        record = self._record()
        if record is None or not record.manifest.engine.remote:
            kind = self._configuration.engine.type
            problem = self._configuration.problem(
                _KEY, f"the engine {kind!r} has no workers: it runs operations itself", 'set it to "workers"'
            )
            raise ConfigurationError.from_problems("the configuration", [problem])
        return self._service(record)

    def make(self, execute: Execute, capacity: int, run: EngineRun) -> Engine:
        """Return an engine that calls `execute` for up to `capacity` jobs at once, for a run."""
        record = self._record()
        if record is None:
            return ThreadEngine(execute, capacity)
        with hiding(self._configuration.redactor):
            return self._service(record).create_engine(self._configuration.engine.type, execute, capacity, run)

    def problems(self) -> list[Problem]:
        """Return what is wrong with what is configured, importing nothing."""
        return problems_in(_KEY, self._record, self._configuration)

    def _record(self) -> ExtensionRecord | None:
        """Return the extension that makes the engine, None for the core's own."""
        kind = self._configuration.engine.type
        if kind == CORE_ENGINE:
            return None
        return find_offered(
            ENGINES, kind, key=_KEY, core=CORE_ENGINE, configuration=self._configuration, registry=self._registry
        )
