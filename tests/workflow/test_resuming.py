"""Going on: with what another process left, with what changed meanwhile, and with what may not go on at all."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from provisioning.contract import CancelMode, Done, OperationState, Pending, ProviderLimits, Resource, RunState
from provisioning.errors import (
    ConfigurationError,
    JournalFull,
    OperationFailed,
    RunConflict,
    RunFenced,
    RunLocked,
    Throttling,
)
from provisioning.store import open_journal
from provisioning.workflow import Plan, Report, Runner, read_report, submit
from tests.workflow.scripted import Stage, make, server


def start(stage: Stage, document: Mapping[str, Any]) -> Report:
    plan = stage.plan(document)
    submit(plan, stage.journal)
    Runner(plan, stage.surroundings).run(is_new=True)
    return read_report(stage.journal, "wf-1")


def journaled(stage: Stage) -> Plan:
    """Return the plan of the run as a process makes it that has the journal alone."""
    return stage.plan(stage.journal.get_document("wf-1"))


def resume(stage: Stage, *, rollback: bool = False) -> Report:
    Runner(journaled(stage), stage.surroundings).run(rollback=rollback)
    return read_report(stage.journal, "wf-1")


def flow(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "t", "operations": list(operations), **more}


def states(stage: Stage) -> dict[str, str]:
    return {record.operation_id: str(record.state) for record in stage.journal.list_operations("wf-1")}


def interrupt_at(stage: Stage, document: Mapping[str, Any], hook: str, name: str) -> RunState:
    """Run until a hook of an operation is called, and interrupt the run there."""
    plan = stage.plan(document)
    is_new = submit(plan, stage.journal)
    runner = Runner(plan, stage.surroundings)
    answer = stage.script.answer

    def interrupting(operation: Any, called: str, default: Any) -> Any:
        if (called, operation.id) == (hook, name):
            runner.interrupt()
        return answer(operation, called, default)

    stage.script.answer = interrupting  # type: ignore[method-assign]
    try:
        return runner.run(is_new=is_new)
    finally:
        stage.script.answer = answer  # type: ignore[method-assign]


CONTINUE = {"configuration": {"on_failure": "continue"}}
STOP = {"configuration": {"on_failure": "stop"}}


# -- what was blocked, retried, interrupted ------------------------------------------------------------------------


def test_what_was_blocked_runs_once_the_failed_one_succeeds(stage: Stage) -> None:
    """A partial run becomes a whole one, and nothing that had succeeded is done again."""
    document = flow(make("a"), make("b"), make("c"), make("d"), dependencies={"b": ["a"], "c": ["b"]}, **CONTINUE)
    stage.script.on("a", "run", OperationFailed("broken"), Done())
    assert start(stage, document).state is RunState.PARTIAL
    assert states(stage) == {"a": "failed", "b": "blocked", "c": "blocked", "d": "succeeded"}
    report = resume(stage)
    assert report.state is RunState.SUCCEEDED
    assert stage.script.calls("run") == ["a", "d", "a", "b", "c"]
    assert states(stage) == dict.fromkeys("abcd", "succeeded")
    assert report.error is None


def test_what_was_blocked_stays_blocked_when_the_failed_one_fails_again(stage: Stage) -> None:
    """A second resume changes nothing but the attempt."""
    document = flow(make("a"), make("b"), make("d"), dependencies={"b": ["a"]}, **CONTINUE)
    stage.script.on("a", "run", OperationFailed("broken"))
    start(stage, document)
    for _ in range(2):
        assert resume(stage).state is RunState.PARTIAL
        assert states(stage) == {"a": "failed", "b": "blocked", "d": "succeeded"}
    assert resume(stage, rollback=True).state is RunState.ROLLED_BACK


def test_an_attempt_is_counted_once_whoever_makes_it(stage: Stage) -> None:
    """Interrupted between two attempts, an operation goes on with its second one."""
    stage.script.on("a", "run", Throttling("slow down"), Done())
    assert interrupt_at(stage, flow(make("a")), "run", "a") is RunState.INTERRUPTED
    assert states(stage) == {"a": "retrying"}
    resume(stage)
    record = stage.journal.get_operation("wf-1", "a")
    assert record is not None
    assert (record.attempt, record.generation, record.client_token) == (2, 1, "token-1")


def test_an_interrupted_wait_goes_on_with_its_state(stage: Stage) -> None:
    """The state is the journal's, and what was made is not made again."""
    made = Pending(5.0, {"server_id": "i-1"}, (Resource("server", "i-1"),))
    stage.script.on("a", "run", made, Done({"ok": True}))
    assert interrupt_at(stage, flow(make("a")), "run", "a") is RunState.INTERRUPTED
    assert resume(stage).state is RunState.SUCCEEDED
    assert stage.script.operations[-1].state == {"server_id": "i-1"}
    assert stage.script.calls("settle") == []


