"""Pacing: a provider's rate and pauses slow that provider down, and nobody else."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.contract import Done, EventKind, Pending, ProviderLimits, RunState
from provisioning.errors import NetworkFailure, OperationFailed, Throttling
from provisioning.store import open_journal
from provisioning.workflow import Report, Runner, read_report, submit
from tests.workflow.scripted import Stage, make, server


def run(stage: Stage, *operations: dict[str, Any], **document: Any) -> Report:
    plan = stage.plan({"name": "test", "operations": list(operations), **document})
    submit(plan, stage.journal)
    Runner(plan, stage.surroundings).run(is_new=True)
    return read_report(stage.journal, plan.workflow_id)


def timed(stage: Stage) -> list[tuple[float, str]]:
    """Write down when each call of an operation at the provider is made, from now on."""
    calls: list[tuple[float, str]] = []
    answer = stage.script.answer

    def timing(operation: Any, called: str, default: Any) -> Any:
        if operation.provider is not None:
            calls.append((stage.clock.now, f"{called} {operation.id}"))
        return answer(operation, called, default)

    stage.script.answer = timing  # type: ignore[method-assign]
    return calls


def test_calls_keep_to_the_rate_of_the_provider(stage: Stage) -> None:
    """Two calls each, at two a second: six operations take five and a half seconds, whatever the parallelism."""
    stage.clouds.limits["cloud"] = ProviderLimits(requests_per_second=2)
    calls = timed(stage)
    assert run(stage, *(server(f"s{number}") for number in range(6))).state is RunState.SUCCEEDED
    assert [at for at, _ in calls] == pytest.approx([number / 2 for number in range(12)])


def test_a_slow_provider_does_not_hold_up_others(stage: Stage) -> None:
    """With a hundred operations for a slow instance, those for others are done before its second call."""
    stage.clouds.limits["cloud"] = ProviderLimits(requests_per_second=1)
    calls = timed(stage)
    names = [f"m{number}" for number in range(50)]
    ended: dict[str, float] = {}
    for name in names:
        stage.script.on(name, "run", Done({"at": 0}))
    answer = stage.script.answer

    def noting(operation: Any, called: str, default: Any) -> Any:
        ended[operation.id] = stage.clock.now
        return answer(operation, called, default)

    stage.script.answer = noting  # type: ignore[method-assign]
    servers = [server(f"s{number}") for number in range(100)]
    report = run(stage, *servers, *map(make, names), configuration={"parallelism": 3})
    assert report.state is RunState.SUCCEEDED
    assert max(ended[name] for name in names) < 1.0
    assert len(calls) == 200


def test_a_throttled_provider_does_not_hold_up_others(stage: Stage) -> None:
    """What waits for a cloud that asked for a pause gives its place to others, and takes it back afterwards."""
    stage.clouds.limits["cloud"] = ProviderLimits()
    for number in range(3):
        stage.script.on(f"s{number}", "run", Throttling("slow down", retry_after=60.0), Done())
    ended: dict[str, float] = {}
    answer = stage.script.answer

    def noting(operation: Any, called: str, default: Any) -> Any:
        ended[operation.id] = stage.clock.now
        return answer(operation, called, default)

    stage.script.answer = noting  # type: ignore[method-assign]
    operations = [*(server(f"s{number}") for number in range(3)), *(make(f"m{number}") for number in range(5))]
    report = run(stage, *operations, configuration={"parallelism": 3})
    assert report.state is RunState.SUCCEEDED
    assert [ended[f"m{number}"] for number in range(5)] == [0.0] * 5
    assert [ended[f"s{number}"] for number in range(3)] == [60.0] * 3


def test_being_throttled_uses_up_no_attempt(stage: Stage) -> None:
    """A cloud may say "slow down" more often than an operation has attempts; it waits longer each time."""
    stage.clouds.limits["cloud"] = ProviderLimits()
    stage.script.on("s", "run", *[Throttling("slow down")] * 5, NetworkFailure("no route"), Done())
    report = run(stage, server("s", retry={"attempts": 2}))
    assert report.state is RunState.SUCCEEDED
    assert stage.clock.now == 1 + 2 + 4 + 8 + 16 + 1


def test_being_throttled_ends_with_the_operations_time(stage: Stage) -> None:
    """A cloud that never lets anything through is given up when the operation's time is up."""
    stage.clouds.limits["cloud"] = ProviderLimits()
    stage.script.on("s", "run", Throttling("slow down", retry_after=20.0))
    report = run(stage, server("s", timeout=50.0), configuration={"on_failure": "stop"})
    assert [(name, error.message) for name, error in report.failures] == [("s", "operation s did not end within 50 s")]
    assert stage.clock.now == 50.0


