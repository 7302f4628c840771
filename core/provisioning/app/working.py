"""A worker of this workspace: it carries out what drivers on whatever host have ordered, and takes over lost runs."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from provisioning._version import __version__
from provisioning.app.parts import Parts
from provisioning.app.recovering import find_abandoned
from provisioning.app.run import Run
from provisioning.contract import DEFAULT_POOL, WorkerOffer
from provisioning.errors import JournalError, ProvisioningError, RunLocked

__all__ = ["WorkerProcess"]

_LOGGER = logging.getLogger("provisioning.worker")

LOOK_EVERY = 1.0
"""Seconds between two looks for runs whose driver is gone."""

AGAIN = 60.0
"""Seconds before a run is tried again that could not be driven here."""


class WorkerProcess:
    """Carries out orders for the pools that it is given, and drives runs that nobody drives any more.

    `resume` begins to drive a run; with `most` 0 nothing is driven here. At the end, what is driven is interrupted as
    by a signal, and goes on elsewhere.
    """

    def __init__(
        self,
        parts: Parts,
        resume: Callable[[str], Run],
        *,
        pools: Sequence[str] = (DEFAULT_POOL,),
        concurrency: int = 10,
        most: int = 50,
    ) -> None:
        self._parts = parts
        self._resume = resume
        self._most = most
        self._runs: dict[str, Run] = {}
        self._tried: dict[str, tuple[int, float]] = {}
        self._stopped = threading.Event()
        self.offer = WorkerOffer(
            pools=tuple(dict.fromkeys(pools)) or (DEFAULT_POOL,),
            concurrency=concurrency,
            routes=tuple(parts.routing.offered()),
            versions={record.name: record.version or "" for record in parts.registry.records if record.is_ready},
            core=__version__,
        )
        _ = parts.journal  # the queue is kept beside it
        _ = parts.plugins.hooks  # what watches and guards is there before the first order
        self._worker = parts.engines.worker(parts.errands.carry_out, self.offer)

    def run(self) -> None:
        """Work until `stop` is called and everything under way has ended."""
        watch = threading.Thread(target=self._watch, name="takeover", daemon=True)
        watch.start()
        try:
            self._worker.run()
        finally:
            self._stopped.set()
            watch.join()
            for run in self._runs.values():
                run.interrupt()
            for run in self._runs.values():
                run.join()

    def stop(self) -> None:
        """Take nothing more, and let `run` return when what is under way has ended; safe in a signal handler."""
        self._stopped.set()
        self._worker.stop()

    def _watch(self) -> None:
        while self._most and not self._stopped.wait(LOOK_EVERY):
            with suppress(JournalError):
                self.look()

    def look(self) -> None:
        """Begin to drive what nobody drives any more; raises `JournalError`."""
        now = time.monotonic()
        self._runs = {name: run for name, run in self._runs.items() if not run.is_over}
        for record in find_abandoned(self._parts.journal):
            name, fence = record.workflow_id, 0 if record.lease is None else record.lease.fence
            before, at = self._tried.get(name, (-1, 0.0))
            if name in self._runs or len(self._runs) >= self._most or (fence == before and now - at < AGAIN):
                continue
            self._tried[name] = fence, now
            _LOGGER.info("run %s is taken over: it is %s, and nobody drives it", name, record.state)
            try:
                self._runs[name] = self._resume(name)
            except RunLocked as error:
                _LOGGER.info("%s", error.message)
            except ProvisioningError as error:
                _LOGGER.warning("run %s is not driven here: %s", name, error.message)