def test_an_interrupted_rollback_is_not_over_while_something_is_being_undone(stage: Stage) -> None:
    """The last compensation was begun, and goes on outside: the run is still rolling back, and a resume ends it."""
    stage.script.on("b", "run", OperationFailed("broken"))
    stage.script.on("a", "compensate", Pending(5.0, {"deleting": "i-1"}), Done())
    document = flow(make("a"), {"id": "b", "kind": "note"}, dependencies={"b": ["a"]})
    assert interrupt_at(stage, document, "compensate", "a") is RunState.ROLLING_BACK
    assert states(stage)["a"] == "compensating"
    assert resume(stage).state is RunState.ROLLED_BACK
    assert stage.script.operations[-1].state == {"deleting": "i-1"}


def test_interrupted_while_asking_a_rollback_begins_nothing_more(stage: Stage) -> None:
    """What was found is kept; undoing it waits for the resume."""
    stage.clouds.limits["cloud"] = ProviderLimits()
    stage.script.on("a", "run", OperationFailed("broken"))
    stage.script.on("a", "settle", Pending(0.0, {"server_id": "i-1"}, (Resource("server", "i-1"),)))
    assert interrupt_at(stage, flow(server("a")), "settle", "a") is RunState.ROLLING_BACK
    assert stage.script.calls("compensate") == []
    record = stage.journal.get_operation("wf-1", "a")
    assert record is not None
    assert record.resources == (Resource("server", "i-1"),)
    assert resume(stage).state is RunState.ROLLED_BACK
    assert stage.script.calls("compensate") == ["a"]


def test_a_resumed_run_that_has_succeeded_stays_as_it_is(stage: Stage) -> None:
    """Nothing is called, nothing is written."""
    start(stage, flow(make("a")))
    before = (stage.journal.last_sequence(), list(stage.script.log))
    assert resume(stage).state is RunState.SUCCEEDED
    assert (stage.journal.last_sequence(), stage.script.log) == before


def test_a_run_that_is_held_is_not_driven_twice(stage: Stage) -> None:
    """The second driver is told who drives it."""
    plan = stage.plan(flow(make("a")))
    submit(plan, stage.journal)
    stage.journal.acquire("wf-1", "somebody")
    with pytest.raises(RunLocked) as caught:
        Runner(plan, stage.surroundings).run()
    assert caught.value.message.startswith("run wf-1 is driven by somebody since ")


def test_what_a_run_may_do_is_looked_at_when_its_lease_is_held(stage: Stage) -> None:
    """Two people ask for the same rollback: the later one is told, and meets no half-open door."""
    stage.script.on("a", "run", OperationFailed("broken"))
    start(stage, flow(make("a")))
    with pytest.raises(RunConflict, match="run wf-1 is rolled back already"):
        resume(stage, rollback=True)
    with pytest.raises(RunConflict, match="run wf-1 cannot be resumed: it is rolled_back"):
        resume(stage)
    assert stage.journal.get_run("wf-1").lease is None


def test_what_ran_after_it_was_blocked_is_undone_before_what_it_needs(stage: Stage) -> None:
    """`b` was blocked before `x` had begun, which it needs as well; undone is what is needed last."""
    document = flow(
        make("a"),
        make("c"),
        make("b"),
        make("w"),
        make("x"),
        dependencies={"c": ["a", "b"], "b": ["a", "x"], "x": ["w"]},
        configuration={"on_failure": "continue", "parallelism": 1},
    )
    stage.script.on("a", "run", OperationFailed("broken"), Done())
    start(stage, document)
    assert resume(stage).state is RunState.SUCCEEDED
    for name in ("b", "c", "x"):
        stage.script.on(name, "compensate", Pending(1.0, {"deleting": True}), Done())
    stage.script.log.clear()
    assert resume(stage, rollback=True).state is RunState.ROLLED_BACK
    order = list(dict.fromkeys(stage.script.calls("compensate")))
    assert order.index("c") < order.index("b") < min(order.index("x"), order.index("a"))
    assert order.index("x") < order.index("w")


