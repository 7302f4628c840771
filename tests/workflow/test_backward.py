"""Driving backwards: order, failures on the way, retries, and what is left."""

from typing import Any

import pytest

from provisioning.contract import (
    Absent,
    Compensation,
    CompensationAction,
    Done,
    OperationState,
    Pending,
    Resource,
    RunState,
)
from provisioning.errors import AccessDenied, OperationFailed, RunConflict, Throttling
from provisioning.workflow import (
    Report,
    Runner,
    check_overrides,
    check_resume,
    check_rollback,
    read_report,
    submit,
)
from tests.workflow.scripted import Hang, Stage, make

CHAIN = {"b": ["a"], "c": ["b"], "d": ["c"]}


def run_and_fail(stage: Stage, *names: str, **document: Any) -> Report:
    """Run operations of which the last one fails, and roll back."""
    stage.script.on(names[-1], "run", OperationFailed("broken"))
    plan = stage.plan({"name": "t", "operations": [make(name) for name in names], **document})
    submit(plan, stage.journal)
    Runner(plan, stage.surroundings).run(is_new=True)
    return read_report(stage.journal, "wf-1")


def rollback(stage: Stage, *names: str, skip: tuple[str, ...] = (), **document: Any) -> Report:
    plan = stage.plan({"name": "t", "operations": [make(name) for name in names], **document})
    Runner(plan, stage.surroundings).run(rollback=True, skip=skip)
    return read_report(stage.journal, "wf-1")


def test_a_rollback_goes_on_past_failures_and_says_what_is_left(stage: Stage) -> None:
    """One compensation that fails does not keep the others from running."""
    stage.script.on("b", "compensate", AccessDenied("not yours"))
    report = run_and_fail(stage, "a", "b", "c", "d", dependencies=CHAIN)
    assert stage.script.calls("compensate") == ["d", "c", "b", "a"]
    assert report.state is RunState.ROLLBACK_FAILED
    assert report.left == (("b", "delete b", "not yours"),)
    assert report.exit_code == 5
    ended = stage.journal.list_events("wf-1")[-1]
    assert (ended.kind, ended.data["left"]) == (
        "RollbackFailed",
        [{"operation": "b", "what": "delete b", "why": "not yours"}],
    )


def test_a_failed_rollback_can_be_tried_again(stage: Stage) -> None:
    """Only what is left is undone the second time."""
    stage.script.on("b", "compensate", AccessDenied("not yours"), Done())
    run_and_fail(stage, "a", "b", "c", "d", dependencies=CHAIN)
    stage.script.log.clear()
    report = rollback(stage, "a", "b", "c", "d", dependencies=CHAIN)
    assert stage.script.calls("compensate") == ["b"]
    assert report.state is RunState.ROLLED_BACK
    assert report.left == ()


@pytest.mark.parametrize("answer", [Pending(5.0, {"on": "its way"}), Hang()])
def test_an_operation_that_was_cut_off_and_has_nothing_to_undo_ends_with_the_rollback(
    stage: Stage, answer: Any
) -> None:
    """Its end is told, and says that nobody knows how it went."""
    stage.script.on("a", "prepare", None)  # type: ignore[arg-type]
    stage.script.on("a", "run", answer)
    stage.script.on("b", "run", KeyboardCrash())
    plan = stage.plan({"name": "t", "operations": [make("a"), make("b")]})
    submit(plan, stage.journal)
    with pytest.raises(KeyboardCrash):
        crash(stage, plan)
    report = rollback(stage, "a", "b")
    assert report.state is RunState.ROLLED_BACK
    message = "operation a (make) was cut off, and has nothing that would undo it"
    assert dict(report.failures)["a"].message == message
    told = [
        event.data["error"]["message"] for event in stage.journal.list_events("wf-1") if event.kind == "OperationFailed"
    ]
    assert told == [message]
    now = stage.journal.checkpoint("wf-1")
    assert now.current_state == stage.journal.checkpoint("wf-1", step=now.step).current_state


def test_a_rollback_can_be_told_to_leave_an_operation_alone(stage: Stage) -> None:
    """What is skipped stays, is said to be left, and does not fail the rollback."""
    stage.script.on("b", "compensate", AccessDenied("not yours"))
    run_and_fail(stage, "a", "b", "c", "d", dependencies=CHAIN)
    report = rollback(stage, "a", "b", "c", "d", dependencies=CHAIN, skip=("b",))
    assert report.state is RunState.ROLLED_BACK
    assert report.left == (("b", "delete b", "it was to be left as it is"),)


def test_a_compensation_is_retried_like_an_operation(stage: Stage) -> None:
    """Throttling is no reason to leave a server behind."""
    stage.script.on("a", "compensate", Throttling("slow"), Done())
    report = run_and_fail(stage, "a", "b", dependencies={"b": ["a"]})
    assert stage.script.calls("compensate") == ["b", "a", "a"]
    assert report.state is RunState.ROLLED_BACK


