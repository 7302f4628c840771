"""The time of a whole run: when it is up nothing new begins, and what is under way is recorded."""

from typing import Any

import pytest

from provisioning.contract import Done, Pending, ProviderLimits, RunState
from provisioning.errors import ConfigurationError
from provisioning.workflow import Report, Runner, read_report, submit
from tests.workflow.scripted import Hang, Stage, make, server


def run(stage: Stage, *operations: dict[str, Any], **configuration: Any) -> Report:
    document = {"name": "test", "operations": list(operations), "configuration": configuration}
    plan = stage.plan(document)
    submit(plan, stage.journal)
    Runner(plan, stage.surroundings).run(is_new=True)
    return read_report(stage.journal, plan.workflow_id)


def long(stage: Stage, *names: str) -> None:
    """Let operations take 100 seconds each."""
    for name in names:
        stage.script.on(name, "run", Pending(100.0, {"n": 1}), Done())


def test_a_run_whose_time_is_up_is_rolled_back(stage: Stage) -> None:
    """As after a failure: the newest first, with the reason as the run's error."""
    long(stage, "a", "b", "c")
    report = run(stage, make("a"), make("b"), make("c"), run_timeout=250.0, parallelism=1)
    assert report.state is RunState.ROLLED_BACK
    assert stage.script.calls("compensate") == ["c", "b", "a"]
    assert stage.clock.now == pytest.approx(250.0, abs=10)
    assert report.error is not None
    assert report.error.message == "operation c had not ended when the time of the run was up"


def test_what_has_not_begun_never_does(stage: Stage) -> None:
    """Between two operations the run itself says that its time is up."""
    stage.clouds.limits["cloud"] = ProviderLimits()
    stage.clouds.opens_at["cloud"] = 1000.0
    report = run(stage, make("a"), server("b"), run_timeout=60.0, on_failure="stop")
    assert report.state is RunState.FAILED
    assert report.error is not None
    assert (report.error.code, report.error.message) == ("RunTimedOut", "run wf-1 did not end within 60 s")
    assert stage.script.calls("run") == ["a"]


def test_a_call_under_way_is_told_to_end(stage: Stage) -> None:
    """It gets no more than the run has left, whatever its own time-out is."""
    stage.script.on("a", "run", Hang())
    report = run(stage, make("a", timeout=5000.0), run_timeout=20.0, on_failure="stop")
    assert report.state is RunState.FAILED
    assert stage.engine is not None
    assert len(stage.engine.cancelled) == 1
    assert stage.clock.now < 120.0


def test_a_resumed_run_has_its_whole_time_again(stage: Stage) -> None:
    """A person who resumes it has decided that it may go on."""
    long(stage, "a", "b", "c")
    run(stage, make("a"), make("b"), make("c"), run_timeout=150.0, parallelism=1, on_failure="stop")
    plan = stage.plan(stage.journal.get_document("wf-1"))
    assert Runner(plan, stage.surroundings).run() is RunState.SUCCEEDED
    assert stage.clock.now == 250.0


def test_a_run_that_ends_in_time_does_not_hear_of_it(stage: Stage) -> None:
    """Also when its last operation ends just before."""
    long(stage, "a")
    assert run(stage, make("a"), run_timeout=100.5).state is RunState.SUCCEEDED


@pytest.mark.parametrize("value", [0, -1, "soon"])
def test_a_time_that_makes_no_sense_is_refused(stage: Stage, value: Any) -> None:
    """Seconds above zero."""
    with pytest.raises(ConfigurationError) as caught:
        stage.plan({"name": "test", "operations": [make("a")], "configuration": {"run_timeout": value}})
    assert "configuration.run_timeout" in caught.value.message
