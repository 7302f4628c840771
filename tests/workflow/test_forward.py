"""Driving forwards: order, limits, retries, time-outs, doubt, and what a failure means."""

from typing import Any

import pytest

from provisioning.contract import (
    Done,
    EventKind,
    OperationState,
    Pending,
    Resource,
    RunState,
    Unsettled,
)
from provisioning.errors import (
    Ambiguous,
    ExtensionBroken,
    InvalidRequest,
    NetworkFailure,
    OperationFailed,
    ServiceInternalError,
    Throttling,
)
from provisioning.workflow import Report, Runner, read_report, submit
from tests.workflow.scripted import Hang, Stage, make


def run(stage: Stage, *operations: dict[str, Any], **document: Any) -> Report:
    """Run a workflow of these operations to its end."""
    plan = stage.plan({"name": "test", "operations": list(operations), **document})
    submit(plan, stage.journal)
    Runner(plan, stage.surroundings).run(is_new=True)
    return read_report(stage.journal, plan.workflow_id)


def states(stage: Stage) -> dict[str, OperationState]:
    return {record.operation_id: record.state for record in stage.journal.list_operations("wf-1")}


def events(stage: Stage) -> list[str]:
    return [" ".join(filter(None, (event.kind, event.operation_id))) for event in stage.journal.list_events("wf-1")]


def stop(**more: Any) -> dict[str, Any]:
    return {"configuration": {"on_failure": "stop", **more}}


def keep_going(**more: Any) -> dict[str, Any]:
    return {"configuration": {"on_failure": "continue", **more}}


def test_a_run_does_every_operation_after_what_it_needs(stage: Stage) -> None:
    """References and dependencies are edges, and the results flow along them."""
    report = run(
        stage,
        make("web", parameters={"db": "{{operations.db.result.id}}"}),
        make("db"),
        make("check"),
        dependencies={"check": ["web"]},
        outputs={"db": "{{operations.web.result.db}}"},
    )
    assert stage.script.calls("run") == ["db", "web", "check"]
    assert report.state is RunState.SUCCEEDED
    assert report.outputs == {"db": "db"}
    assert report.counts == {"succeeded": 3}


def test_the_intent_is_durable_before_the_call(stage: Stage) -> None:
    """When a hook is called, the journal knows the operation, its token and how it will be undone."""
    seen = []
    answer = stage.script.answer

    def spying(operation: Any, hook: str, default: Any) -> Any:
        if hook == "run":
            seen.append(stage.journal.get_operation("wf-1", operation.id))
        return answer(operation, hook, default)

    stage.script.answer = spying  # type: ignore[method-assign]
    run(stage, make("db"))
    (record,) = seen
    assert record is not None
    assert (record.state, record.client_token) == (OperationState.STARTED, "token-1")
    assert record.compensation is not None
    assert record.compensation.data == {"token": "token-1"}


def test_parallelism_bounds_what_is_under_way(stage: Stage) -> None:
    """Operations that wait for the cloud count as much as those that are called."""
    most = 0
    pending = Pending(1.0, {"n": 1})
    for name in ("a", "b", "c", "d", "e"):
        stage.script.on(name, "run", pending, Done())
    answer = stage.script.answer
    open_now: set[str] = set()

    def counting(operation: Any, hook: str, default: Any) -> Any:
        nonlocal most
        open_now.add(operation.id)
        most = max(most, len(open_now))
        value = answer(operation, hook, default)
        if isinstance(value, Done):
            open_now.discard(operation.id)
        return value

    stage.script.answer = counting  # type: ignore[method-assign]
    report = run(stage, *(make(name) for name in "abcde"), configuration={"parallelism": 2})
    assert report.state is RunState.SUCCEEDED
    assert most == 2


def test_a_retryable_failure_is_tried_again_with_the_same_token_after_a_growing_delay(stage: Stage) -> None:
    """The token is made once; the delays are the policy's; each attempt is journaled."""
    stage.script.on("db", "run", Throttling("slow down"), Throttling("slow down"), Done())
    report = run(stage, make("db"))
    assert report.state is RunState.SUCCEEDED
    assert stage.clock.now == pytest.approx(1.0 + 2.0)
    assert {operation.client_token for operation in stage.script.operations} == {"token-1"}
    record = stage.journal.get_operation("wf-1", "db")
    assert record is not None
    assert (record.attempt, record.generation, record.error) == (3, 1, None)


