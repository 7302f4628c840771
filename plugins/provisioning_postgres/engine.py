"""The engine whose operations run in workers: a job is queued by the commit that makes its intent durable."""

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import psycopg
from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as QueuedJob

from provisioning.contract import EngineRun, Enlist, EventKind, Finished, Job, Noted
from provisioning.contract.wire import as_finished, as_order
from provisioning.errors import JournalError, RunInterrupted
from provisioning_postgres.encoding import decode, encode
from provisioning_postgres.fleet import TASK, lane_of, needs_of, priority_of, queue_of
from provisioning_postgres.hub import Hub
from provisioning_postgres.journal import PostgresJournal

__all__ = ["WorkersEngine"]

LOOK_EVERY = 1.0
"""Seconds between two looks for what nobody told of."""

GATHER = 0.004
"""Seconds for which a driver with much under way lets answers gather: what they mean shares one commit then."""

PATIENCE = 2.0
"""Seconds for which a job may lie in a queue that nobody serves before the run says so."""

TAKE = """
WITH gone AS (DELETE FROM answers WHERE id = ANY(%s))
SELECT id, ticket, answer FROM answers WHERE workflow_id = %s AND fence = %s AND id <> ALL(%s) ORDER BY id
"""

LOOK = "SELECT id, ticket, answer FROM answers WHERE workflow_id = %s AND fence = %s ORDER BY id"

SERVED = "SELECT 1 FROM workers WHERE %s = ANY(queues) AND state = 'working' LIMIT 1"

IN_POOL = "SELECT name, core, versions FROM workers WHERE %s = ANY(pools) AND state = 'working'"

FORGET_OLDER = """
DELETE FROM procrastinate_jobs WHERE args ->> 'workflow_id' = %s AND (args ->> 'fence')::bigint < %s AND status = 'todo'
"""


FORGET_ANSWERS = "DELETE FROM answers WHERE workflow_id = %s AND fence <= %s"


class _Open:
    """A job that has not been answered: its number in the queue, once it is there."""

    __slots__ = ("id", "is_told", "job", "queue", "since")

    def __init__(self, job: Job, queue: str) -> None:
        self.job = job
        self.queue = queue
        self.id: int | None = None
        self.since = time.monotonic()
        self.is_told = False


