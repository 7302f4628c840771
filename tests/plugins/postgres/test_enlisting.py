"""An intent and its order are one commit: there is no moment in which one is there without the other."""

from collections.abc import Iterator

import psycopg
import pytest

from provisioning.contract import Batch, EngineRun, EventKind, Job, NewEvent, Operation, Step
from provisioning.contract.holder import this_holder
from provisioning.errors import JournalError, RunFenced
from provisioning_postgres.engine import WorkersEngine
from provisioning_postgres.fleet import rescue
from provisioning_postgres.hub import Hub
from provisioning_postgres.journal import PostgresJournal
from provisioning_postgres.writer import PostgresRunWriter
from tests.store.scene import driven, started


@pytest.fixture
def writer(journal: PostgresJournal) -> PostgresRunWriter:
    """Return the lease on a run."""
    writer = driven(journal)
    assert isinstance(writer, PostgresRunWriter)
    return writer


@pytest.fixture
def engine(journal: PostgresJournal, writer: PostgresRunWriter) -> Iterator[WorkersEngine]:
    """Yield the engine of that run; no worker is there."""
    hub = Hub(journal.connections, rescue)
    yield WorkersEngine(journal, hub, EngineRun("wf-1", writer.fence), 10)
    hub.close()


def _job(ticket: int) -> Job:
    return Job(ticket, Step.RUN, Operation(f"op-{ticket}", "server_create", {"secret": "s3cr3t"}, "wf-1", "token"))


def _counts(journal: PostgresJournal) -> tuple[int, int]:
    def count(connection: psycopg.Connection) -> tuple[int, int]:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM operations), (SELECT count(*) FROM procrastinate_jobs)"
        ).fetchone()
        assert row is not None
        return int(row[0]), int(row[1])

    return journal.connections.run(count)


def _intents(*tickets: int) -> Batch:
    events = [NewEvent(EventKind.OPERATION_STARTED, f"op-{ticket}") for ticket in tickets]
    return Batch([started(ticket) for ticket in tickets], events)


def test_both_or_neither(journal: PostgresJournal, writer: PostgresRunWriter, engine: WorkersEngine) -> None:
    """Many orders share the commit of their intents; when it cannot be made, none of either is there."""
    batch = _intents(1, 2, 3)
    batch.enlisted = engine.enlist([_job(1), _job(2), _job(3)])
    assert _counts(journal) == (0, 0)
    writer.commit(batch)
    assert _counts(journal) == (3, 3)

    broken = _intents(4)
    broken.operations[0].operation_id = "op\0"
    broken.enlisted = engine.enlist([_job(4)])
    with pytest.raises(JournalError):
        writer.commit(broken)
    assert _counts(journal) == (3, 3)


def test_whoever_lost_the_run_orders_nothing(
    journal: PostgresJournal, writer: PostgresRunWriter, engine: WorkersEngine
) -> None:
    """And whoever has it takes back what was ordered and has not begun: it is in doubt, and settled once."""
    first = _intents(1)
    first.enlisted = engine.enlist([_job(1)])
    writer.commit(first)
    writer.release()
    other = journal.acquire("wf-1", this_holder())
    late = _intents(2)
    late.enlisted = engine.enlist([_job(2)])
    with pytest.raises(RunFenced):
        writer.commit(late)
    assert _counts(journal) == (1, 1)
    hub = Hub(journal.connections, rescue)
    WorkersEngine(journal, hub, EngineRun("wf-1", other.fence), 10)
    assert _counts(journal) == (1, 0)
    hub.close()


def test_a_connection_that_is_lost_in_between(
    journal: PostgresJournal, writer: PostgresRunWriter, engine: WorkersEngine
) -> None:
    """The commit is made again on another one, with its orders, and each is there once."""
    batch = _intents(1, 2)
    enlist = engine.enlist([_job(1), _job(2)])
    lost: list[int] = []

    def enlist_and_lose(connection: psycopg.Connection) -> None:
        enlist(connection)
        if not lost:
            lost.append(1)
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    batch.enlisted = enlist_and_lose
    writer.commit(batch)
    assert lost == [1]
    assert _counts(journal) == (2, 2)