def test_the_time_that_a_cloud_asks_for_is_given(stage: Stage) -> None:
    """`retry_after` wins over a shorter delay."""
    stage.script.on("db", "run", Throttling("slow down", retry_after=30.0), Done())
    run(stage, make("db"))
    assert stage.clock.now == pytest.approx(30.0)


def test_attempts_are_bounded(stage: Stage) -> None:
    """The error of the last attempt is the operation's."""
    stage.script.on("db", "run", NetworkFailure("no route"))
    report = run(stage, make("db", retry={"attempts": 2}), **stop())
    assert stage.script.calls("run") == ["db", "db"]
    assert [(name, error.message) for name, error in report.failures] == [("db", "no route")]
    assert report.state is RunState.FAILED


def test_an_error_that_is_not_retryable_is_not_retried(stage: Stage) -> None:
    """What the cloud refuses as it stands is refused once."""
    stage.script.on("db", "run", InvalidRequest("no such size"))
    run(stage, make("db"), **stop())
    assert stage.script.calls("run") == ["db"]


def test_a_refused_operation_leaves_nothing_to_undo(stage: Stage) -> None:
    """What the cloud refused is not compensated; what another operation made is."""
    stage.script.on("web", "run", InvalidRequest("no such size"))
    report = run(stage, make("db"), make("web"), dependencies={"web": ["db"]})
    assert stage.script.calls("compensate") == ["db"]
    assert report.state is RunState.ROLLED_BACK


def test_a_pending_operation_is_called_again_with_its_state(stage: Stage) -> None:
    """`Pending` is journaled with its state and resources before the next call."""
    resource = Resource("server", "i-1")
    stage.script.on("db", "run", Pending(2.5, {"server_id": "i-1"}, (resource,)), Done({"ok": True}))
    report = run(stage, make("db"))
    assert stage.clock.now == pytest.approx(2.5)
    assert stage.script.operations[-1].state == {"server_id": "i-1"}
    assert report.resources == (resource,)
    assert events(stage) == [
        "WorkflowStarted",
        "OperationStarted db",
        "ResourceCreated db",
        "OperationWaiting db",
        "OperationSucceeded db",
        "WorkflowCompleted",
    ]


def test_an_operation_ends_when_its_time_is_up(stage: Stage) -> None:
    """The time-out bounds the whole operation, waits included; what it made is kept for the rollback."""
    resource = Resource("server", "i-1")
    stage.script.on("db", "run", Pending(1.0, {"server_id": "i-1"}, (resource,)))
    report = run(stage, make("db", timeout=3.5))
    assert stage.clock.now == pytest.approx(3.5)
    assert report.failures[0][1].message == "operation db did not end within 3.5 s"
    assert report.state is RunState.ROLLED_BACK
    assert stage.script.calls("compensate") == ["db"]


def test_a_call_that_never_ends_is_left_behind_and_settled(stage: Stage) -> None:
    """After its deadline a call is cancelled, then abandoned, and the cloud is asked what it did."""
    stage.script.on("db", "run", Hang())
    report = run(stage, make("db", timeout=10), **stop())
    assert stage.engine is not None
    assert stage.engine.cancelled == stage.engine.abandoned == [2]
    assert stage.script.calls("settle") == ["db"]
    assert report.failures[0][1].code == "OperationTimedOut"
    assert stage.clock.now == pytest.approx(15.0)


@pytest.mark.parametrize("error", [Ambiguous("no reply"), ServiceInternalError("oops")])
def test_a_lost_reply_is_settled_before_anything_else(stage: Stage, error: Exception) -> None:
    """Found by its token, what the call made is adopted, and nothing is created again."""
    stage.script.on("db", "run", error, Done({"id": "i-1"}))
    stage.script.on("db", "settle", Pending(0.0, {"server_id": "i-1"}, (Resource("server", "i-1"),)))
    report = run(stage, make("db"))
    assert stage.script.log == ["prepare db", "run db", "settle db", "run db"]
    assert stage.script.operations[-1].state == {"server_id": "i-1"}
    assert "OperationAdopted db" in events(stage)
    assert report.state is RunState.SUCCEEDED


def test_a_call_that_did_nothing_is_sent_again_with_the_same_token(stage: Stage) -> None:
    """Absent: the same token goes out again."""
    stage.script.on("db", "run", Ambiguous("no reply"), Done())
    run(stage, make("db"))
    assert stage.script.log == ["prepare db", "run db", "settle db", "run db"]
    assert {operation.client_token for operation in stage.script.operations} == {"token-1"}