class WorkersEngine:
    """Orders jobs for one run, and hears of their ends. All methods but `wake` belong to one thread."""

    def __init__(self, journal: PostgresJournal, hub: Hub, run: EngineRun, capacity: int) -> None:
        self._connections = journal.connections
        self._hub = hub
        self._run = run
        self._capacity = capacity
        self._queue = App(connector=SyncPsycopgConnector())
        self._open: dict[int, _Open] = {}
        self._given_up: list[Finished] = []
        self._seen: list[int] = []
        self._woken = threading.Event()
        self._looked_at = time.monotonic()
        hub.start()
        self._connections.run(self._begin)

    def _begin(self, connection: psycopg.Connection) -> None:
        """Take back what an earlier driver of the run has ordered and nobody has begun."""
        key = (self._run.workflow_id, self._run.fence)
        with connection.transaction():
            connection.execute(FORGET_OLDER.encode(), key)
            connection.execute(FORGET_ANSWERS, key)

    @property
    def capacity(self) -> int:
        """How many jobs are ordered at once; how many run is the workers' affair."""
        return self._capacity

    def enlist(self, jobs: Sequence[Job]) -> Enlist:
        """Return what puts jobs into the queue inside a transaction of the journal."""
        opened = [_Open(job, queue_of(job.route, job.route.pool)) for job in jobs]
        ahead = len(self._open)
        queued = [self._queued(one, ahead + place) for place, one in enumerate(opened)]
        for one in opened:
            self._open[one.job.ticket] = one

        def put(connection: psycopg.Connection) -> None:
            try:
                made = self._queue.job_manager.batch_defer_jobs(queued, connection=connection)
            except ConnectorException as error:
                raise error.__cause__ or error from None
            for one, job in zip(opened, made, strict=True):
                one.id = job.id

        return put

    def submit(self, job: Job) -> None:
        """Order a job by itself, its intent being durable already."""
        put = self.enlist([job])

        def work(connection: psycopg.Connection) -> None:
            with connection.transaction():
                put(connection)

        self._connections.run(work)

    def collect(self, timeout: float | None) -> Sequence[Finished | Noted]:
        """Return what has happened, in order; wait for the first at most `timeout` seconds (None: for ever)."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            news = self._hub.news
            answers = [*self._take(), *self._missing()]
            if answers and len(self._open) > len(answers):
                time.sleep(GATHER)
                answers.extend(self._take())
            if answers or self._woken.is_set():
                self._woken.clear()
                return answers
            remaining = LOOK_EVERY if end is None else min(LOOK_EVERY, end - time.monotonic())
            if remaining <= 0:
                return []
            self._hub.wait(news, remaining)

    def wake(self) -> None:
        """Let `collect` return at once; may be called from any thread and from a signal handler."""
        self._woken.set()
        self._hub.wake()

    def waits(self, ticket: int) -> bool:
        """Whether a job has not begun: it lies in its queue still."""
        one = self._open.get(ticket)
        if one is None or one.id is None:
            return False
        found = self._connections.run(
            lambda connection: connection.execute(
                "SELECT 1 FROM procrastinate_jobs WHERE id = %s AND status = 'todo'", (one.id,)
            ).fetchone()
        )
        return found is not None

    def cancel(self, ticket: int) -> None:
        """Tell a job that it should end; one that has not begun never does, and answers so."""
        self._withdraw(ticket, is_wished=True)

    def abandon(self, ticket: int) -> None:
        """Stop waiting for a job; one that has not begun never does, a late answer still comes."""
        self._withdraw(ticket, is_wished=False)

    def drain(self) -> None:
        """Take back everything that has not begun."""
        numbers = {one.id: ticket for ticket, one in self._open.items() if one.id is not None}

        def work(connection: psycopg.Connection) -> list[Any]:
            return connection.execute(
                "DELETE FROM procrastinate_jobs WHERE id = ANY(%s) AND status = 'todo' RETURNING id", (list(numbers),)
            ).fetchall()

        for (number,) in self._connections.run(work):
            ticket = numbers[number]
            del self._open[ticket]
            self._given_up.append(Finished(ticket, is_withdrawn=True))

    def close(self) -> None:
        """End the engine: what is under way ends where it is; the run's next driver takes back what has not begun."""
        self._open.clear()
        key = (self._run.workflow_id, self._run.fence)
        with suppress(JournalError):  # whoever drives the run next does it as well
            self._connections.run(lambda connection: connection.execute(FORGET_ANSWERS, key).rowcount)

    def _queued(self, one: _Open, ahead: int) -> QueuedJob:
        order = as_order(one.job, self._run)
        shown = {name: order[name] for name in ("workflow_id", "fence", "ticket", "step", "operation", "provider")}
        place = {"reply": self._hub.channel, "pool": one.job.route.pool, "needs": needs_of(one.job.route)}
        return QueuedJob(
            id=None,
            queue=one.queue,
            lock=lane_of(one.job),
            queueing_lock=None,
            task_name=TASK,
            task_kwargs={**shown, **place, "order": encode(order)},
            priority=priority_of(self._run.priority, ahead),
        )

    def _take(self) -> list[Finished | Noted]:
        seen, self._seen = self._seen, []
        key = (self._run.workflow_id, self._run.fence)

        def work(connection: psycopg.Connection) -> list[Any]:
            if seen:
                return connection.execute(TAKE, (seen, *key, seen)).fetchall()
            return connection.execute(LOOK, key).fetchall()

        answers: list[Finished | Noted] = []
        for number, ticket, text in self._connections.run(work):
            self._seen.append(number)
            if ticket not in self._open:
                continue
            answer = as_finished(ticket, decode(text))
            if isinstance(answer, Finished):
                del self._open[ticket]
            answers.append(answer)
        answers.extend(self._given_up)
        self._given_up.clear()
        return answers

    def _withdraw(self, ticket: int, *, is_wished: bool) -> None:
        one = self._open.get(ticket)
        if one is None or one.id is None:
            return

        def work(connection: psycopg.Connection) -> bool:
            with connection.transaction():
                gone = connection.execute(
                    "DELETE FROM procrastinate_jobs WHERE id = %s AND status = 'todo'", (one.id,)
                ).rowcount
                if not gone and is_wished:
                    connection.execute("SELECT procrastinate_cancel_job_v1(%s, true, false)", (one.id,))
            return bool(gone)

        if self._connections.run(work):
            operation = one.job.operation
            message = f"operation {operation.id} was given up before it began"
            error = RunInterrupted(message, workflow_id=operation.workflow_id)
            del self._open[ticket]
            self._given_up.append(Finished(ticket, None, error))

    def _missing(self) -> list[Noted]:
        """Return notes of jobs that nobody who is there may carry out."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY:
            return []
        self._looked_at = now
        late = [one for one in self._open.values() if not one.is_told and now - one.since > PATIENCE]
        reasons: dict[str, str | None] = {}
        notes = []
        for one in late:
            if one.queue not in reasons:
                reasons[one.queue] = self._reason(one)
            reason = reasons[one.queue]
            if reason is None:
                one.since = now
                continue
            one.is_told = True
            notes.append(Noted(one.job.ticket, EventKind.WORKER_AWAITED, {"reason": reason}))
        return notes

    def _reason(self, one: _Open) -> str | None:
        """Say why nobody may take a job; None when somebody may."""
        pool, needs = one.job.route.pool, needs_of(one.job.route)

        def work(connection: psycopg.Connection) -> tuple[bool, list[Any]]:
            served = connection.execute(SERVED, (one.queue,)).fetchone() is not None
            return served, [] if served else connection.execute(IN_POOL, (pool,)).fetchall()

        served, workers = self._connections.run(work)
        if served:
            return None
        if not workers:
            return f"no worker of pool {pool} is there; it needs {needs}"
        return f"no worker of pool {pool} has {needs}; there is: {'; '.join(_has(*each) for each in workers[:3])}"


def _has(name: str, _core: str, versions: Mapping[str, str]) -> str:
    host, _, pid, *_ = (*name.split("/"), "", "")
    return f"{host}/{pid} with {', '.join(f'{each} {version}' for each, version in sorted(versions.items()))}"
