"""What drivers and workers agree on: queues, lanes, turns, and the form in which calls and their ends travel."""

import json

from hypothesis import given
from hypothesis import strategies as st

from provisioning.contract import (
    Absent,
    Compensation,
    CompensationAction,
    Done,
    EngineRun,
    Finished,
    Job,
    Operation,
    Pending,
    Resource,
    Route,
    Step,
    Unsettled,
    WorkerOffer,
)
from provisioning.contract.wire import as_answer, as_finished, as_job, as_order
from provisioning.contract.worker import compatible
from provisioning_postgres.fleet import lane_of, needs_of, priority_of, queue_of, queues_of

texts = st.text(max_size=10)
documents = st.dictionaries(texts, st.none() | st.integers() | texts | st.lists(texts, max_size=2), max_size=3)
compensations = st.builds(Compensation, st.sampled_from(CompensationAction), texts, documents)
resources = st.lists(st.builds(Resource, texts, texts, st.none() | texts, st.none() | texts), max_size=2).map(tuple)
outcomes = st.one_of(
    st.builds(Done, documents, resources, st.none() | compensations),
    st.builds(Pending, st.floats(0, 1e6), documents, resources, st.none() | compensations),
    compensations,
    st.just(Absent()),
    st.just(Unsettled()),
    st.none(),
)
operations = st.builds(
    Operation, texts, texts, st.just({}), texts, texts, st.none() | texts, st.dictionaries(texts, texts), documents
)
jobs = st.builds(
    Job,
    st.integers(1, 9),
    st.sampled_from(Step),
    operations,
    st.integers(1, 9),
    st.none() | st.floats(0, 1e6),
    st.none() | compensations,
    st.none() | texts,
)


@given(outcomes)
def test_every_end_arrives_as_it_was(value: object) -> None:
    """What hooks return, with everything in it, over JSON."""
    assert as_finished(7, json.loads(json.dumps(as_answer(value)))) == Finished(7, value)  # type: ignore[arg-type]


@given(jobs)
def test_every_order_is_the_job_again(job: Job) -> None:
    """All but its parameters, which no order holds."""
    order = json.loads(json.dumps(as_order(job, EngineRun(job.operation.workflow_id, 3))))
    assert as_job(order, job.operation.parameters) == job
    assert "parameters" not in order


def _job(position: int, most: int | None, workflow_id: str = "wf", name: str = "op") -> Job:
    route = Route(instance="eu", max_parallel=most)
    return Job(1, Step.RUN, Operation(name, "k", {}, workflow_id, "t", "eu"), position=position, route=route)


def test_an_instance_has_as_many_lanes_as_calls() -> None:
    """Neighbours of one run stand in different ones; whoever orders a call of an operation uses the same one."""
    assert {lane_of(_job(position, 3)) for position in range(1, 40)} == {f"eu#{number}" for number in range(3)}
    assert len({lane_of(_job(position, 3)) for position in (4, 5, 6)}) == 3
    assert lane_of(_job(4, 3)) == lane_of(_job(4, 3))


def test_without_a_limit_each_operation_has_its_own_lane() -> None:
    """So that its calls never overlap, and nobody else waits."""
    assert lane_of(_job(1, None, name="a")) != lane_of(_job(1, None, name="b"))
    assert lane_of(_job(1, None)) != lane_of(_job(1, None, workflow_id="other"))


def test_runs_take_turns_and_priorities_come_first() -> None:
    """The second job of one run comes after the first of any other; a higher priority before all of them."""
    assert priority_of(0, 0) > priority_of(0, 1) > priority_of(0, 99)
    assert priority_of(1, 9_999) > priority_of(0, 0)
    assert priority_of(1, 10**9) > priority_of(0, 0)
    assert -(2**31) <= priority_of(-100, 10**9) <= priority_of(100, 0) < 2**31


def test_a_worker_serves_the_queues_of_what_it_has() -> None:
    """In compatible versions, in each of its pools, and of the instances that it knows."""
    route = Route("eu", ("kinds", "1.4.0"), "dc", ("own", "0.3.1"), 5)
    here = Route(kind=("kinds", "1.9.9"), instance="dc", provider=("own", "0.3.7"))
    assert queue_of(route, "eu") in queues_of(WorkerOffer(("us", "eu"), 1, (here,)))
    assert queue_of(route, "eu") not in queues_of(WorkerOffer(("us",), 1, (here,)))
    for other in (
        Route(kind=("kinds", "2.0"), instance="dc", provider=("own", "0.3.7")),
        Route(kind=("kinds", "1.0"), instance="dc", provider=("own", "0.4.0")),
        Route(kind=("kinds", "1.0"), instance="elsewhere", provider=("own", "0.3.7")),
    ):
        assert queue_of(route, "eu") not in queues_of(WorkerOffer(("eu",), 1, (other,)))
    assert needs_of(route) == "kinds 1, own 0.3 as dc"
    assert len(queue_of(route, "p" * 40)) <= 40


def test_versions_that_can_stand_in_for_each_other() -> None:
    """The major one, or the minor one below 1.0; a pre-release is of its major version."""
    assert [compatible(version) for version in ("1.4.2", "2.0", "0.3.7", "0.3", "1.0.0a1")] == [
        "1",
        "2",
        "0.3",
        "0.3",
        "1",
    ]
