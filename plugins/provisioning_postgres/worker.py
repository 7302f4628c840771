"""A worker: Procrastinate's, with our orders as its one task, signs of life, and a drain at its end."""

import asyncio
import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import JobContext
from procrastinate.worker import Worker as QueueWorker
from psycopg.conninfo import make_conninfo

from provisioning.contract import Cancellation, CarryOut, WorkerOffer
from provisioning.contract.holder import this_holder
from provisioning.contract.wire import note_answer
from provisioning.errors import JournalError, RunFenced
from provisioning_postgres.connections import OPTIONS, Connections
from provisioning_postgres.encoding import decode, encode
from provisioning_postgres.fleet import DEAD_AFTER, TASK, forget, queues_of, rescue
from provisioning_postgres.journal import PostgresJournal

__all__ = ["FleetWorker"]

_LOGGER = logging.getLogger("provisioning.worker")

BEAT = 2.0
"""Seconds between two signs of life."""

ABORT_LOOK = 0.25
"""Seconds between two looks for jobs that should end."""

MAY_GO_ON = """
SELECT 1 FROM procrastinate_jobs, runs
WHERE id = %s AND status = 'doing' AND worker_id = %s AND workflow_id = %s AND lease_fence = %s
"""

KNOWN_FOR = 1.0
"""Seconds for which it is known that an order is this worker's still."""

REGISTER = """
INSERT INTO workers (name, queue_worker, host, pools, queues, concurrency, state, core, versions)
VALUES (%s, %s, %s, %s, %s, %s, 'working', %s, %s::jsonb)
"""

SIGN = "UPDATE workers SET beat_at = clock_timestamp(), running = %s, state = %s WHERE name = %s"

ANSWER = "SELECT give_answer(%s, %s, %s, %s, %s, %s, %s)"


class _Lost(Exception):
    """Others took this worker for dead: what it had under way is answered for, and it begins anew."""


class FleetWorker:
    """Takes orders from the queues of its offer, until it is stopped."""

    def __init__(self, journal: PostgresJournal, carry_out: CarryOut, offer: WorkerOffer) -> None:
        self._connections = journal.connections
        self._carry_out = carry_out
        self._offer = offer
        self._queues = queues_of(offer)
        self._stopping = threading.Event()
        self._running: dict[int, tuple[JobContext, Cancellation]] = {}
        self._name = ""
        self._number: int | None = None
        self._server_began = ""

    def run(self) -> None:
        """Work until `stop` is called and what is under way has ended; a server that is gone is waited for."""
        while not self._stopping.is_set():
            try:
                asyncio.run(self._work())
            except (ConnectorException, psycopg.Error, JournalError, _Lost, OSError) as error:
                _LOGGER.warning("the worker begins anew: %s", error)
                self._stopping.wait(0.5)

    def stop(self) -> None:
        """Take nothing more, and let `run` return when what is under way has ended; safe in a signal handler."""
        self._stopping.set()

    # -- one life -----------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        location = self._connections.location
        given = psycopg.conninfo.conninfo_to_dict(location.conninfo)
        options = {name: value for name, value in OPTIONS.items() if name not in given}
        settings = f"{given.get('options', '')} -c search_path={location.schema}".strip()
        conninfo = make_conninfo(location.conninfo, **{**options, "options": settings})  # type: ignore[arg-type]
        connector = PsycopgConnector(conninfo=conninfo, min_size=1, max_size=4, timeout=10)
        loop = asyncio.get_running_loop()
        threads = ThreadPoolExecutor(self._offer.concurrency, thread_name_prefix="order")
        loop.set_default_executor(threads)
        app = App(connector=connector)
        app.task(name=TASK, pass_context=True)(self._do)
        async with app.open_async():
            aside = ThreadPoolExecutor(
                1, thread_name_prefix="life"
            )  # where no order can keep signs of life from being given
            worker = QueueWorker(
                app,
                queues=self._queues,
                concurrency=self._offer.concurrency,
                install_signal_handlers=False,
                delete_jobs="always",
                fetch_job_polling_interval=1.0,
                abort_job_polling_interval=1.0,
                update_heartbeat_interval=BEAT,
                stalled_worker_timeout=DEAD_AFTER * 4,
            )
            life = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
            try:
                await self._live(worker, life, aside)
            finally:
                if not life.done():
                    worker.stop()  # type: ignore[no-untyped-call]
                    await asyncio.wait([life])
                threads.shutdown()  # calls that are under way end, and are answered for, before others may go on
                aside.shutdown()
                self._leave()

    async def _live(self, worker: QueueWorker, life: "asyncio.Task[None]", aside: ThreadPoolExecutor) -> None:
        """Give signs of life, in a thread `aside`, and look after what is under way, until the worker has ended."""
        loop = asyncio.get_running_loop()
        while worker.worker_id is None and not life.done():
            await asyncio.sleep(0.01)
        self._name, self._number = this_holder(), worker.worker_id
        await loop.run_in_executor(aside, self._register)
        last, began = time.monotonic(), self._server_began
        while not life.done():
            if self._stopping.is_set():
                worker.stop()  # type: ignore[no-untyped-call]
            for context, cancellation in list(self._running.values()):
                if context.should_abort():
                    cancellation.cancel()
            if time.monotonic() - last >= BEAT:
                last = time.monotonic()
                if not await loop.run_in_executor(aside, self._beat):
                    raise _Lost("others took it for dead")
                if self._server_began != began:
                    worker.stop()  # type: ignore[no-untyped-call]  # its listener hears nothing any more, and does not know
            await asyncio.wait([life], timeout=ABORT_LOOK)
        life.result()

    def _register(self) -> None:
        offer = self._offer
        host = self._name.split("/")[0]
        values = (
            *(self._name, self._number, host, list(offer.pools), self._queues, offer.concurrency, offer.core),
            encode(offer.versions),
        )

        def work(connection: psycopg.Connection) -> None:
            connection.execute(REGISTER, values)
            self._server_began = _began(connection)

        self._connections.run(work)
        _LOGGER.info("worker %s serves %s", self._name, ", ".join(offer.pools))

    def _beat(self) -> bool:
        state = "draining" if self._stopping.is_set() else "working"
        values = (len(self._running), state, self._name)

        def work(connection: psycopg.Connection) -> bool:
            is_known = connection.execute(SIGN, values).rowcount == 1
            self._server_began = _began(connection)
            rescue(connection)
            return is_known

        return self._connections.run(work)

    def _leave(self) -> None:
        def work(connection: psycopg.Connection) -> None:
            with connection.transaction():
                forget(connection, self._name)

        with suppress(JournalError):
            self._connections.run(work)

    # -- one order ----------------------------------------------------------------------------------------------

    def _do(self, context: JobContext, /, **given: Any) -> None:
        """Carry an order out, in a thread of the worker's."""
        number, worker = context.job.id, context.job.worker_id
        assert number is not None  # noqa: S101 - it was fetched
        assert worker is not None  # noqa: S101 - by this worker
        order = {**decode(given["order"]), "reply": given["reply"]}
        cancellation = Cancellation()
        self._running[number] = context, cancellation
        holding = _Holding(self._connections, order, number, worker, fetched_ago=time.time() - context.start_timestamp)
        try:
            holding.answer(self._carry_out(order, cancellation, holding.note, holding.hold))
        finally:
            self._running.pop(number, None)