# -- what changed meanwhile ----------------------------------------------------------------------------------------


def test_a_for_each_keeps_the_values_that_it_was_submitted_with(stage: Stage) -> None:
    """The configuration changes, through an input too; the run does not."""
    stage.roots["vars"] = {"zones": ["a", "b"], "sizes": {"x": 1, "y": 2}}
    document = flow(
        make("web", for_each="{{inputs.zones}}"),
        make("db", for_each="{{vars.sizes}}", parameters={"n": "{{each.value}}"}),
        inputs={"zones": "{{vars.zones}}"},
        **STOP,
    )
    stage.script.on("web.b", "run", OperationFailed("broken"), Done())
    start(stage, document)
    stage.roots["vars"] = {"zones": ["c"], "sizes": {"x": 3, "y": 4, "z": 5}}
    assert list(journaled(stage).nodes) == ["web.a", "web.b", "db.x", "db.y"]
    assert resume(stage).state is RunState.SUCCEEDED


def test_the_values_of_a_table_are_not_written_into_the_journal(stage: Stage) -> None:
    """They may be secrets: the journal keeps the keys, and where each value is read."""
    stage.roots["vars"] = {"users": {"ann": {"password": "hunter2"}}}
    plan = stage.plan(flow(make("user", for_each="{{vars.users}}", parameters={"p": "{{each.value.password}}"})))
    assert "hunter2" not in repr(plan.canonical)
    assert plan.canonical["operations"][0]["for_each"] == {"ann": "{{vars.users.ann}}"}
    assert list(stage.plan(plan.canonical).nodes) == ["user.ann"]


def test_a_nested_for_each_over_an_empty_list_needs_no_file_afterwards(stage: Stage) -> None:
    """A resume reads no file, not even one from which nothing was opened."""
    (stage.directory / "inner.toml").write_text('name = "inner"\n[[operations]]\nid = "x"\nkind = "make"\n')
    nested = {"id": "net", "kind": "workflow", "for_each": [], "parameters": {"file": "inner.toml"}}
    plan = stage.plan(flow(nested, make("a")))
    (stage.directory / "inner.toml").unlink()
    assert list(stage.plan(plan.canonical).nodes) == ["a"]


INNER = {
    "name": "inner",
    "inputs": {"zones": []},
    "operations": [make("web", for_each="{{inputs.zones}}")],
}


def outer() -> dict[str, Any]:
    """A nested workflow, opened twice, whose `for_each` reads what each opening hands it."""
    inputs = {"zones": "{{vars[each.key]}}"}
    net = {"id": "net", "kind": "workflow", "for_each": ["x", "y"], "parameters": {"document": INNER, "inputs": inputs}}
    return flow(net, make("end"), dependencies={"end": ["net"]}, **STOP)


def test_a_run_that_does_not_plan_as_it_did_is_refused(stage: Stage) -> None:
    """It says what is different, it changes nothing, and it can go on when things are as they were."""
    stage.roots["vars"] = {"x": ["a"], "y": ["b"]}
    stage.script.on("end", "run", OperationFailed("broken"), Done())
    start(stage, outer())
    before = (states(stage), stage.journal.get_run("wf-1").state)
    stage.roots["vars"] = {"x": ["a"], "y": ["c"]}
    for rollback in (False, True):
        with pytest.raises(RunConflict) as caught:
            resume(stage, rollback=rollback)
        assert caught.value.message == (
            "run wf-1 does not plan as it did: operation net.y.web.b is in the journal, and not in the plan"
        )
        assert caught.value.hint == (
            "what its for_each reads in the configuration has changed: put that back, then try again"
        )
    stage.roots["vars"] = {"x": ["a"], "y": []}
    with pytest.raises(RunConflict, match="it has 4 operations now, and had 5"):
        resume(stage)
    assert (states(stage), stage.journal.get_run("wf-1").state) == before
    stage.roots["vars"] = {"x": ["a"], "y": ["b"]}
    assert resume(stage).state is RunState.SUCCEEDED


