"""Doubt: calls that are cut off, answer late or never, and clouds that list late what they have made."""

from typing import Any

import pytest

from provisioning.contract import (
    Absent,
    Compensation,
    CompensationAction,
    Done,
    OperationRecord,
    OperationState,
    Pending,
    ProviderLimits,
    Resource,
    RunState,
    Unsettled,
)
from provisioning.errors import (
    Ambiguous,
    CapacityUnavailable,
    ExtensionBroken,
    InvalidRequest,
    NetworkFailure,
    NotStabilized,
    OperationFailed,
    OperationTimedOut,
    Throttling,
)
from provisioning.workflow import Report, Runner, read_report, submit
from tests.workflow.scripted import Hang, Later, Stage, make, server

MADE = Pending(
    0.0,
    {"server_id": "i-1"},
    (Resource("server", "i-1"),),
    Compensation(CompensationAction.DELETE_RESOURCE, "delete i-1", {"server_id": "i-1"}),
)


def run(stage: Stage, *operations: dict[str, Any], **configuration: Any) -> Report:
    """Run a workflow of these operations to its end; one that exists goes on."""
    plan = stage.plan({"name": "test", "operations": list(operations), "configuration": configuration})
    is_new = submit(plan, stage.journal)
    Runner(plan, stage.surroundings).run(is_new=is_new)
    return read_report(stage.journal, plan.workflow_id)


def known(stage: Stage, name: str) -> OperationRecord:
    record = stage.journal.get_operation("wf-1", name)
    assert record is not None
    return record


def lagging(stage: Stage, seconds: float, **limits: Any) -> None:
    stage.clouds.limits["cloud"] = ProviderLimits(listing_lag=seconds, **limits)


def test_absent_counts_only_after_the_listing_lag(stage: Stage) -> None:
    """A cloud that hides what it has made is asked until it cannot hide it any more; then the token goes out again."""
    lagging(stage, 60.0)
    stage.script.on("a", "run", Ambiguous("no reply"), Done())
    report = run(stage, server("a"), timeout=600)
    assert report.state is RunState.SUCCEEDED
    assert stage.script.calls("run") == ["a", "a"]
    assert stage.clock.now >= 60.0
    assert {operation.client_token for operation in stage.script.operations} == {"token-1"}


def test_asking_within_the_lag_uses_up_no_attempts(stage: Stage) -> None:
    """However often it was asked, what fails afterwards is tried again as often as the policy says."""
    lagging(stage, 60.0)
    stage.script.on("a", "run", Ambiguous("no reply"), Throttling("slow down"), Done())
    assert run(stage, server("a", retry={"attempts": 3})).state is RunState.SUCCEEDED


def test_the_time_out_of_an_operation_does_not_end_the_asking(stage: Stage) -> None:
    """An operation out of time is asked about past its time, at a seemly pace, and what is found can be undone."""
    lagging(stage, 60.0)
    stage.script.on("a", "run", Hang())
    stage.script.on("a", "settle", *[Absent()] * 8, MADE)
    report = run(stage, server("a", timeout=5), on_failure="stop")
    assert len(stage.script.calls("settle")) == 9
    assert report.failures[0][1].message == "operation a did not end within 5 s"
    assert known(stage, "a").resources == MADE.resources


def test_a_call_gets_time_even_when_the_operation_has_none_left(stage: Stage) -> None:
    """To ask what a call did takes a call that is allowed to take time."""
    lagging(stage, 0.0)
    timeouts = []
    stage.script.on("a", "run", Hang())
    surroundings = stage.surroundings
    make_engine = surroundings.make_engine

    def watching(capacity: int, hold: Any, run: Any) -> Any:
        engine = make_engine(capacity, hold, run)
        submit_job = engine.submit

        def noting(job: Any) -> None:
            timeouts.append((str(job.step), job.timeout))
            submit_job(job)

        engine.submit = noting  # type: ignore[method-assign]
        return engine

    plan = stage.plan({"name": "t", "operations": [server("a", timeout=5)], "configuration": {"on_failure": "stop"}})
    submit(plan, stage.journal)
    from dataclasses import replace

    Runner(plan, replace(surroundings, make_engine=watching)).run(is_new=True)
    assert timeouts == [("prepare", 5.0), ("run", 5.0), ("settle", 5.0)]


@pytest.mark.parametrize(
    "error", [OperationFailed("broken"), ExtensionBroken("KeyError: 'id'", extension="cloud"), NotStabilized("stuck")]
)
def test_a_rollback_asks_about_a_failure_of_which_nothing_is_known(stage: Stage, error: Exception) -> None:
    """Whatever the error says, the cloud may have made something that it does not list yet."""
    lagging(stage, 30.0)
    stage.script.on("a", "run", error)
    stage.script.on("a", "settle", *[Absent()] * 5, MADE)
    report = run(stage, server("a", retry={"attempts": 1}))
    assert report.state is RunState.ROLLED_BACK
    assert stage.script.log[-1] == "compensate a"
    assert known(stage, "a").compensation == MADE.compensation


