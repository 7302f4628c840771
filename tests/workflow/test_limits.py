"""Limits: of the run, of each provider, in both directions, and for workflows of ten thousand operations."""

from typing import Any

from provisioning.contract import Done, OperationState, Pending, ProviderLimits, RunState
from provisioning.errors import OperationFailed
from provisioning.workflow import Report, Runner, read_report, submit
from tests.workflow.scripted import Stage, make, server


def run(stage: Stage, *operations: dict[str, Any], **document: Any) -> Report:
    plan = stage.plan({"name": "test", "operations": list(operations), **document})
    submit(plan, stage.journal)
    Runner(plan, stage.surroundings).run(is_new=True)
    return read_report(stage.journal, plan.workflow_id)


class Busy:
    """Counts what is between its first call and its last, for one hook."""

    def __init__(self, stage: Stage, hook: str) -> None:
        self.most = 0
        self.now: set[str] = set()
        self.order: list[str] = []
        answer = stage.script.answer

        def counting(operation: Any, called: str, default: Any) -> Any:
            value = answer(operation, called, default)
            if called == hook:
                if operation.id not in self.now:
                    self.order.append(operation.id)
                self.now.add(operation.id)
                self.most = max(self.most, len(self.now))
                if isinstance(value, Done):
                    self.now.discard(operation.id)
            return value

        stage.script.answer = counting  # type: ignore[method-assign]


def test_a_saturated_provider_does_not_hold_up_others(stage: Stage) -> None:
    """Everything that is ready belongs to one busy instance but one operation: that one runs at once."""
    stage.clouds.limits["cloud"] = ProviderLimits(max_parallel=1)
    names = [f"s{number}" for number in range(20)]
    for name in names:
        stage.script.on(name, "run", Pending(1.0, {"n": 1}), Done())
    busy = Busy(stage, "run")
    report = run(stage, *(server(name) for name in names), make("last"))
    assert report.state is RunState.SUCCEEDED
    assert busy.order.index("last") <= 1
    assert [name for name in busy.order if name != "last"] == names
    assert stage.clock.now == 20.0


def test_a_provider_of_one_at_a_time_gets_one_at_a_time(stage: Stage) -> None:
    """Waiting for the cloud counts as being there."""
    stage.clouds.limits["cloud"] = ProviderLimits(max_parallel=2)
    names = [f"s{number}" for number in range(7)]
    for name in names:
        stage.script.on(name, "run", Pending(1.0, {"n": 1}), Done())
    busy = Busy(stage, "run")
    assert run(stage, *(server(name) for name in names)).state is RunState.SUCCEEDED
    assert busy.most == 2


def test_a_rollback_keeps_to_the_limit_of_the_provider(stage: Stage) -> None:
    """A cloud that takes two requests at a time is not sent ten deletions."""
    stage.clouds.limits["cloud"] = ProviderLimits(max_parallel=2)
    names = [f"s{number}" for number in range(6)]
    for name in names:
        stage.script.on(name, "compensate", Pending(1.0, {"n": 1}), Done())
    stage.script.on("last", "run", OperationFailed("broken"))
    busy = Busy(stage, "compensate")
    report = run(stage, *(server(name) for name in names), {"id": "last", "kind": "note"}, dependencies={"last": names})
    assert report.state is RunState.ROLLED_BACK
    assert busy.most == 2
    assert busy.order == names[::-1]


def test_a_skipped_operation_keeps_those_around_it_in_order(stage: Stage) -> None:
    """What needs it is undone before what it needs, though it has itself nothing to undo."""
    stage.script.on("c", "compensate", Pending(5.0, {"n": 1}), Done())
    stage.script.on("d", "run", OperationFailed("broken"))
    chain = {"b": ["a"], "c": ["b"], "d": ["c"]}
    run(stage, make("a"), make("b", when=False), make("c"), {"id": "d", "kind": "note"}, dependencies=chain)
    assert stage.script.calls("compensate") == ["c", "c", "a"]


def test_what_is_undone_already_keeps_those_around_it_in_order(stage: Stage) -> None:
    """A second rollback undoes what the first one could not, still newest first."""
    stage.script.on("c", "compensate", OperationFailed("not yet"), Pending(5.0, {"n": 1}), Done())
    stage.script.on("a", "compensate", OperationFailed("not yet"), Done())
    stage.script.on("d", "run", OperationFailed("broken"))
    chain = {"b": ["a"], "c": ["b"], "d": ["c"]}
    run(stage, make("a"), make("b"), make("c"), {"id": "d", "kind": "note"}, dependencies=chain)
    stage.script.log.clear()
    plan = stage.plan(stage.journal.get_document("wf-1"))
    assert Runner(plan, stage.surroundings).run(rollback=True) is RunState.ROLLED_BACK
    assert stage.script.calls("compensate") == ["c", "c", "a"]


def test_ten_thousand_operations_run_fail_and_are_undone(stage: Stage) -> None:
    """Each once, in one run, with one that fails at the end."""
    count = 10_000
    names = [f"o{number}" for number in range(count)]
    stage.script.on("last", "run", OperationFailed("broken"))
    report = run(
        stage,
        *(make(name) for name in names),
        make("last"),
        dependencies={"last": names},
        configuration={"parallelism": 1000},
    )
    assert report.state is RunState.ROLLED_BACK
    assert report.counts == {str(OperationState.COMPENSATED): count + 1}
    assert sorted(stage.script.calls("compensate")) == sorted([*names, "last"])