def test_nothing_new_begins_while_the_provider_is_paused(stage: Stage) -> None:
    """A pause that another run or a list of servers brought about holds for this run, too."""
    stage.clouds.limits["cloud"] = ProviderLimits()
    stage.clouds.opens_at["cloud"] = 30.0
    calls = timed(stage)
    assert run(stage, server("a"), server("b"), make("c")).state is RunState.SUCCEEDED
    assert {at for at, _ in calls} == {30.0}


def test_a_rollback_keeps_to_the_rate(stage: Stage) -> None:
    """Deletions are requests like any other."""
    stage.clouds.limits["cloud"] = ProviderLimits(requests_per_second=2)
    stage.script.on("last", "run", OperationFailed("broken"))
    calls = timed(stage)
    names = [f"s{number}" for number in range(4)]
    report = run(stage, *map(server, names), {"id": "last", "kind": "note"}, dependencies={"last": names})
    assert report.state is RunState.ROLLED_BACK
    undone = [at for at, call in calls if call.startswith("compensate")]
    assert [later - earlier for earlier, later in pairwise(undone)] == pytest.approx([0.5, 0.5, 0.5])


def test_an_interrupt_does_not_wait_for_a_turn(stage: Stage) -> None:
    """What stands aside is let go as it is, and goes on when the run is resumed."""
    stage.clouds.limits["cloud"] = ProviderLimits(requests_per_second=0.01)
    plan = stage.plan({"name": "test", "operations": [server(f"s{number}") for number in range(5)]})
    submit(plan, stage.journal)
    runner = Runner(plan, stage.surroundings)
    stage.script.on("s0", "run", Pending(1.0, {"n": 1}), Done())
    answer = stage.script.answer

    def interrupting(operation: Any, called: str, default: Any) -> Any:
        if called == "run":
            runner.interrupt()
        return answer(operation, called, default)

    stage.script.answer = interrupting  # type: ignore[method-assign]
    assert runner.run(is_new=True) is RunState.INTERRUPTED
    assert stage.clock.now == pytest.approx(100.0)
    stage.script.answer = answer  # type: ignore[method-assign]
    stage.clouds.limits["cloud"] = ProviderLimits()
    assert Runner(plan, stage.surroundings).run() is RunState.SUCCEEDED


@given(
    rate=st.sampled_from([None, 0.5, 2.0, 7.0]),
    most=st.sampled_from([None, 1, 3]),
    parallelism=st.integers(1, 4),
    throttled=st.lists(st.tuples(st.integers(0, 7), st.floats(0, 5)), max_size=4),
    polls=st.lists(st.integers(0, 7), max_size=4),
)
def test_every_mixture_ends_and_keeps_the_limits(
    tmp_path_factory: pytest.TempPathFactory,
    rate: float | None,
    most: int | None,
    parallelism: int,
    throttled: list[tuple[int, float]],
    polls: list[int],
) -> None:
    """Whatever is throttled or waits: all succeed once, and neither rate nor number is exceeded."""
    folder = tmp_path_factory.mktemp("mixture")
    with open_journal(folder / "journal.db", synchronous="OFF") as journal:
        stage = Stage(journal, folder)
        stage.clouds.limits["cloud"] = ProviderLimits(max_parallel=most, requests_per_second=rate)
        for number in range(8):
            answers = [Throttling("slow", retry_after=seconds) for which, seconds in throttled if which == number]
            answers += [Pending(0.3, {"n": 1}) for which in polls if which == number]
            stage.script.on(f"s{number}", "run", *answers, Done())
        calls = timed(stage)
        operations = [*(server(f"s{number}") for number in range(8)), make("m")]
        report = run(stage, *operations, configuration={"parallelism": parallelism})
        assert report.state is RunState.SUCCEEDED
        kinds = [event.kind for event in journal.list_events("wf-1", limit=10_000)]
        assert kinds.count(EventKind.OPERATION_SUCCEEDED) == 9
        if rate is not None:
            assert all(later - earlier >= 1 / rate - 0.05 - 1e-6 for (earlier, _), (later, _) in pairwise(calls))
        assert _most_at_once(calls) <= (most or 8)


def _most_at_once(calls: list[tuple[float, str]]) -> int:
    """Return how many operations had begun and not ended at once."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for place, (_, call) in enumerate(calls):
        name = call.split()[1]
        first.setdefault(name, place)
        last[name] = place
    return max(sum(first[name] <= place <= last[name] for name in first) for place in range(len(calls)))
