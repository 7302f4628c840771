"""The lease: one driver at a time, healed by death or by time, and fenced."""

import re
import signal

import pytest

from provisioning.contract import Batch, CancelMode, RunState
from provisioning.contract.holder import this_holder
from provisioning.errors import RunFenced, RunLocked, RunNotFound
from tests.store.scene import AnyJournal, Clock, Open, another_process, driven, new_run, one_step

TAKE = "journal = open_here()\nwriter = driven(journal)\nprint(journal.get_run('wf-1').lease.holder)"


def test_second_driver_waits_for_the_lease(journal: AnyJournal, clock: Clock) -> None:
    """While a driver lives and renews, nobody else gets its run; the error names it and says what to do."""
    journal.create_run(new_run())
    journal.acquire("wf-1", "elsewhere/boot.1/4711/99/aa")
    clock.now += 29.9

    with pytest.raises(RunLocked) as caught:
        journal.acquire("wf-1", this_holder())

    expected = (
        "run wf-1 is driven by process 4711 on elsewhere since 1970-01-12 13:46:40 UTC, "
        "whose lease lasts until 1970-01-12 13:47:10 UTC unless it is renewed"
    )
    assert expected == caught.value.message
    hint = (
        "Watch it with `provisioning workflow logs -f wf-1`, stop it with `provisioning workflow cancel wf-1`, "
        "or wait: the lease of a process that is gone ends by itself."
    )
    assert hint == caught.value.hint


def test_lease_ends_by_time(journal: AnyJournal, clock: Clock) -> None:
    """A driver that cannot be asked whether it lives loses its lease when it does not renew it."""
    journal.create_run(new_run())
    journal.acquire("wf-1", "elsewhere/boot.1/4711/99/aa")
    clock.now += 30

    assert journal.acquire("wf-1", this_holder()).fence == 2


def test_older_driver_is_fenced(journal: AnyJournal, clock: Clock) -> None:
    """Whoever lost the lease writes nothing any more, whatever it still holds in its hands."""
    journal.create_run(new_run())
    old = journal.acquire("wf-1", "a")
    clock.now += 31
    new = journal.acquire("wf-1", "b")

    batch = one_step(1)
    batch.state = RunState.FAILED
    with pytest.raises(RunFenced) as caught:
        old.commit(batch)

    expected = (
        "run wf-1 is driven by another process by now (this one's lease, number 1, had ended): nothing was written"
    )
    assert expected == caught.value.message
    assert caught.value.hint == (
        "Leave the run to that process; `provisioning workflow status wf-1` shows how it goes."
    )
    assert list(journal.list_operations("wf-1")) == []
    assert journal.list_events() == []
    assert journal.get_run("wf-1").state is RunState.RUNNING
    with pytest.raises(RunFenced):
        old.renew()
    assert (new.workflow_id, new.fence, new.renew()) == ("wf-1", 2, None)


def test_same_holder_fences_its_older_writer(journal: AnyJournal) -> None:
    """A holder may take its own lease again; the fence tells the two writers apart."""
    journal.create_run(new_run())
    old = journal.acquire("wf-1", "a")
    new = journal.acquire("wf-1", "a")

    with pytest.raises(RunFenced):
        old.commit(one_step(1))
    assert new.commit(one_step(1)) == 1


def test_two_drivers_of_one_process_are_two_holders(journal: AnyJournal) -> None:
    """One process cannot drive one run twice at once."""
    driven(journal)

    with pytest.raises(RunLocked):
        journal.acquire("wf-1", this_holder())


def test_released_lease_is_free_at_once(journal: AnyJournal) -> None:
    """A run that was let go can be driven by anybody; to let go twice does nothing."""
    first = driven(journal)
    first.release()
    first.release()
    second = journal.acquire("wf-1", "b")
    first.release()

    assert second.renew() is None
    assert second.fence == 2


def test_late_commit_keeps_an_ended_lease(journal: AnyJournal, clock: Clock) -> None:
    """A lease that ended and that nobody took is still its holder's: a laptop that slept goes on."""
    writer = driven(journal)
    clock.now += 1000

    assert writer.commit(one_step(1)) == 1
    lease = journal.get_run("wf-1").lease
    assert lease is not None
    assert lease.expires_at == clock.now + 30


def test_renewing_writes_once_for_a_third_of_the_lease(journal: AnyJournal, clock: Clock) -> None:
    """To renew all the time costs no disk; the lease still moves long before it ends."""
    writer = driven(journal)
    before = journal.commits
    for _ in range(9):
        clock.now += 1
        writer.renew()
    assert journal.commits == before

    clock.now += 1
    writer.renew()

    assert journal.commits == before + 1
    lease = journal.get_run("wf-1").lease
    assert lease is not None
    assert lease.expires_at == clock.now + 30


def test_holding_costs_nothing_before_the_end_of_the_lease(journal: AnyJournal, clock: Clock) -> None:
    """Until then nobody else can have it; afterwards it is renewed, if nobody has."""
    writer = driven(journal)
    before = journal.commits
    clock.now += 29.9
    writer.hold()
    assert journal.commits == before

    clock.now += 0.1
    writer.hold()

    assert journal.commits == before + 1
    lease = journal.get_run("wf-1").lease
    assert lease is not None
    assert lease.expires_at == clock.now + 30


def test_a_lost_lease_is_not_held(journal: AnyJournal, clock: Clock) -> None:
    """Whoever was stopped past its lease hears of it before it begins anything new."""
    old = driven(journal)
    clock.now += 30
    new = journal.acquire("wf-1", "b")

    with pytest.raises(RunFenced):
        old.hold()
    new.hold()


def test_unknown_run_has_no_lease(journal: AnyJournal) -> None:
    """The lease of a run that is not there cannot be taken."""
    with pytest.raises(RunNotFound, match=re.escape("there is no run wf-1 in this journal")):
        journal.acquire("wf-1", "a")
    with pytest.raises(RunNotFound, match=re.escape("there is no run wf-1 in this journal")):
        journal.request_cancel("wf-1", CancelMode.STOP)


def test_living_process_keeps_its_run(place: str, open_here: Open) -> None:
    """The lease of a living process of this machine is respected, and named whole."""
    with another_process(place, TAKE) as (process, holder):
        journal = open_here(lambda: 0.0)
        host = holder.split("/")[0]
        with pytest.raises(RunLocked) as caught:
            journal.acquire("wf-1", this_holder())

    pattern = (
        f"run wf-1 is driven by process {process.pid} on {re.escape(host)} since "
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, whose lease lasts until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC "
        "unless it is renewed"
    )
    assert re.fullmatch(pattern, caught.value.message)


def test_killed_process_loses_its_run_at_once(place: str, open_here: Open) -> None:
    """The lease of a process that was killed is free before its time, reaped or not; a cancel is refused."""
    with another_process(place, TAKE) as (process, _):
        journal = open_here(lambda: 0.0)
        process.send_signal(signal.SIGKILL)
        process.wait()

        writer = journal.acquire("wf-1", this_holder())

    assert writer.fence == 2


def test_commit_after_release_is_fenced(journal: AnyJournal) -> None:
    """A batch that comes after its own release is fenced: it has no lease any more."""
    writer = driven(journal)
    writer.release()

    with pytest.raises(RunFenced):
        writer.commit(Batch(state=RunState.SUCCEEDED))