def test_a_lag_longer_than_the_time_out_is_waited_out_by_a_rollback(stage: Stage) -> None:
    """An operation's own time-out says nothing of how long a cloud hides things."""
    lagging(stage, 60.0)
    stage.script.on("a", "run", ExtensionBroken("oops", extension="cloud"))
    report = run(stage, server("a", timeout=5))
    assert report.state is RunState.ROLLED_BACK
    assert stage.script.log[-1] == "compensate a"


def test_a_resume_asks_before_it_sends_a_fresh_token(stage: Stage) -> None:
    """A failed operation of which nothing is known is undone, not doubled, though the cloud lists it late."""
    lagging(stage, 30.0)
    stage.script.on("a", "run", OperationFailed("broken"), Done())
    run(stage, server("a"), on_failure="stop")
    stage.script.on("a", "settle", *[Absent()] * 3, MADE)
    stage.script.log.clear()
    report = run(stage, server("a"), on_failure="stop")
    assert report.state is RunState.SUCCEEDED
    assert stage.script.log == ["settle a"] * 4 + ["compensate a", "prepare a", "run a"]
    assert stage.script.operations[-1].client_token == "token-2"


def test_a_resume_that_finds_nothing_begins_anew_at_once(stage: Stage) -> None:
    """What is proved absent needs no undoing."""
    lagging(stage, 0.0)
    stage.script.on("a", "run", OperationFailed("broken"), Done())
    run(stage, server("a"), on_failure="stop")
    stage.script.log.clear()
    assert run(stage, server("a"), on_failure="stop").state is RunState.SUCCEEDED
    assert stage.script.log == ["settle a", "prepare a", "run a"]


def test_a_refusal_after_a_call_that_may_have_acted_does_not_hide_what_that_made(stage: Stage) -> None:
    """Throttled to the end, but the first attempt had made something that was never seen."""
    stage.script.on("a", "run", NotStabilized("not yet"), InvalidRequest("no"))
    report = run(stage, make("a"))
    assert stage.script.calls("compensate") == ["a"]
    assert report.state is RunState.ROLLED_BACK


def test_a_question_that_is_refused_does_not_hide_what_the_call_made(stage: Stage) -> None:
    """The reply was lost and nobody could be asked: no fresh token goes out before what there is was undone."""
    lagging(stage, 0.0)
    stage.script.on("a", "run", Ambiguous("no reply"), Done())
    stage.script.on("a", "settle", NetworkFailure("unreachable"))
    run(stage, server("a", retry={"attempts": 3}), on_failure="stop")
    assert known(stage, "a").state is OperationState.FAILED
    assert known(stage, "a").compensation is not None

    stage.script.answers.clear()
    stage.script.on("a", "settle", MADE)
    stage.script.log.clear()
    assert run(stage, server("a", retry={"attempts": 3}), on_failure="stop").state is RunState.SUCCEEDED
    assert stage.script.log == ["settle a", "compensate a", "prepare a", "run a"]


def test_a_question_before_a_move_that_is_refused_hides_nothing(stage: Stage) -> None:
    """There was no room, and nobody could be asked whether something was left all the same: a rollback asks again."""
    stage.clouds.limits |= {"east": ProviderLimits(), "west": ProviderLimits()}
    stage.script.on("a", "run", CapacityUnavailable("no room"))
    stage.script.on("a", "settle", NetworkFailure("unreachable"), NetworkFailure("unreachable"), MADE)
    operation = {"id": "a", "kind": "server", "provider": ["east", "west"], "retry": {"attempts": 2}}
    assert run(stage, operation).state is RunState.ROLLED_BACK
    assert stage.script.log[-2:] == ["settle a", "compensate a"]


def test_a_refusal_alone_leaves_nothing_to_undo(stage: Stage) -> None:
    """Requests that never arrived made nothing, however many there were."""
    stage.script.on("a", "run", NetworkFailure("unreachable"), Throttling("slow down"), InvalidRequest("no"))
    run(stage, make("a"))
    assert stage.script.calls("compensate") == []


def test_a_look_that_takes_too_long_is_repeated(stage: Stage) -> None:
    """The provider's own time limit of a call is not the operation's time-out."""
    lagging(stage, 0.0, timeout=2.0)
    stage.script.on("a", "prepare", Hang(), OperationTimedOut("time is up"), None)  # type: ignore[arg-type]
    report = run(stage, server("a"))
    assert stage.script.calls("prepare") == ["a", "a", "a"]
    assert report.state is RunState.SUCCEEDED


