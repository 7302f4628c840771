"""The order of events over all runs, while several drivers commit at once: a follower never misses one."""

import threading

from provisioning.contract import Batch, EventKind, NewEvent
from provisioning_postgres.journal import PostgresJournal, open_journal
from tests.store.scene import another_process, driven, one_step


def test_nothing_is_read_past_a_commit_under_way(journal: PostgresJournal) -> None:
    """An event with a later place is not shown before those of a transaction that began earlier and is still open."""
    slow, quick = driven(journal, "wf-slow"), driven(journal, "wf-quick")
    slow.commit(one_step(1))
    with journal.connections.lent() as connection, connection.transaction():
        (place,) = connection.execute("SELECT places(1)").fetchone() or (0,)
        quick.commit(one_step(1))
        assert [event.sequence for event in journal.list_events()] == [1]
        assert journal.last_sequence() == 1
        assert [event.workflow_id for event in journal.list_events("wf-quick")] == ["wf-quick"]
        connection.execute(
            "INSERT INTO events SELECT %s, run, 'OperationStarted', 0, 'late' FROM runs WHERE workflow_id = 'wf-slow'",
            (place,),
        )

    assert [event.sequence for event in journal.list_events()] == [1, 2, 3]


def test_a_transaction_that_is_given_up_holds_nobody(journal: PostgresJournal) -> None:
    """Its places stay empty, and what came after them is shown."""
    quick = driven(journal)
    with journal.connections.lent() as connection, connection.transaction(force_rollback=True):
        connection.execute("SELECT places(3)")
    quick.commit(one_step(1))

    assert [event.sequence for event in journal.list_events()] == [4]
    assert not journal.wait_for_events(4, 0)


def test_a_follower_misses_nothing(journal: PostgresJournal) -> None:
    """Eight drivers commit as fast as they can; one follower reads all of it, each event once, in rising order."""
    drivers, each = 8, 60
    writers = [driven(journal, f"wf-{number}") for number in range(drivers)]

    def drive(number: int) -> None:
        for step in range(each):
            events = [NewEvent(EventKind.OPERATION_STARTED, f"op-{step}-{part}") for part in range(step % 3 + 1)]
            writers[number].commit(Batch(events=events))

    threads = [threading.Thread(target=drive, args=(number,)) for number in range(drivers)]
    total = drivers * sum(step % 3 + 1 for step in range(each))
    seen: list[tuple[int, str, str | None]] = []
    for thread in threads:
        thread.start()
    while len(seen) < total:
        after = seen[-1][0] if seen else 0
        assert journal.wait_for_events(after, 60), f"only {len(seen)} of {total}"
        found = journal.list_events(after=after)
        seen.extend((event.sequence, event.workflow_id, event.operation_id) for event in found)
    for thread in threads:
        thread.join()

    assert seen == sorted(seen)
    assert len({key[1:] for key in seen}) == total


def test_a_commit_elsewhere_is_heard_of_without_looking(url: str) -> None:
    """A notice of the server wakes who waits: nobody looks for an hour here."""
    with open_journal(url, poll_interval=3600) as journal:
        answers: list[bool] = []
        follower = threading.Thread(target=lambda: answers.append(journal.wait_for_events(0, timeout=3600)))
        follower.start()
        with another_process(url, "print(driven(open_here()).commit(one_step(1)))") as (_, place):
            assert place == "1"
            follower.join(60)
        assert answers == [True]
