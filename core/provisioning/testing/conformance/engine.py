"""The conformance suite of engines."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import count
from typing import Any

import pytest

from provisioning.contract import (
    Absent,
    Cancellation,
    Compensation,
    CompensationAction,
    Done,
    Engine,
    EventKind,
    Execute,
    Finished,
    Job,
    Note,
    Noted,
    Operation,
    Pending,
    Resource,
    Step,
)
from provisioning.errors import CapacityUnavailable, OperationFailed, Throttling
from provisioning.testing.conformance.guard import guarded_suite

__all__ = ["EngineConformance", "EngineTrial", "MakeEngine"]

MakeEngine = Callable[[Execute, int], Engine]
"""Makes an engine that has `execute` called for up to so many jobs at once, wherever that may be."""

PATIENCE = 60.0


class EngineTrial:
    """An engine in the hands of one test. What its jobs do is said by `script`: by operation id, what the call does."""

    def __init__(self, make: MakeEngine, capacity: int = 4) -> None:
        self.script: dict[str, Callable[[Job, Cancellation, Note], Any]] = {}
        self.calls: list[str] = []
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        self._tickets = count(1)
        self.engine = make(self._execute, capacity)
        self.heard: list[Finished | Noted] = []

    def _execute(self, job: Job, cancellation: Cancellation, note: Note) -> Any:
        with self._lock:
            self.calls.append(job.operation.id)
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            act = self.script.get(job.operation.id)
            return Done({"id": job.operation.id}) if act is None else act(job, cancellation, note)
        finally:
            with self._lock:
                self._now -= 1

    def submit(self, name: str, step: Step = Step.RUN, **more: Any) -> int:
        """Submit a job; return its ticket."""
        ticket = next(self._tickets)
        operation = Operation(name, "conformance", {}, "wf-conformance", f"token-{ticket}", state=more.pop("state", {}))
        self.engine.submit(Job(ticket, step, operation, timeout=PATIENCE, position=ticket, **more))
        return ticket

    def hear(self, number: int, *, patience: float = PATIENCE) -> list[Finished]:
        """Collect until so many ends were heard since the last call; return them."""
        ends: list[Finished] = []
        deadline = time.monotonic() + patience
        while len(ends) < number:
            assert time.monotonic() < deadline, f"{len(ends)} of {number} jobs ended; {self.calls} were called"
            answers = self.engine.collect(0.5)
            self.heard.extend(answers)
            ends.extend(answer for answer in answers if isinstance(answer, Finished))
        return ends


def _returning(answer: Any) -> Callable[[Job, Cancellation, Note], Any]:
    return lambda _job, _cancellation, _note: answer


def _raising(error: Exception) -> Callable[[Job, Cancellation, Note], Any]:
    def fail(_job: Job, _cancellation: Cancellation, _note: Note) -> None:
        raise error

    return fail


@guarded_suite
class EngineConformance:
    """Every contract of the engine interface, as a test; threads in this process and workers elsewhere both keep them.

    Inherit it, and supply the fixture `make_engine`:

        class TestConformance(EngineConformance):
            @pytest.fixture
            def make_engine(self):
                return lambda execute, capacity: MyEngine(execute, capacity)

    An engine whose jobs run elsewhere has them carried out by a worker that the fixture starts, and that calls
    `execute`. As with providers, a contract that a subclass overrides, marks or deletes fails, unless it is an `xfail`
    with a reason.
    """

    @pytest.fixture
    def make_engine(self) -> MakeEngine:
        """Return what makes an engine; to be supplied by the author."""
        pytest.fail("supply the fixture make_engine: it returns a function of execute and capacity", pytrace=False)

    @pytest.fixture
    def trial(self, make_engine: MakeEngine) -> Iterator[EngineTrial]:
        """Yield the engine in the hands of one test; it is closed afterwards."""
        trial = EngineTrial(make_engine)
        with closing(trial.engine):
            yield trial

    def test_each_job_answers_once(self, trial: EngineTrial) -> None:
        """Every job that is submitted is carried out once and answers once, under its own ticket."""
        tickets = {trial.submit(f"op-{number}"): f"op-{number}" for number in range(50)}
        ends = trial.hear(50)
        told = {end.ticket: end.value.result["id"] for end in ends if isinstance(end.value, Done)}
        assert told == tickets
        assert sorted(trial.calls) == sorted(tickets.values())
        assert trial.engine.collect(0.0) == []

    def test_what_hooks_return_arrives(self, trial: EngineTrial) -> None:
        """An outcome, a settlement and a compensation arrive as they were returned, with everything in them."""
        compensation = Compensation(CompensationAction.DELETE_RESOURCE, "delete it", {"id": "x"})
        resources = (Resource("server", "srv-1", "eu", "web"),)
        answers: Mapping[Step, Any] = {
            Step.RUN: Pending(0.5, {"at": 1}, resources, compensation),
            Step.PREPARE: compensation,
            Step.SETTLE: Absent(),
            Step.COMPENSATE: Done({"deep": [1, None, {"ä": 2.5}]}, resources, compensation),
        }
        for step, answer in answers.items():
            trial.script[step] = _returning(answer)
            trial.submit(step, step, compensation=compensation if step is Step.COMPENSATE else None)
            assert [end.value for end in trial.hear(1)] == [answer]

    def test_what_a_call_is_told_arrives(self, trial: EngineTrial) -> None:
        """The state of the last Pending, the token, the attempt and what undoes it are what the driver said."""
        compensation = Compensation(CompensationAction.CUSTOM_ACTION, "undo it", {"how": ["rm", "-r"]})
        seen: list[Job] = []

        def look(job: Job, _cancellation: Cancellation, _note: Note) -> Done:
            seen.append(job)
            return Done()

        trial.script["op"] = look
        ticket = trial.submit("op", Step.COMPENSATE, state={"at": 7}, compensation=compensation, attempt=3)
        trial.hear(1)
        (job,) = seen
        assert (job.operation.state, job.operation.client_token) == ({"at": 7}, f"token-{ticket}")
        assert (job.compensation, job.attempt, job.step) == (compensation, 3, Step.COMPENSATE)

    def test_an_error_arrives_as_what_it_is(self, trial: EngineTrial) -> None:
        """An error is of its own class, and says what it said: what becomes of the operation follows from it."""
        for error in (
            CapacityUnavailable("no room", provider="eu", hint="elsewhere"),
            Throttling("slowly", provider="eu", retry_after=7.5),
            OperationFailed("it failed", workflow_id="wf-conformance", details={"code": 3}),
        ):
            trial.script["op"] = _raising(error)
            trial.submit("op")
            (end,) = trial.hear(1)
            assert type(end.error) is type(error)
            for name in ("message", "hint", "retryable", "details", "provider", "retry_after", "workflow_id"):
                assert getattr(end.error, name, None) == getattr(error, name, None)

    def test_a_job_that_dies_answers_too(self, trial: EngineTrial) -> None:
        """Whatever a call raises is its answer, SystemExit as well; the next job is carried out."""

        def die(_job: Job, _cancellation: Cancellation, _note: Note) -> None:
            raise SystemExit(3)

        trial.script["op"] = die
        trial.submit("op")
        (end,) = trial.hear(1)
        assert end.error is not None
        trial.submit("next")
        assert [end.error for end in trial.hear(1)] == [None]

    def test_notes_come_before_the_end(self, trial: EngineTrial) -> None:
        """What a job notes arrives in its order, before the job's end."""

        def talk(_job: Job, _cancellation: Cancellation, note: Note) -> Done:
            for number in range(20):
                note(EventKind.OPERATION_OUTPUT, {"number": number})
            return Done()

        trial.script["op"] = talk
        ticket = trial.submit("op")
        trial.hear(1)
        told = [answer.data["number"] for answer in trial.heard if isinstance(answer, Noted)]
        assert told == list(range(20))
        assert isinstance(trial.heard[-1], Finished)
        assert {answer.ticket for answer in trial.heard} == {ticket}

    def test_jobs_run_side_by_side(self, trial: EngineTrial) -> None:
        """As many jobs as the engine has capacity for are under way at once."""
        together = threading.Barrier(4)

        def meet(_job: Job, _cancellation: Cancellation, _note: Note) -> Done:
            together.wait(PATIENCE)
            return Done()

        for number in range(4):
            trial.script[f"op-{number}"] = meet
            trial.submit(f"op-{number}")
        assert all(end.error is None for end in trial.hear(4))
        assert trial.engine.capacity == 4

    def test_a_wish_to_cancel_reaches_the_job(self, trial: EngineTrial) -> None:
        """A job that is cancelled sees it, and still answers; one that has answered is left in peace."""
        begun = threading.Event()

        def wait(_job: Job, cancellation: Cancellation, _note: Note) -> Done:
            begun.set()
            return Done({"cancelled": cancellation.wait(PATIENCE)})

        trial.script["op"] = wait
        ticket = trial.submit("op")
        assert begun.wait(PATIENCE)
        trial.engine.cancel(ticket)
        (end,) = trial.hear(1)
        assert isinstance(end.value, Done)
        assert end.value.result == {"cancelled": True}
        trial.engine.cancel(ticket)
        trial.submit("next")
        trial.hear(1)

    def test_a_drained_engine_begins_nothing_more(self, trial: EngineTrial) -> None:
        """What has not begun is withdrawn and never begins; what is under way ends and answers."""
        gate, begun = threading.Event(), threading.Semaphore(0)

        def wait(_job: Job, _cancellation: Cancellation, _note: Note) -> Done:
            begun.release()
            gate.wait(PATIENCE)
            return Done()

        for number in range(4):
            trial.script[f"op-{number}"] = wait
            trial.submit(f"op-{number}")
        for _ in range(4):
            assert begun.acquire(timeout=PATIENCE)
        late = trial.submit("late")
        trial.engine.drain()
        gate.set()
        ends = {end.ticket: end.is_withdrawn for end in trial.hear(5)}
        assert ends == {1: False, 2: False, 3: False, 4: False, late: True}
        assert "late" not in trial.calls

    def test_an_abandoned_job_holds_up_nobody(self, trial: EngineTrial) -> None:
        """The room of a job that nobody waits for is given to another one, and its answer may still come."""
        gate, begun = threading.Event(), threading.Semaphore(0)

        def wait(_job: Job, _cancellation: Cancellation, _note: Note) -> Done:
            begun.release()
            gate.wait(PATIENCE)
            return Done({"late": True})

        trial.script["op"] = wait
        ticket = trial.submit("op")
        assert begun.acquire(timeout=PATIENCE)
        trial.engine.abandon(ticket)
        others = [trial.submit(f"other-{number}") for number in range(4)]
        assert {end.ticket for end in trial.hear(4)} == set(others)
        gate.set()
        (end,) = trial.hear(1)
        assert (end.ticket, end.error) == (ticket, None)

    def test_a_wait_can_be_ended_from_anywhere(self, trial: EngineTrial) -> None:
        """`wake` lets `collect` return at once, from whatever thread; without answers it returns an empty list."""
        answers: list[object] = []
        waiter = threading.Thread(target=lambda: answers.append(trial.engine.collect(PATIENCE)))
        begun = time.monotonic()
        waiter.start()
        trial.engine.wake()
        waiter.join(PATIENCE)
        assert answers == [[]]
        assert time.monotonic() - begun < PATIENCE / 2
        assert trial.engine.collect(0.0) == []
