"""Events: one rising row over all runs, read by cursor, waited for without polling oneself."""

import sqlite3
import threading
from pathlib import Path

import pytest

from provisioning.contract import Batch, Event, NewEvent, RunState
from provisioning.errors import JournalError
from provisioning.store import open_journal, queries
from provisioning.store.tail import Tail
from tests.store.scene import AnyJournal, Clock, Open, another_process, driven, one_step


def _events(*names: str) -> Batch:
    return Batch(events=[NewEvent(name) for name in names])


def test_events_come_back(journal: AnyJournal, clock: Clock) -> None:
    """An event has its place, its run, its time, its operation and its data."""
    place = driven(journal).commit(Batch(events=[NewEvent("A", "web", {"n": 1}), NewEvent("B")]))

    assert place == 2
    expected = [Event(1, "wf-1", "A", clock.now, "web", {"n": 1}), Event(2, "wf-1", "B", clock.now)]
    assert expected == journal.list_events()
    assert expected == journal.list_events("wf-1")


def test_commit_without_events_has_no_place(journal: AnyJournal) -> None:
    """A batch without events returns 0, an empty one too."""
    writer = driven(journal)
    writer.commit(_events("A"))

    assert writer.commit(Batch(one_step(1).operations)) == 0
    assert writer.commit(Batch()) == 0


def test_places_rise_over_all_runs(journal: AnyJournal) -> None:
    """Each event of whatever run comes after all before it; one run's list leaves the others out."""
    one, two = driven(journal, "wf-1"), driven(journal, "wf-2")
    assert [one.commit(_events("A")), two.commit(_events("B", "C")), one.commit(_events("D"))] == [1, 3, 4]

    assert [event.kind for event in journal.list_events()] == ["A", "B", "C", "D"]
    assert [(event.sequence, event.kind) for event in journal.list_events("wf-1")] == [(1, "A"), (4, "D")]


def test_cursor(journal: AnyJournal) -> None:
    """A reader goes on after the last place that it saw, at most so many at a time."""
    driven(journal, "wf-1").commit(_events("A", "B", "C"))
    driven(journal, "wf-2").commit(_events("D"))

    assert [event.kind for event in journal.list_events(after=1, limit=2)] == ["B", "C"]
    assert [event.kind for event in journal.list_events("wf-1", after=1, limit=1)] == ["B"]
    assert journal.list_events(after=4) == []


def test_places_are_never_used_again(path: Path) -> None:
    """Also when the newest events are deleted, the next one comes after them: a cursor never misses it."""
    with open_journal(path) as journal:
        driven(journal).commit(_events("A", "B"))
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM events")
    connection.close()

    with open_journal(path) as journal:
        assert driven(journal, "wf-2").commit(_events("C")) == 3


def test_waiting_ends_at_once_when_something_is_there(journal: AnyJournal) -> None:
    """Events that came before the wait end it; without any, a wait of no time answers no."""
    assert not journal.wait_for_events(0, timeout=0)
    assert journal.last_sequence() == 0
    driven(journal).commit(_events("A"))

    assert journal.last_sequence() == 1
    assert journal.wait_for_events(0, timeout=3600)
    assert not journal.wait_for_events(1, timeout=0)


def test_commit_of_this_process_wakes_those_who_wait(open_here: Open) -> None:
    """A follower in the committing process does not wait for the next look."""
    journal = open_here(poll_interval=3600)
    writer = driven(journal)
    answers: list[bool] = []
    follower = threading.Thread(target=lambda: answers.append(journal.wait_for_events(0, timeout=3600)))
    follower.start()
    writer.commit(_events("A"))
    follower.join()

    assert answers == [True]


def test_commit_of_another_process_is_seen(place: str, open_here: Open) -> None:
    """A follower sees what another process commits."""
    journal = open_here(poll_interval=0.001)
    code = "print(driven(open_here()).commit(one_step(1)))"
    follower = threading.Thread(target=journal.wait_for_events, args=(0, 3600))
    follower.start()
    with another_process(place, code) as (_, position):
        assert position == "1"
        follower.join()

    assert len(journal.list_events()) == 1


def test_closing_lets_those_go_who_wait(open_here: Open) -> None:
    """A wait ends without an answer when the journal is closed."""
    journal = open_here(poll_interval=3600)
    answers: list[bool] = []
    follower = threading.Thread(target=lambda: answers.append(journal.wait_for_events(0, timeout=3600)))
    follower.start()
    journal.close()
    follower.join()

    assert answers == [False]


def test_a_journal_that_is_closed_while_it_is_asked_is_no_error() -> None:
    """Whoever waits hears that there is nothing, as if it had been closed a moment later."""
    tail: Tail

    def close_and_fail() -> int:
        tail.close()
        raise JournalError("journal is closed", path="here")

    tail = Tail(close_and_fail, interval=0.0)
    assert not tail.wait(0, timeout=3600)


def test_wait_lasts_as_long_as_was_asked() -> None:
    """Without events the wait ends at its deadline, after as many looks as fit."""
    times = iter([0.0, 1.0, 2.0, 3.0])
    looks: list[int] = []

    def look() -> int:
        looks.append(1)
        return 0

    tail = Tail(look, interval=0.0, monotonic=lambda: next(times))

    assert not tail.wait(0, timeout=3.0)
    assert len(looks) == 3


def test_newest_events_of_a_run(journal: AnyJournal) -> None:
    """The place after which the newest ones come, whatever stands between them; 0 when there are no more of them."""
    one, two = driven(journal, "wf-1"), driven(journal, "wf-2")
    one.commit(_events("A", "B"))
    two.commit(_events("C"))
    one.commit(_events("D", "E"))

    assert [journal.newest_events("wf-1", count) for count in range(6)] == [5, 4, 2, 1, 0, 0]
    assert [event.kind for event in journal.list_events("wf-1", after=journal.newest_events("wf-1", 3))] == [*"BDE"]
    assert journal.newest_events("wf-none", 3) == 0


def test_events_of_a_run_are_counted_as_they_come(journal: AnyJournal) -> None:
    """Its record knows how many there are, without counting them."""
    one, two = driven(journal, "wf-1"), driven(journal, "wf-2")
    one.commit(_events("A", "B"))
    two.commit(_events("C"))
    one.commit(Batch(one_step(1).operations))
    one.commit(Batch(events=[NewEvent("D")], state=RunState.SUCCEEDED))

    assert (journal.get_run("wf-1").events, journal.get_run("wf-2").events) == (3, 1)


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_newest_events_are_found_in_the_index(journal: AnyJournal) -> None:
    """No event is read for it: the end of the logs of a long run costs what the end of a short one does."""
    with journal._readers.read() as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {queries.FIND_EVENT_BEFORE}", ("wf-1", 1)).fetchall()

    assert plan[0][3] == "SEARCH events USING COVERING INDEX events_of_a_run (run=?)"