def test_a_question_that_takes_too_long_is_repeated(stage: Stage) -> None:
    """So that an operation is not given up because one question about it was lost."""
    lagging(stage, 0.0, timeout=2.0)
    stage.script.on("a", "run", Ambiguous("no reply"), Done())
    stage.script.on("a", "settle", Hang(), MADE)
    report = run(stage, server("a", retry={"attempts": 5}))
    assert stage.script.calls("settle") == ["a", "a"]
    assert report.state is RunState.SUCCEEDED


def test_a_compensation_that_takes_too_long_is_repeated(stage: Stage) -> None:
    """Undoing is idempotent: one lost call does not leave a server behind."""
    lagging(stage, 0.0, timeout=2.0)
    stage.script.on("a", "run", Done({}, (Resource("server", "i-1"),)))
    stage.script.on("a", "compensate", Hang(), Done())
    stage.script.on("b", "run", OperationFailed("broken"))
    plan_b = {"id": "b", "kind": "note", "when": "{{operations.a.id == 'a'}}"}
    assert run(stage, server("a"), plan_b).state is RunState.ROLLED_BACK
    assert stage.script.calls("compensate") == ["a", "a"]


def test_a_late_answer_of_a_given_up_call_is_undone_too(stage: Stage) -> None:
    """The call was given up, nothing was found, the rollback went by - and then it made a server after all."""
    stage.script.on("a", "run", Later(20.0, Done({}, MADE.resources, MADE.compensation)))
    stage.script.on("b", "compensate", *[Pending(2.0, {"deleting": True})] * 10, Done())
    report = run(stage, make("b"), make("a", timeout=5, when="{{operations.b.id == 'b'}}"))
    assert report.state is RunState.ROLLED_BACK
    assert stage.script.calls("compensate").count("a") == 2
    assert (known(stage, "a").state, known(stage, "a").resources) == (OperationState.COMPENSATED, MADE.resources)


def test_a_late_answer_is_kept_while_the_run_goes_on(stage: Stage) -> None:
    """A failed operation that made something after all says so, and a rollback finds it."""
    stage.script.on("a", "run", Later(20.0, Done({}, MADE.resources, MADE.compensation)))
    stage.script.on("b", "run", *[Pending(2.0, {"n": n}) for n in range(15)], Done())
    report = run(stage, make("a", timeout=5), make("b"), on_failure="continue")
    assert report.state is RunState.PARTIAL
    assert (known(stage, "a").state, known(stage, "a").resources) == (OperationState.FAILED, MADE.resources)
    assert known(stage, "a").compensation == MADE.compensation


def test_a_late_answer_of_an_operation_that_has_succeeded_meanwhile_changes_nothing(stage: Stage) -> None:
    """The first call was lost, the second one found its server; the first one's answer tells nothing new."""
    lagging(stage, 0.0, timeout=2.0)
    stage.script.on("a", "run", Later(20.0, MADE), Done({"id": "i-1"}, MADE.resources, MADE.compensation))
    stage.script.on("b", "run", *[Pending(2.0, {"n": n}) for n in range(15)], Done())
    report = run(stage, server("a"), make("b"))
    assert report.state is RunState.SUCCEEDED
    assert known(stage, "a").state is OperationState.SUCCEEDED
    assert known(stage, "a").result == {"id": "i-1"}
    assert report.resources.count(MADE.resources[0]) == 1


def test_a_doubt_that_nobody_can_settle_ends_in_words_that_say_what_to_do(stage: Stage) -> None:
    """A person looks, and then resumes or rolls back."""
    stage.script.on("a", "run", Ambiguous("no reply"))
    stage.script.on("a", "settle", Unsettled())
    report = run(stage, {"id": "a", "kind": "careful"}, on_failure="stop")
    ((_, error),) = report.failures
    assert error.message == "operation a (careful) was cut off, and nobody can be asked what it did"
    assert error.hint == (
        "look at what it did; then `provisioning workflow resume` does it again,"
        " and `provisioning workflow rollback` undoes the rest"
    )


def test_a_late_answer_about_a_token_that_was_given_up_says_nothing(stage: Stage) -> None:
    """The question was answered late: by then what it found was undone, and a fresh token had gone out."""
    lagging(stage, 0.0, timeout=2.0)
    stage.script.on(
        "a", "run", OperationFailed("broken"), Pending(9.0, {"n": 1}), Pending(9.0, {"n": 2}), Done({"n": 3})
    )
    run(stage, server("a"), on_failure="stop")
    stage.script.on("a", "settle", Later(15.0, MADE), MADE)
    report = run(stage, server("a"), on_failure="stop")
    assert report.state is RunState.SUCCEEDED
    assert stage.clock.now >= 15.0
    record = known(stage, "a")
    assert (record.client_token, record.resources, record.result) == ("token-2", (), {"n": 3})
    assert record.compensation is not None
    assert record.compensation.data == {"token": "token-2"}
