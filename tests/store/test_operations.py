"""Operations: replaced as a whole, streamed in the order of their intents, counted by state."""

import sqlite3
from collections import Counter

import pytest

from provisioning.contract import Batch, OperationRecord, OperationState, Resource
from provisioning.store import queries
from tests.store.scene import AnyJournal, driven, started


def _fill(journal: AnyJournal, count: int) -> list[OperationRecord]:
    states = (OperationState.SUCCEEDED, OperationState.STARTED, OperationState.FAILED)
    records = [started(position) for position in range(count)]
    for record in records:
        record.state = states[record.position % 3]
    driven(journal).commit(Batch(records))
    return records


def test_record_is_replaced_as_a_whole(journal: AnyJournal) -> None:
    """What a later record leaves out is gone; the driver may use one object for both."""
    writer = driven(journal)
    record = started(1)
    record.progress = {"token": 1}
    writer.commit(Batch([record]))
    record.state, record.progress, record.result = OperationState.SUCCEEDED, None, {}
    writer.commit(Batch([record]))

    assert record == journal.get_operation("wf-1", "op-1")
    assert list(journal.list_operations("wf-1")) == [record]


def test_same_id_in_two_runs(journal: AnyJournal) -> None:
    """Runs do not see each other's operations."""
    driven(journal, "wf-1").commit(Batch([started(1, "web")]))
    driven(journal, "wf-2").commit(Batch([started(7, "web")]))

    assert [record.position for record in journal.list_operations("wf-1")] == [1]
    found = journal.get_operation("wf-2", "web")
    assert found is not None
    assert found.position == 7


def test_long_lists_are_complete(journal: AnyJournal) -> None:
    """A list longer than one read comes whole and in order, from either end."""
    records = _fill(journal, 1201)

    assert records == list(journal.list_operations("wf-1"))
    assert records[::-1] == list(journal.list_operations("wf-1", newest_first=True))


def test_lists_of_some_states(journal: AnyJournal) -> None:
    """Only the operations in the states asked for are listed."""
    records = _fill(journal, 1201)
    wanted = (OperationState.SUCCEEDED, OperationState.FAILED)

    expected = [record for record in records if record.state in wanted]
    assert expected == list(journal.list_operations("wf-1", states=wanted))
    assert expected[::-1] == list(journal.list_operations("wf-1", states=wanted, newest_first=True))


def test_operations_are_counted_by_state(journal: AnyJournal) -> None:
    """Each state that occurs is counted."""
    records = _fill(journal, 100)

    assert Counter(record.state for record in records) == journal.count_operations("wf-1")


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_counting_reads_no_results(journal: AnyJournal) -> None:
    """States are counted from an index alone, so that large results do not make the status slow."""
    with journal._readers.read() as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {queries.COUNT_OPERATIONS}", ("wf-1",)).fetchall()

    assert "USING COVERING INDEX operations_by_state" in plan[0][-1]


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_list_that_is_read_halfway_holds_nothing(journal: AnyJournal) -> None:
    """Between two reads of a long list the log can be emptied: no read stays open."""
    _fill(journal, 1201)
    operations = journal.list_operations("wf-1")
    next(operations)

    connection = journal._group._connection
    assert isinstance(connection, sqlite3.Connection)
    is_busy, in_log, emptied = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert (is_busy, in_log, emptied) == (0, 0, 0)
    assert len(list(operations)) == 1200


def test_list_goes_on_while_its_run_does(journal: AnyJournal) -> None:
    """Operations that begin while the list is read are in it."""
    _fill(journal, 600)
    operations = journal.list_operations("wf-1")
    next(operations)
    journal.acquire("wf-1", journal.get_run("wf-1").lease.holder).commit(Batch([started(600)]))  # type: ignore[union-attr]

    assert len(list(operations)) == 600


def test_lists_of_what_made_something(journal: AnyJournal) -> None:
    """Only the operations with resources are listed, in some states or in all, over more than one read."""
    records = [started(position) for position in range(1, 2001)]
    for record in records[::3]:
        record.resources = (Resource("server", f"srv-{record.position}"),)
    for record in records[::2]:
        record.state = OperationState.SUCCEEDED
    driven(journal).commit(Batch(records))

    assert records[::3] == list(journal.list_operations("wf-1", with_resources=True))
    done = journal.list_operations("wf-1", states=[OperationState.SUCCEEDED], with_resources=True)
    assert records[::6] == list(done)


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_what_made_something_is_found_in_its_index(journal: AnyJournal) -> None:
    """A report of a long run that made nothing reads none of its operations."""
    wanted = {"workflow_id": "wf-1", "start": 0, "states": None, "limit": 1}
    with journal._readers.read() as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {queries.LIST_OPERATIONS_WITH_RESOURCES}", wanted).fetchall()

    assert plan[0][3] == "SEARCH operations USING INDEX operations_with_resources (run=? AND position>?)"