def test_a_doubt_that_stays_is_decided_by_the_kind(stage: Stage) -> None:
    """`on_doubt = fail` tells a person what to do next; the document may say `retry`."""
    for name in ("a", "b"):
        stage.script.on(name, "run", Ambiguous("no reply"), Done())
        stage.script.on(name, "settle", Unsettled())
    report = run(
        stage,
        {"id": "a", "kind": "careful"},
        {"id": "b", "kind": "careful", "parameters": {"on_doubt": "retry"}},
        **keep_going(),
    )
    assert states(stage) == {"a": OperationState.FAILED, "b": OperationState.SUCCEEDED}
    ((_, error),) = report.failures
    assert error.message == "operation a (careful) was cut off, and nobody can be asked what it did"
    assert report.state is RunState.PARTIAL


def test_rollback_undoes_everything_newest_first(stage: Stage) -> None:
    """The default: a failure undoes what was done, in the reverse order of the intents."""
    stage.script.on("d", "run", OperationFailed("broken"))
    chain = {"b": ["a"], "c": ["b"], "d": ["c"]}
    report = run(stage, *(make(name) for name in "abcd"), dependencies=chain)
    assert stage.script.calls("compensate") == ["d", "c", "b", "a"]
    assert report.state is RunState.ROLLED_BACK
    assert report.error is not None
    assert report.error.message == "broken"
    assert report.exit_code == 4


def test_stop_leaves_what_was_done(stage: Stage) -> None:
    """Nothing new is taken up, and nothing is undone."""
    stage.script.on("a", "run", OperationFailed("broken"))
    report = run(stage, make("a"), make("b"), **stop(parallelism=1))
    assert stage.script.log == ["prepare a", "run a"]
    assert report.state is RunState.FAILED
    assert report.exit_code == 1


def test_continue_goes_on_with_what_does_not_need_the_failed_one(stage: Stage) -> None:
    """Its dependents are blocked, the others run, and the run is partial."""
    stage.script.on("a", "run", OperationFailed("broken"))
    report = run(
        stage,
        *(make(name) for name in ("a", "needs-a", "also", "b")),
        dependencies={"needs-a": ["a"], "also": ["needs-a"]},
        **keep_going(),
    )
    assert states(stage) == {
        "a": OperationState.FAILED,
        "needs-a": OperationState.BLOCKED,
        "also": OperationState.BLOCKED,
        "b": OperationState.SUCCEEDED,
    }
    assert (report.state, report.status, report.exit_code) == (RunState.PARTIAL, "partial", 3)


def test_continue_without_any_success_is_a_failure(stage: Stage) -> None:
    """Partial means that something was done."""
    stage.script.on("a", "run", OperationFailed("broken"))
    assert run(stage, make("a"), **keep_going()).state is RunState.FAILED


def test_an_operation_may_have_its_own_on_failure(stage: Stage) -> None:
    """The operation's word counts before the run's."""
    stage.script.on("a", "run", OperationFailed("broken"))
    report = run(stage, make("a", on_failure="continue"), make("b"))
    assert report.state is RunState.PARTIAL


def test_a_false_condition_skips_the_operation_and_not_its_dependents(stage: Stage) -> None:
    """Skipping is no failure; a skipped operation has no result."""
    report = run(
        stage,
        {"id": "flag", "kind": "note", "parameters": {"on": False}},
        make("a", when="{{operations.flag.result.on == true}}"),
        make("b"),
        make("c", when=False),
        dependencies={"b": ["a"]},
    )
    assert states(stage) == {
        "flag": OperationState.SUCCEEDED,
        "a": OperationState.SKIPPED,
        "b": OperationState.SUCCEEDED,
        "c": OperationState.SKIPPED,
    }
    assert report.state is RunState.SUCCEEDED


def test_a_condition_must_be_true_or_false(stage: Stage) -> None:
    """Anything else is the document's mistake, not a yes."""
    report = run(
        stage,
        {"id": "x", "kind": "note", "parameters": {"n": 3}},
        make("a", when="{{operations.x.result.n}}"),
        **stop(),
    )
    assert report.failures[0][1].message == (
        "operation a: its condition is neither true nor false: {{operations.x.result.n}} is 3"
    )


