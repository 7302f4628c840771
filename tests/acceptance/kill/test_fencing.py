"""One run, one driver: of two processes only one goes on, and the one that was stopped too long notices."""

import os
import signal
import time
from pathlib import Path

import pytest

from provisioning.contract import RunState
from provisioning.errors import RunLocked
from tests.acceptance.kill.desk import ID, Desk
from tests.acceptance.kill.test_processes import FORWARDS, RUN

LEASE = 2.5


def stop_at(desk: Desk, point: str, lease: float = LEASE) -> int:
    """Start a run that stops itself at a point, and return the process's id once it stands still."""
    desk.write(FORWARDS)
    process = desk.begin(f"{point}:1:stop", *RUN, PROVISIONING_FAULT_LEASE=str(lease))
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), process.communicate()
    return process.pid


def wait_for_the_end_of_its_lease(desk: Desk) -> None:
    """Wait until the stopped process's lease is over: its time is real time."""
    with desk.app() as app:
        lease = app.journal.get_run(ID).lease
    assert lease is not None
    time.sleep(max(0.0, lease.expires_at - time.time()) + 0.05)


def let_go_on(desk: Desk) -> tuple[int, str]:
    """Wake the stopped process, and return its exit status and what it said."""
    process = desk.started[0]
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def test_a_second_driver_is_told_who_holds_the_run(desk: Desk) -> None:
    """A process that stands still lives: until its lease is over nobody takes its run away."""
    pid = stop_at(desk, "call.before", lease=600)
    with desk.app() as app, pytest.raises(RunLocked, match=f"run wf-1 is driven by process {pid} on "):
        app.resume(ID).wait()


@pytest.mark.parametrize("point", ["intent.after", "call.before", "create_server.before"])
@pytest.mark.parametrize("ending", ["resume", "rollback"])
def test_a_driver_that_was_stopped_past_its_lease_does_nothing_more(desk: Desk, point: str, ending: str) -> None:
    """Its intent was durable and its call about to be made; another process has gone on, and it may not."""
    stop_at(desk, point)
    wait_for_the_end_of_its_lease(desk)
    report = desk.go_on(ending)
    assert report.state is (RunState.SUCCEEDED if ending == "resume" else RunState.ROLLED_BACK)
    with desk.app() as app:
        before = (app.journal.last_sequence(), list(app.servers()), list(app.operations(ID)))

    code, err = let_go_on(desk)

    assert code == 1
    assert "error: run wf-1 is driven by another process by now (this one's lease, number 1, had ended)" in err
    with desk.app() as app:
        assert (app.journal.last_sequence(), list(app.servers()), list(app.operations(ID))) == before
    assert [server.name for server in before[1]] == (["db"] if ending == "resume" else [])
    if ending == "rollback" and Path("/proc/self/cmdline").exists():
        assert desk.processes() == []


def test_a_driver_that_was_stopped_and_that_nobody_replaced_goes_on(desk: Desk) -> None:
    """A laptop that slept: its lease is over, nobody has taken it, and it is renewed."""
    stop_at(desk, "create_server.before")
    wait_for_the_end_of_its_lease(desk)
    code, err = let_go_on(desk)
    assert code == 0, err
    assert [server.name for server in desk.servers()] == ["db"]


def test_the_lease_of_a_dead_driver_heals_itself(desk: Desk) -> None:
    """Nobody waits for the lease of a process that is gone."""
    stop_at(desk, "create_server.before")
    desk.started[0].send_signal(signal.SIGKILL)
    desk.started[0].communicate()
    started = time.monotonic()
    assert desk.go_on("resume").state is RunState.SUCCEEDED
    with desk.app() as app:
        lease = app.journal.get_run(ID).lease
    assert lease is None
    assert time.monotonic() - started < 60