def test_a_pending_compensation_is_waited_for(stage: Stage) -> None:
    """What needed it goes only when it is gone."""
    stage.script.on("b", "compensate", Pending(5.0, {"deleting": True}), Done())
    run_and_fail(stage, "a", "b", dependencies={"b": ["a"]})
    assert stage.script.calls("compensate") == ["b", "b", "a"]
    assert stage.clock.now == pytest.approx(5.0)


def test_compensations_that_need_not_wait_for_each_other_run_side_by_side(stage: Stage) -> None:
    """Order is kept where an edge is, and no further."""
    for name in ("a", "b", "c"):
        stage.script.on(name, "compensate", Pending(5.0, {"deleting": True}), Done())
    run_and_fail(stage, "a", "b", "c", "d", dependencies={"d": ["a", "b", "c"]})
    assert stage.script.calls("compensate") == ["d", "c", "b", "a", "c", "b", "a"]
    assert stage.clock.now == pytest.approx(5.0)


def test_a_successful_run_can_be_rolled_back(stage: Stage) -> None:
    """The journal knows how, long after the run."""
    plan = stage.plan({"name": "t", "operations": [make("a"), make("b")], "dependencies": {"b": ["a"]}})
    submit(plan, stage.journal)
    assert Runner(plan, stage.surroundings).run(is_new=True) is RunState.SUCCEEDED
    assert Runner(plan, stage.surroundings).run(rollback=True) is RunState.ROLLED_BACK
    assert stage.script.calls("compensate") == ["b", "a"]


def test_what_leaves_nothing_behind_is_not_undone(stage: Stage) -> None:
    """An operation without a compensation stays as it ended."""
    plan = stage.plan({"name": "t", "operations": [make("a"), {"id": "n", "kind": "note"}]})
    submit(plan, stage.journal)
    Runner(plan, stage.surroundings).run(is_new=True)
    Runner(plan, stage.surroundings).run(rollback=True)
    states = {record.operation_id: record.state for record in stage.journal.list_operations("wf-1")}
    assert states == {"a": OperationState.COMPENSATED, "n": OperationState.SUCCEEDED}


def test_a_compensation_may_be_completed_by_what_the_operation_learned(stage: Stage) -> None:
    """The id known after the call replaces the token known before it."""
    better = Compensation(CompensationAction.DELETE_RESOURCE, "delete server a", {"server_id": "i-1"})
    stage.script.on("a", "run", Done({}, (Resource("server", "i-1"),), better))
    run_and_fail(stage, "a", "b", dependencies={"b": ["a"]})
    record = stage.journal.get_operation("wf-1", "a")
    assert record is not None
    assert record.compensation == better


def test_an_interrupted_rollback_goes_on_where_it_was(stage: Stage) -> None:
    """The run stays `rolling_back` and a resume continues backwards, not forwards."""
    stage.script.on("d", "run", OperationFailed("broken"))
    document = {"name": "t", "operations": [make(name) for name in "abcd"], "dependencies": CHAIN}
    plan = stage.plan(document)
    submit(plan, stage.journal)
    runner = Runner(plan, stage.surroundings)
    answer = stage.script.answer

    def interrupting(operation: Any, hook: str, default: Any) -> Any:
        if hook == "compensate" and operation.id == "c":
            runner.interrupt()
        return answer(operation, hook, default)

    stage.script.answer = interrupting  # type: ignore[method-assign]
    assert runner.run(is_new=True) is RunState.ROLLING_BACK
    assert stage.script.calls("compensate") == ["d", "c"]
    assert Runner(plan, stage.surroundings).run() is RunState.ROLLED_BACK
    assert stage.script.calls("compensate") == ["d", "c", "b", "a"]


def test_an_operation_in_doubt_is_settled_before_it_is_undone(stage: Stage) -> None:
    """What the interrupted call made is found by its token, and deleted."""
    plan = stage.plan({"name": "t", "operations": [make("a")]})
    submit(plan, stage.journal)
    stage.script.on("a", "run", KeyboardCrash())
    with pytest.raises(KeyboardCrash):
        crash(stage, plan)
    stage.script.on("a", "settle", Pending(0.0, {"server_id": "i-1"}, (Resource("server", "i-1"),)))
    Runner(plan, stage.surroundings).run(rollback=True)
    assert stage.script.calls("settle") == ["a"]
    assert stage.script.calls("compensate") == ["a"]


class KeyboardCrash(BaseException):
    """The process dies in the middle of a call."""