def test_a_provider_that_is_gone_from_the_configuration_is_named(stage: Stage) -> None:
    """Nothing is lost: configured again, the run goes on, or back."""
    stage.clouds.limits["cloud"] = ProviderLimits()
    stage.script.on("b", "run", OperationFailed("broken"))
    document = flow(server("a"), make("b"), dependencies={"b": ["a"]}, **STOP)
    start(stage, document)
    stage.clouds.limits.clear()
    with pytest.raises(ConfigurationError) as caught:
        resume(stage)
    assert caught.value.message == (
        "document: operations[0].provider: there is no provider instance 'cloud'; there is: none"
    )
    assert caught.value.hint == "configure it as [providers.cloud], or see `provisioning provider list`"
    stage.clouds.limits["cloud"] = ProviderLimits()
    assert resume(stage, rollback=True).state is RunState.ROLLED_BACK
    assert stage.script.calls("compensate") == ["b", "a"]


def test_what_a_retried_attempt_left_is_undone_before_changed_parameters_go_out(stage: Stage) -> None:
    """A fresh token never meets what an old one made."""
    stage.roots["vars"] = {"size": "small"}
    stage.script.on("a", "run", Throttling("slow down"), Done())
    document = flow(make("a", parameters={"size": "{{vars.size}}"}))
    interrupt_at(stage, document, "run", "a")
    stage.roots["vars"] = {"size": "large"}
    stage.script.log.clear()
    assert resume(stage).state is RunState.SUCCEEDED
    assert stage.script.log == ["compensate a", "prepare a", "run a"]
    assert stage.script.operations[-1].client_token == "token-2"


# -- secrets that the journal does not keep ------------------------------------------------------------------------


def test_a_secret_flows_from_result_to_parameter_and_into_no_journal(stage: Stage) -> None:
    """As long as the process lives that knows it."""
    stage.secrets.add("hunter2")
    stage.script.on("a", "run", Done({"said": "hunter2"}))
    report = start(stage, flow(make("a"), make("b", parameters={"p": "{{operations.a.result.said}}"})))
    assert report.state is RunState.SUCCEEDED
    assert stage.script.operations[-1].parameters == {"p": "hunter2"}
    assert "hunter2" not in repr([*stage.journal.list_operations("wf-1"), *stage.journal.list_events("wf-1")])


def test_an_operation_never_gets_stars_for_a_secret(stage: Stage) -> None:
    """After a resume the secret is unknown: the operation that needs it says so, and is not called."""
    stage.secrets.add("hunter2")
    stage.script.on("a", "run", Done({"said": "hunter2"}))
    document = flow(make("a"), make("b", parameters={"p": "{{operations.a.result.said}}"}), make("c"), **STOP)
    interrupt_at(stage, document, "run", "a")
    report = resume(stage)
    assert [(name, error.message) for name, error in report.failures] == [
        ("b", "operation b needs a secret out of an earlier result, and the journal keeps no secrets")
    ]
    assert "run b" not in stage.script.log
    assert resume(stage, rollback=True).state is RunState.ROLLED_BACK


# -- when the driver itself fails ----------------------------------------------------------------------------------


class FailingWriter:
    """A lease whose n-th commit fails."""

    def __init__(self, writer: Any, at: int, error: Exception) -> None:
        self._writer = writer
        self._left = at
        self._error = error

    def commit(self, batch: Any) -> int:
        self._left -= 1
        if self._left == 0:
            raise self._error
        return int(self._writer.commit(batch))

    def release(self) -> None:
        raise JournalFull("no room to release", path="journal.db")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)


