"""Group commit: changes that come together share a transaction, and a bad one spoils only itself."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provisioning.errors import JournalError, JournalFull, ProvisioningError, RunFenced
from provisioning.store import SqliteJournal, open_journal
from provisioning.store.group_commit import GroupCommit
from provisioning.store.writer import SqliteRunWriter
from tests.store.scene import Clock, driven, new_run, one_step


@pytest.fixture
def place(path: Path) -> str:
    """Return where the journal is to be: this is of the journal in a file."""
    return str(path)


class Gathering:
    """Holds the lead of a journal while other threads queue behind it, and then lets the whole queue go at once."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._group = journal._group
        self._leads = threading.Event()
        self._go_on = threading.Event()
        self._leader = threading.Thread(target=self._group.write, args=(self._wait,), daemon=True)
        self._leader.start()
        self._leads.wait()

    def _wait(self, _connection: sqlite3.Connection) -> None:
        self._leads.set()
        self._go_on.wait()

    def run(self, calls: list[Callable[[], int]]) -> list[int | ProvisioningError]:
        """Make all calls so that they share one transaction; return what each gave."""
        with ThreadPoolExecutor(len(calls)) as pool:
            futures = [pool.submit(call) for call in calls]
            while len(self._group._queue) < len(calls) and not any(future.done() for future in futures):
                self._leads.wait()
            self._go_on.set()
            self._leader.join()
            return [future.exception() or future.result() for future in futures]  # type: ignore[misc]


def _committing(writer: SqliteRunWriter, position: int = 1) -> Callable[[], int]:
    return lambda: writer.commit(one_step(position))


def test_batches_that_come_together_share_one_transaction(journal: SqliteJournal) -> None:
    """Eight runs that commit at the same time cost one flush of the disk, and each gets its own places."""
    writers = [driven(journal, f"wf-{number}") for number in range(8)]
    gathering = Gathering(journal)
    before = journal.commits

    places = gathering.run([_committing(writer) for writer in writers])

    assert journal.commits - before == 2
    assert set(places) == set(range(1, 9))
    by_run = {event.workflow_id: event.sequence for event in journal.list_events()}
    assert by_run == {writer.workflow_id: place for writer, place in zip(writers, places, strict=True)}


def test_threads_that_commit_as_fast_as_they_can(path: Path) -> None:
    """Eight threads with fifty batches each lose none, and need fewer transactions than batches."""
    with open_journal(path) as journal:
        writers = [driven(journal, f"wf-{number}") for number in range(8)]
        before = journal.commits

        def drive(writer: SqliteRunWriter) -> list[int]:
            return [writer.commit(one_step(position)) for position in range(50)]

        with ThreadPoolExecutor(8) as pool:
            places = [place for each in pool.map(drive, writers) for place in each]

        assert sorted(places) == list(range(1, 401))
        assert journal.commits - before < 400
        assert [event.sequence for event in journal.list_events()] == list(range(1, 401))
        assert all(len(list(journal.list_operations(writer.workflow_id))) == 50 for writer in writers)


def test_fenced_batch_spoils_only_itself(journal: SqliteJournal, clock: Clock) -> None:
    """Of batches that share a transaction, the one that lost its lease fails; the others are written."""
    good, old = driven(journal, "wf-1"), driven(journal, "wf-2")
    clock.now += 31
    journal.acquire("wf-2", "another")

    first, fenced, second = Gathering(journal).run([_committing(good, 1), _committing(old), _committing(good, 2)])

    assert isinstance(fenced, RunFenced)
    assert {first, second} == {1, 2}
    assert len(list(journal.list_operations("wf-1"))) == 2
    assert list(journal.list_operations("wf-2")) == []


def test_batch_that_breaks_a_rule_spoils_only_itself(journal: SqliteJournal) -> None:
    """A batch that is undone in its middle leaves no trace among those that share its transaction."""
    writer, other = driven(journal, "wf-1"), driven(journal, "wf-2")
    bad = one_step(1)
    bad.operations.append(one_step(2).operations[0])
    bad.operations[1].operation_id = "op-1"

    broken, written = Gathering(journal).run([lambda: writer.commit(bad), _committing(other)])

    assert isinstance(broken, JournalError)
    assert written == 1
    assert list(journal.list_operations("wf-1")) == []


def test_full_disk_fails_everybody(journal: SqliteJournal) -> None:
    """When the shared transaction fails, nobody's batch is written, and everybody is told."""
    writers = [driven(journal, f"wf-{number}") for number in range(3)]
    connection = journal._group._connection
    assert connection is not None
    connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
    large = one_step(1)
    large.operations[0].result = {"output": "x" * 100_000}

    calls: list[Callable[[], int]] = [
        _committing(writers[0]),
        lambda: writers[1].commit(large),
        _committing(writers[2]),
    ]
    answers = Gathering(journal).run(calls)

    assert [type(answer) for answer in answers] == [JournalFull] * 3
    assert journal.list_events() == []


def test_interrupted_leader_leaves_no_one_in_the_dark(journal: SqliteJournal) -> None:
    """When the leading thread is interrupted, its group is undone, everybody is told, and the next one can lead."""
    writer = driven(journal)

    def interrupted(_connection: sqlite3.Connection) -> int:
        raise KeyboardInterrupt

    answers = Gathering(journal).run([_committing(writer), lambda: journal._group.write(interrupted)])

    assert [type(answer) for answer in answers] in (
        [JournalError, KeyboardInterrupt],
        [KeyboardInterrupt, JournalError],
    )
    assert journal.list_events() == []
    assert writer.commit(one_step(1)) == 1


def test_closing_waits_for_the_transaction_under_way(path: Path) -> None:
    """A transaction that has begun is finished before the journal closes; one that waits is refused."""
    journal = open_journal(path)
    writer = driven(journal)
    leads, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> bool:
        leads.set()
        go_on.wait()
        connection.execute("UPDATE runs SET name = 'renamed'")
        return True

    with ThreadPoolExecutor(3) as pool:
        under_way = pool.submit(journal._group.write, slow)
        leads.wait()
        waiting = pool.submit(writer.commit, one_step(1))
        while not journal._group._queue:
            leads.wait()
        closing = pool.submit(journal.close)
        while not journal._group._is_closed:
            leads.wait()
        go_on.set()
        closing.result()

        assert under_way.result()
        with pytest.raises(JournalError) as caught:
            waiting.result()
    assert caught.value.message == f"journal {path} is closed"
    with open_journal(path) as again:
        assert again.get_run("wf-1").name == "renamed"


def test_error_of_a_change_is_raised_where_it_was_asked_for(journal: SqliteJournal) -> None:
    """What a change raises reaches its caller as it is, and its part is undone."""
    group: GroupCommit = journal._group

    def failing(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM meta")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        group.write(failing)
    assert journal.create_run(new_run())