def crash(stage: Stage, plan: Any) -> None:
    """Run until a call dies, as a killed process would leave the journal."""
    surroundings = stage.surroundings

    def dying(capacity: int, hold: Any, run: Any) -> Any:
        engine = stage._make_engine(capacity, hold, run)
        collect = engine.collect

        def collect_and_die(timeout: float | None) -> Any:
            answers = collect(timeout)
            for answer in answers:
                if isinstance(getattr(answer, "error", None), KeyboardCrash):
                    raise answer.error
            return answers

        engine.collect = collect_and_die  # type: ignore[method-assign]
        return engine

    from dataclasses import replace

    Runner(plan, replace(surroundings, make_engine=dying)).run(is_new=True)


def test_what_cannot_be_asked_of_a_run_is_said(stage: Stage) -> None:
    """A rolled-back run is neither resumed nor rolled back again."""
    run_and_fail(stage, "a", "b", dependencies={"b": ["a"]})
    run = stage.journal.get_run("wf-1")
    with pytest.raises(RunConflict) as resume:
        check_resume(run)
    assert resume.value.message == "run wf-1 cannot be resumed: it is rolled_back"
    with pytest.raises(RunConflict) as again:
        check_rollback(run)
    assert again.value.message == "run wf-1 is rolled back already"


def test_absent_means_gone_only_after_the_listing_lag(stage: Stage) -> None:
    """Without a provider there is no lag: absent at once, and the compensation still runs, for it is idempotent."""
    plan = stage.plan({"name": "t", "operations": [make("a")]})
    submit(plan, stage.journal)
    stage.script.on("a", "run", KeyboardCrash())
    with pytest.raises(KeyboardCrash):
        crash(stage, plan)
    stage.script.on("a", "settle", Absent())
    assert Runner(plan, stage.surroundings).run(rollback=True) is RunState.ROLLED_BACK
    assert stage.script.log[-2:] == ["settle a", "compensate a"]


@pytest.mark.parametrize("skip", [(), ("a",)])
def test_what_is_retried_may_refer_to_what_is_undone_already(stage: Stage, skip: tuple[str, ...]) -> None:
    """Or to what was to be left: its result is known still, also to another process."""
    stage.script.on("b", "compensate", AccessDenied("not yours"), Done())
    operations = [make("a"), make("b", parameters={"of": "{{operations.a.result.id}}"})]
    plan = stage.plan({"name": "t", "operations": operations})
    submit(plan, stage.journal)
    Runner(plan, stage.surroundings).run(is_new=True)
    assert Runner(plan, stage.surroundings).run(rollback=True, skip=skip) is RunState.ROLLBACK_FAILED
    assert Runner(plan, stage.surroundings).run(rollback=True) is RunState.ROLLED_BACK
    assert stage.script.operations[-1].parameters == {"of": "a"}


def test_only_a_rollback_that_has_failed_is_retried(stage: Stage) -> None:
    """Whoever retries the wrong run does not undo it."""
    stage.script.on("b", "compensate", AccessDenied("not yours"), Done())
    report = run_and_fail(stage, "a", "b", "c", dependencies={"b": ["a"], "c": ["b"]})
    assert report.state is RunState.ROLLBACK_FAILED
    check_rollback(stage.journal.get_run("wf-1"), retry=True)

    plan = stage.plan({"name": "t", "operations": [make("x")]}, workflow_id="wf-2")
    submit(plan, stage.journal)
    Runner(plan, stage.surroundings).run(is_new=True)
    with pytest.raises(RunConflict) as caught:
        check_rollback(stage.journal.get_run("wf-2"), retry=True)
    assert caught.value.message == "run wf-2 has no failed rollback to retry: it is succeeded"
    assert caught.value.hint == "`provisioning workflow rollback wf-2` undoes it"


@pytest.mark.parametrize("where", ["run", "operation"])
def test_without_a_rollback_everything_is_kept_for_a_look(stage: Stage, where: str) -> None:
    """Whatever the document or the operation says of a failure; a rollback that somebody asks for undoes it later."""
    last = make("b", when="{{operations.a.id == 'a'}}", **({"on_failure": "rollback"} if where == "operation" else {}))
    document = {"name": "t", "operations": [make("a"), last], "configuration": {"on_failure": "rollback"}}
    stage.script.on("b", "run", OperationFailed("broken"))
    plan = stage.plan(document, overrides=check_overrides(no_rollback=True))
    assert plan.on_failure == "stop"
    submit(plan, stage.journal)
    assert Runner(plan, stage.surroundings).run(is_new=True) is RunState.FAILED
    assert stage.script.calls("compensate") == []

    again = stage.plan(dict(stage.journal.get_document("wf-1")))  # what a resume in another process reads
    assert again.digest == plan.digest
    assert Runner(again, stage.surroundings).run() is RunState.FAILED
    assert Runner(again, stage.surroundings).run(rollback=True) is RunState.ROLLED_BACK
    assert stage.script.calls("compensate")[-1] == "a"
