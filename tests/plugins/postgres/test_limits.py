"""Limits, turns and priorities over a whole fleet, as the cloud's own log and the queue tell."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from provisioning.contract import RunState
from provisioning.testing.cloud import EXTENSIONS
from provisioning.testing.cloud.request import Request
from tests.fleet import Fleet, until
from tests.plugins.postgres.test_workers import command, flow, machine
from tests.postgres import Server


@pytest.fixture
def fleet(tmp_path: Path, server: Server) -> Iterator[Fleet]:
    """Yield a fleet without members."""
    fleet = Fleet(tmp_path, server)
    yield fleet
    fleet.close()


def limit(fleet: Fleet, **limits: Any) -> None:
    """Give the cloud its limits."""
    cloud = {"type": "fake", "state": str(fleet.folder.parent / "cloud.db"), **limits}
    fleet.configure(
        {
            "store": {"url": fleet.url},
            "engine": {"type": "workers"},
            "extensions": {"paths": [str(EXTENSIONS)]},
            "providers": {"cloud": cloud},
        }
    )


def most_at_once(requests: Sequence[Request]) -> int:
    """Return how many requests were under way together, at most."""
    steps = sorted([(request.began, 1) for request in requests] + [(request.at, -1) for request in requests])
    now = most = 0
    for _, step in steps:
        now += step
        most = max(most, now)
    return most


def machines(count: int, name: str, **more: Any) -> Mapping[str, Any]:
    return flow(*(machine(f"{name}-{number}") for number in range(count)), **{"workflow_id": name, **more})


def test_max_parallel_holds_over_all_workers_and_runs(fleet: Fleet) -> None:
    """Three workers with thirty hands and two runs: the cloud sees three calls at once, and never more."""
    limit(fleet, max_parallel=3, latency=0.05)
    for _ in range(3):
        fleet.worker("--concurrency", "10")
    with fleet.open() as app:
        runs = [app.start(machines(12, name), parallelism=12) for name in ("one", "two")]
        assert {run.wait().state for run in runs} == {RunState.SUCCEEDED}
    requests = fleet.cloud.requests()
    assert len([request for request in requests if request.call == "create_server"]) == 24
    assert most_at_once(requests) == 3


def test_requests_per_second_holds_over_all_workers_and_runs(fleet: Fleet) -> None:
    """Turns are given out by the server: in no second more calls go out than the rate allows, nor in all."""
    limit(fleet, requests_per_second=20)
    for _ in range(3):
        fleet.worker("--concurrency", "10")
    with fleet.open() as app:
        runs = [app.start(machines(15, name), parallelism=15) for name in ("one", "two")]
        assert {run.wait().state for run in runs} == {RunState.SUCCEEDED}
    requests = fleet.cloud.requests()
    assert {request.answer for request in requests} == {"done"}
    moments = sorted(request.began for request in requests)
    busiest = max(sum(start <= moment < start + 1.0 for moment in moments) for start in moments)
    assert busiest <= 24  # a turn says when a call may go out, and a busy machine sends it a moment later
    assert moments[-1] - moments[0] >= (len(moments) - 1) / 20 - 0.25


def test_a_pause_is_kept_by_all(fleet: Fleet) -> None:
    """What the cloud told one worker, the others heed: nobody calls before the time that it asked for is over."""
    limit(fleet, retry_after=1.5, mishaps=[{"call": "create_server", "nth": 1, "mishap": "throttled"}])
    for _ in range(2):
        fleet.worker("--concurrency", "1")
    with fleet.open() as app:
        assert app.run(machines(1, "first")).state is RunState.SUCCEEDED
    refused, *later = [request for request in fleet.cloud.requests() if request.call == "create_server"]
    assert refused.answer == "Throttling"
    assert min(request.began for request in later) - refused.at >= 1.25


def test_a_large_run_does_not_starve_a_small_one(fleet: Fleet) -> None:
    """Of two runs of one priority, the small one that comes later is done while the large one still waits."""
    worker = fleet.worker("--concurrency", "1")
    with fleet.open() as app:
        large = app.start(
            flow(*(command(f"l{number}", "true") for number in range(60)), workflow_id="large"), parallelism=60
        )
        until(lambda: fleet.rows("SELECT count(*) > 50 FROM procrastinate_jobs") == [(True,)])
        small = app.run(flow(*(command(f"s{number}", "true") for number in range(3)), workflow_id="small"))
        assert small.state is RunState.SUCCEEDED
        assert sum(app.journal.count_operations("large").values()) < 60 or not large.is_over
        ended = max(event.at for event in app.events("small"))
        assert large.wait().state is RunState.SUCCEEDED
        later = [e for e in app.events("large") if e.kind == "OperationSucceeded" and e.at > ended]
        assert len(later) > 20
    assert worker.end() == 0


def test_a_run_of_a_high_priority_comes_first(fleet: Fleet) -> None:
    """What waits is taken in the order of priorities, whoever came first."""
    with fleet.open() as app:
        runs = [
            app.start(
                flow(command("a", f"echo {name} >> order"), workflow_id=name, configuration={"priority": priority})
            )
            for name, priority in (("low", -5), ("usual", 0), ("high", 50))
        ]
        until(lambda: fleet.rows("SELECT count(*) FROM procrastinate_jobs") == [(3,)])
        fleet.worker("--concurrency", "1")
        assert {run.wait().state for run in runs} == {RunState.SUCCEEDED}
    assert (fleet.folder / "order").read_text().split() == ["high", "usual", "low"]