class FailingJournal:
    """A journal whose leases fail at their n-th commit."""

    def __init__(self, journal: Any, at: int, error: Exception) -> None:
        self._journal = journal
        self._at = at
        self._error = error

    def acquire(self, workflow_id: str, holder: str) -> Any:
        return FailingWriter(self._journal.acquire(workflow_id, holder), self._at, self._error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


@pytest.mark.parametrize("at", range(1, 7))
@pytest.mark.parametrize(
    "error",
    [JournalFull("there is no room left", path="journal.db"), RunFenced("driven by another", workflow_id="wf-1")],
)
def test_what_stops_the_driver_is_raised_as_it_is_and_the_run_can_go_on(
    stage: Stage, at: int, error: Exception
) -> None:
    """Not what went wrong after it; and nothing that was done is lost or done twice."""
    plan = stage.plan(flow(make("a"), make("b"), dependencies={"b": ["a"]}))
    submit(plan, stage.journal)
    journal: Any = FailingJournal(stage.journal, at, error)
    with pytest.raises(type(error)) as caught:
        Runner(plan, replace(stage.surroundings, journal=journal)).run(is_new=True)
    assert caught.value is error
    assert resume(stage).state is RunState.SUCCEEDED
    calls = zip(stage.script.log, stage.script.operations, strict=True)
    sent = {(operation.id, operation.client_token) for call, operation in calls if call.startswith("run")}
    assert sorted(name for name, _ in sent) == ["a", "b"], "each operation was sent with one token only"


def test_a_lease_that_cannot_be_given_back_takes_nothing_from_the_run(stage: Stage) -> None:
    """The run has ended and that is durable; the lease ends by itself."""
    plan = stage.plan(flow(make("a")))
    submit(plan, stage.journal)
    journal: Any = FailingJournal(stage.journal, 0, OSError())
    assert Runner(plan, replace(stage.surroundings, journal=journal)).run(is_new=True) is RunState.SUCCEEDED


def test_an_engine_that_cannot_be_made_leaves_no_lease_behind(stage: Stage) -> None:
    """The next one may try."""
    plan = stage.plan(flow(make("a")))
    submit(plan, stage.journal)

    def refusing(capacity: int, hold: Any, run: Any) -> Any:
        raise RuntimeError("no threads left")

    with pytest.raises(RuntimeError, match="no threads left"):
        Runner(plan, replace(stage.surroundings, make_engine=refusing)).run(is_new=True)
    assert stage.journal.get_run("wf-1").lease is None
    assert resume(stage).state is RunState.SUCCEEDED


@pytest.mark.parametrize("step", ["prepare", "run"])
def test_a_driver_that_lost_its_run_calls_nothing_more(stage: Stage, step: str) -> None:
    """Its intents are durable, and its calls about to depart, when it is stopped for so long that another goes on."""
    stage.journal.close()
    now = [1_700_000_000.0]
    with open_journal(stage.directory / "journal.db", clock=lambda: now[0]) as stage.journal:
        plan = stage.plan(flow(make("a"), make("b")))
        submit(plan, stage.journal)

        def losing(capacity: int, hold: Any, run: Any) -> Any:
            engine = stage._make_engine(capacity, hold, run)
            submit_job = engine.submit

            def stopped_before(job: Any) -> None:
                if job.step == step:
                    now[0] += 31
                    stage.journal.acquire("wf-1", "another")
                submit_job(job)

            engine.submit = stopped_before  # type: ignore[method-assign]
            return engine

        with pytest.raises(RunFenced):
            Runner(plan, replace(stage.surroundings, make_engine=losing)).run(is_new=True)
        assert stage.script.calls(step) == []


def test_a_wish_to_cancel_ends_with_the_driver_that_it_was_meant_for(stage: Stage) -> None:
    """A resumed run is not stopped by yesterday's request."""
    plan = stage.plan(flow(make("a"), make("b"), configuration={"parallelism": 1}))
    submit(plan, stage.journal)
    stage.script.on("a", "run", Pending(3.0, {"n": 1}), Pending(3.0, {"n": 2}), Done())
    answer = stage.script.answer

    def cancelling(operation: Any, hook: str, default: Any) -> Any:
        if hook == "run" and len(stage.script.calls("run")) == 1:
            stage.journal.request_cancel("wf-1", CancelMode.STOP)
        return answer(operation, hook, default)

    stage.script.answer = cancelling  # type: ignore[method-assign]
    assert Runner(plan, stage.surroundings).run(is_new=True) is RunState.INTERRUPTED
    stage.script.answer = answer  # type: ignore[method-assign]
    assert states(stage) == {"a": "waiting"}
    assert resume(stage).state is RunState.SUCCEEDED
    assert {OperationState.SUCCEEDED: 2} == stage.journal.count_operations("wf-1")