def _began(connection: psycopg.Connection) -> str:
    """Return when the server began: another moment than before says that it was restarted."""
    row = connection.execute("SELECT pg_postmaster_start_time()::text").fetchone()
    return "" if row is None else str(row[0])


class _Holding:
    """One order as long as it is this worker's: nobody else has answered for it, and its run has the same driver.

    That was so when the order was fetched, and is not asked again within a second: nobody is taken for dead so soon,
    and what another driver orders of the same operation stands in the same lane.
    """

    def __init__(
        self, connections: Connections, order: Mapping[str, Any], number: int, worker: int, *, fetched_ago: float
    ) -> None:
        self._connections = connections
        self._order = order
        self._key = (number, worker)
        self._asked_at = time.monotonic() - max(0.0, fetched_ago)

    def hold(self) -> None:
        """Raise `RunFenced` when the order is not to be carried out any more."""
        if time.monotonic() - self._asked_at < KNOWN_FOR:
            return
        asked_at = time.monotonic()
        workflow_id = self._order["workflow_id"]
        values = (*self._key, workflow_id, self._order["fence"])
        if self._connections.run(lambda connection: connection.execute(MAY_GO_ON, values).fetchone()) is None:
            raise RunFenced(
                f"an order of run {workflow_id} is not to be carried out any more: the run has another driver, or this"
                " worker was taken for dead",
                workflow_id=workflow_id,
            )
        self._asked_at = asked_at

    def note(self, kind: str, data: Mapping[str, Any]) -> None:
        """Tell the driver something while the order is carried out."""
        self.answer(note_answer(kind, data))

    def answer(self, answer: Mapping[str, Any]) -> None:
        """Tell the driver; when the order is not this worker's any more, that comes too late."""
        order = self._order
        values = (order["workflow_id"], order["fence"], order["ticket"], encode(answer), *self._key, order["reply"])
        self._connections.run(lambda connection: connection.execute(ANSWER, values).rowcount)
