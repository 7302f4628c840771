"""The workers keep every contract of engines: jobs travel through the queue, and a worker carries them out."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from provisioning.contract import Cancellation, EngineRun, Execute, Note, Route, WorkerOffer
from provisioning.contract.holder import this_holder
from provisioning.contract.wire import as_answer, as_job, error_answer
from provisioning.testing import EngineConformance
from provisioning.testing.conformance.engine import MakeEngine
from provisioning_postgres.engine import WorkersEngine
from provisioning_postgres.fleet import rescue
from provisioning_postgres.hub import Hub
from provisioning_postgres.journal import open_journal
from provisioning_postgres.worker import FleetWorker
from tests.fleet import until
from tests.store.scene import new_run


def _carrying_out(execute: Execute) -> Any:
    def carry_out(order: Mapping[str, Any], cancellation: Cancellation, note: Note, hold: Any) -> Mapping[str, Any]:
        try:
            hold()
            return as_answer(execute(as_job(order, {}), cancellation, note))
        except BaseException as error:
            return error_answer(error)

    return carry_out


class TestWorkers(EngineConformance):
    """The engine whose operations run in workers."""

    @pytest.fixture
    def make_engine(self, url: str) -> Iterator[MakeEngine]:
        """Yield what makes one, with a worker for it."""
        with ExitStack() as opened:

            def make(execute: Execute, capacity: int) -> WorkersEngine:
                journal = opened.enter_context(open_journal(url))
                journal.create_run(new_run("wf-conformance"))
                writer = journal.acquire("wf-conformance", this_holder())
                offer = WorkerOffer(("default",), capacity, (Route(),))
                worker = FleetWorker(journal, _carrying_out(execute), offer)
                thread = threading.Thread(target=worker.run)
                opened.callback(thread.join)
                opened.callback(worker.stop)
                thread.start()
                until(lambda: journal.connections.run(lambda c: c.execute("SELECT 1 FROM workers").fetchone()))
                hub = Hub(journal.connections, rescue)
                opened.callback(hub.close)
                return WorkersEngine(journal, hub, EngineRun("wf-conformance", writer.fence), capacity)

            yield make