def test_a_reference_to_what_a_result_lacks_fails_that_operation(stage: Stage) -> None:
    """Nothing is called with half-resolved parameters."""
    report = run(stage, make("a"), make("b", parameters={"x": "{{operations.a.result.nope}}"}), **stop())
    assert "run b" not in stage.script.log
    assert report.failures[0][0] == "b"
    assert "nope" in report.failures[0][1].message


def test_a_guard_that_denies_comes_before_the_intent(stage: Stage) -> None:
    """A denied operation is not called, and its reason is told."""
    stage.guards.refused["db"] = "no databases on Fridays"
    report = run(stage, make("db"), **stop())
    assert stage.script.log == []
    assert report.failures[0][1].message == "operation db (make) is denied: no databases on Fridays"


def test_an_interrupt_lets_calls_in_flight_be_recorded(stage: Stage) -> None:
    """After an interrupt nothing is taken up; what was called is in the journal; the rest can be resumed."""
    plan = stage.plan({"name": "t", "operations": [make("a"), make("b")], "configuration": {"parallelism": 1}})
    submit(plan, stage.journal)
    runner = Runner(plan, stage.surroundings)
    answer = stage.script.answer

    def interrupting(operation: Any, hook: str, default: Any) -> Any:
        if hook == "run":
            runner.interrupt()
        return answer(operation, hook, default)

    stage.script.answer = interrupting  # type: ignore[method-assign]
    assert runner.run(is_new=True) is RunState.INTERRUPTED
    assert states(stage) == {"a": OperationState.SUCCEEDED}
    stage.script.answer = answer  # type: ignore[method-assign]
    assert Runner(plan, stage.surroundings).run() is RunState.SUCCEEDED
    assert stage.script.calls("run") == ["a", "b"]


def test_events_of_a_whole_run_in_order(stage: Stage) -> None:
    """Every step is told, and the end comes last."""
    stage.script.on("b", "run", OperationFailed("broken"))
    run(stage, make("a"), {"id": "b", "kind": "note"}, dependencies={"b": ["a"]})
    assert events(stage) == [
        EventKind.WORKFLOW_STARTED,
        "OperationStarted a",
        "ResourceCreated a",
        "OperationSucceeded a",
        "OperationStarted b",
        "OperationFailed b",
        EventKind.ROLLBACK_STARTED,
        "CompensationStarted a",
        "OperationCompensated a",
        "ResourceDeleted a",
        EventKind.ROLLBACK_COMPLETED,
    ]


def test_changed_parameters_go_out_with_a_fresh_token(stage: Stage) -> None:
    """A token belongs to its parameters: when a variable changes between two processes, a new one is made."""
    stage.roots["vars"] = {"size": "small"}
    stage.script.on("db", "run", Throttling("slow"), Done())
    document = {"name": "t", "operations": [make("db", parameters={"size": "{{vars.size}}"})]}
    plan = stage.plan(document)
    submit(plan, stage.journal)
    runner = Runner(plan, stage.surroundings)
    answer = stage.script.answer

    def interrupting(operation: Any, hook: str, default: Any) -> Any:
        if hook == "run":
            runner.interrupt()
        return answer(operation, hook, default)

    stage.script.answer = interrupting  # type: ignore[method-assign]
    assert runner.run(is_new=True) is RunState.INTERRUPTED
    assert states(stage) == {"db": OperationState.RETRYING}
    stage.script.answer = answer  # type: ignore[method-assign]
    stage.roots["vars"] = {"size": "large"}
    assert Runner(stage.plan(document), stage.surroundings).run() is RunState.SUCCEEDED
    record = stage.journal.get_operation("wf-1", "db")
    assert record is not None
    assert (record.generation, record.client_token) == (2, "token-2")
    assert record.compensation is not None
    assert record.compensation.data == {"token": "token-2"}
    assert record.result is not None
    assert stage.script.operations[-1].parameters == {"size": "large"}


def test_a_foreign_error_is_settled_too(stage: Stage) -> None:
    """A provider that lets a foreign error through may have met it after its cloud had acted: what it made is kept."""
    made = Pending(0.0, {"server_id": "i-1"}, (Resource("server", "i-1"),))
    stage.script.on("db", "run", ExtensionBroken("requests.ConnectionError", extension="x"))
    stage.script.on("db", "settle", made)
    report = run(stage, make("db"))
    assert stage.script.calls("settle") == stage.script.calls("compensate") == ["db"]
    assert report.failures[0][1].code == "ExtensionBroken"
    record = stage.journal.get_operation("wf-1", "db")
    assert record is not None
    assert record.resources == made.resources
