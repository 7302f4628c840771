"""Runs: recorded once, read back, listed, cancelled."""

import pytest

from provisioning.contract import Batch, CancelMode, LeaseInfo, RunRecord, RunState
from provisioning.errors import ErrorInfo, RunConflict, RunNotFound
from tests.store.scene import AnyJournal, Clock, driven, new_run


def test_new_run_is_running_and_undriven(journal: AnyJournal, clock: Clock) -> None:
    """A run that was recorded waits for its driver."""
    assert journal.create_run(new_run())

    expected = RunRecord("wf-1", "name of wf-1", RunState.RUNNING, "d1", 2, created_at=clock.now, updated_at=clock.now)
    assert expected == journal.get_run("wf-1")


def test_same_run_is_recorded_once(journal: AnyJournal, clock: Clock) -> None:
    """Submitting the same document under the same id twice is one run."""
    journal.create_run(new_run())
    before = journal.get_run("wf-1")
    clock.now += 5

    assert not journal.create_run(new_run())
    assert before == journal.get_run("wf-1")


def test_another_document_under_the_same_id_is_a_conflict(journal: AnyJournal) -> None:
    """A second document under a taken id is refused, both named."""
    journal.create_run(new_run())

    with pytest.raises(RunConflict) as caught:
        journal.create_run(new_run(digest="d2"))

    expected = (
        "run wf-1 is there with another document: that one (name of wf-1) has the digest d1, "
        "this one (name of wf-1) has d2"
    )
    assert expected == caught.value.message
    hint = (
        "Give the document another workflow_id, or go on with the run that is there: "
        "`provisioning workflow resume wf-1`."
    )
    assert hint == caught.value.hint


def test_document_comes_back(journal: AnyJournal) -> None:
    """The document is kept as it was submitted."""
    journal.create_run(new_run())

    assert new_run().document == journal.get_document("wf-1")


@pytest.mark.parametrize("ask", ["get_run", "get_document", "checkpoint"])
def test_unknown_run(journal: AnyJournal, ask: str) -> None:
    """A question about one run that is not there is an error that says where the runs are."""
    with pytest.raises(RunNotFound) as caught:
        getattr(journal, ask)("wf-9")

    assert caught.value.message == "there is no run wf-9 in this journal"
    assert caught.value.hint == "`provisioning workflow list` shows the runs."


def test_unknown_run_has_nothing(journal: AnyJournal) -> None:
    """A question about the operations or events of a run that is not there is answered: there are none."""
    assert list(journal.list_operations("wf-9")) == []
    assert journal.get_operation("wf-9", "web") is None
    assert journal.count_operations("wf-9") == {}
    assert journal.list_events("wf-9") == []


def test_runs_are_listed_newest_first(journal: AnyJournal) -> None:
    """The list begins with the run recorded last, also when the clock stands still, and ends at the limit."""
    for number in range(4):
        journal.create_run(new_run(f"wf-{number}"))

    assert [run.workflow_id for run in journal.list_runs(limit=3)] == ["wf-3", "wf-2", "wf-1"]


def test_runs_are_listed_by_state(journal: AnyJournal) -> None:
    """The list can be of one state only."""
    driven(journal, "wf-1").commit(Batch(state=RunState.FAILED))
    journal.create_run(new_run("wf-2"))

    assert [run.workflow_id for run in journal.list_runs(state=RunState.FAILED)] == ["wf-1"]
    assert [run.workflow_id for run in journal.list_runs()] == ["wf-2", "wf-1"]


def test_state_error_and_outputs_move_together(journal: AnyJournal, clock: Clock) -> None:
    """A batch with a state replaces the run's error and outputs; a batch without one leaves all of them alone."""
    writer = driven(journal)
    error = ErrorInfo("OperationFailed", "web failed", hint="Look.", details={"operation": "web"})
    clock.now += 7
    writer.commit(Batch(state=RunState.FAILED, error=error, outputs={"address": "10.0.0.1"}))
    writer.commit(Batch())

    failed = journal.get_run("wf-1")
    assert (failed.state, failed.error, failed.updated_at) == (RunState.FAILED, error, clock.now)
    assert failed.outputs == {"address": "10.0.0.1"}

    writer.commit(Batch(state=RunState.ROLLING_BACK))
    again = journal.get_run("wf-1")
    assert (again.state, again.error, again.outputs) == (RunState.ROLLING_BACK, None, None)


def test_driver_hears_of_a_cancel(journal: AnyJournal) -> None:
    """Who renews the lease learns what became of the run; so does who reads the run."""
    writer = driven(journal)
    assert writer.renew() is None

    journal.request_cancel("wf-1", CancelMode.ROLLBACK)

    assert writer.renew() is CancelMode.ROLLBACK
    assert journal.get_run("wf-1").cancel is CancelMode.ROLLBACK


def test_cancel_waits_for_the_first_driver(journal: AnyJournal) -> None:
    """A run that nobody has driven yet can be cancelled; its first driver finds the request."""
    journal.create_run(new_run())
    journal.request_cancel("wf-1", CancelMode.STOP)

    assert journal.acquire("wf-1", "a").renew() is CancelMode.STOP


def test_cancel_is_not_left_to_a_later_driver(journal: AnyJournal) -> None:
    """What was asked of one driver is not done by the next one, who was started to go on."""
    first = driven(journal)
    journal.request_cancel("wf-1", CancelMode.STOP)
    first.release()

    assert journal.acquire("wf-1", "b").renew() is None


def test_cancel_of_an_ended_run_is_a_conflict(journal: AnyJournal) -> None:
    """A run that has ended cannot be cancelled, and the error says what can be done."""
    driven(journal).commit(Batch(state=RunState.SUCCEEDED))

    with pytest.raises(RunConflict) as caught:
        journal.request_cancel("wf-1", CancelMode.STOP)

    assert caught.value.message == "run wf-1 is not running: it is succeeded"
    assert caught.value.hint == "`provisioning workflow rollback wf-1` undoes it."


def test_cancel_of_a_run_that_nobody_drives_is_a_conflict(journal: AnyJournal) -> None:
    """A request that nobody would hear is refused."""
    driven(journal).release()

    with pytest.raises(RunConflict) as caught:
        journal.request_cancel("wf-1", CancelMode.STOP)

    assert caught.value.message == "run wf-1 is not running: its process has ended"


def test_lease_is_part_of_the_run(journal: AnyJournal, clock: Clock) -> None:
    """A driven run shows who drives it and until when; a run that was let go shows nobody."""
    journal.create_run(new_run())
    writer = journal.acquire("wf-1", "a")

    assert journal.get_run("wf-1").lease == LeaseInfo("a", 1, clock.now + 30)
    writer.release()
    assert journal.get_run("wf-1").lease is None
