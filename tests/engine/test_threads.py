"""The engine of threads runs no more jobs at once than it may, and tells of every end once."""

import itertools
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from provisioning.contract import Cancellation, Done, Finished, Job, Noted, Operation, Step
from provisioning.engine import ThreadEngine
from provisioning.engine.threads import MOST_NOTES
from provisioning.errors import RunInterrupted

PATIENCE = 30.0
"""How long a test waits for what must come, in seconds; nothing waits this long unless it fails."""

Note = Callable[[str, Mapping[str, Any]], None]


def job(ticket: int) -> Job:
    """Return a job with this ticket."""
    return Job(ticket, Step.RUN, Operation(f"op-{ticket}", "noop", {}, "wf", "token"))


def collect(engine: ThreadEngine, ends: int) -> list[Finished | Noted]:
    """Collect until so many jobs have ended."""
    answers: list[Finished | Noted] = []
    while sum(isinstance(answer, Finished) for answer in answers) < ends:
        batch = engine.collect(PATIENCE)
        assert batch, "nothing came in time"
        answers.extend(batch)
    return answers


def ends(engine: ThreadEngine, count: int) -> list[Finished]:
    """Collect until so many jobs have ended, and leave their notes out."""
    return [answer for answer in collect(engine, count) if isinstance(answer, Finished)]


class Floor:
    """A place where jobs stay until they are let go, and are counted while they are there."""

    def __init__(self) -> None:
        self.gates: dict[int, threading.Event] = {}
        self.arrivals = threading.Semaphore(0)
        self.threads: set[int] = set()
        self.here = 0
        self.most = 0
        self._lock = threading.Lock()

    def __call__(self, job: Job, cancellation: Cancellation, note: Note) -> Done:
        """Stay until let go."""
        with self._lock:
            self.threads.add(threading.get_ident())
            self.here += 1
            self.most = max(self.most, self.here)
            gate = self.gates.setdefault(job.ticket, threading.Event())
        self.arrivals.release()
        assert gate.wait(PATIENCE)
        with self._lock:
            self.here -= 1
        return Done({"ticket": job.ticket})

    def let_go(self, *tickets: int) -> None:
        """Let jobs end, now or as soon as they come."""
        for ticket in tickets:
            with self._lock:
                gate = self.gates.setdefault(ticket, threading.Event())
            gate.set()

    def await_arrivals(self, count: int) -> None:
        """Wait until so many more jobs have come."""
        for _ in range(count):
            assert self.arrivals.acquire(timeout=PATIENCE)


@pytest.fixture
def floor() -> Floor:
    """Return a place for jobs to stay."""
    return Floor()


@pytest.fixture
def engine(floor: Floor) -> Iterator[ThreadEngine]:
    """Return an engine for three jobs at once, whose jobs stay on the floor."""
    engine = ThreadEngine(floor, 3)
    yield engine
    engine.close()
    floor.let_go(*range(1000))


def echo(job: Job, cancellation: Cancellation, note: Note) -> Done:
    """Answer with the ticket."""
    return Done({"ticket": job.ticket})


class TestRunning:
    """Jobs go in, their ends come out."""

    def test_value_comes_back_with_its_ticket(self) -> None:
        """What a job returns is its end."""
        engine = ThreadEngine(echo, 2)
        engine.submit(job(7))

        assert [Finished(7, Done({"ticket": 7}))] == collect(engine, 1)
        engine.close()

    @pytest.mark.parametrize("error", [ValueError("bad"), SystemExit(3), KeyboardInterrupt()])
    def test_error_comes_back_too(self, error: BaseException) -> None:
        """Whatever a job raises is its end, and the thread lives on."""

        def fail(job: Job, cancellation: Cancellation, note: Note) -> None:
            raise error

        engine = ThreadEngine(fail, 1)
        for ticket in (1, 2):
            engine.submit(job(ticket))

        assert [Finished(1, None, error), Finished(2, None, error)] == collect(engine, 2)
        engine.close()

    def test_capacity_is_used_and_never_exceeded(self, engine: ThreadEngine, floor: Floor) -> None:
        """As many jobs as there is room for run at once, never more."""
        tickets = range(1, 21)
        for ticket in tickets:
            engine.submit(job(ticket))
        floor.await_arrivals(3)
        floor.let_go(*tickets)

        assert set(tickets) == {answer.ticket for answer in collect(engine, 20)}
        assert floor.most == 3

    def test_threads_are_started_as_needed(self, engine: ThreadEngine, floor: Floor) -> None:
        """Jobs that come one by one need one thread."""
        for ticket in range(1, 30):
            floor.let_go(ticket)
            engine.submit(job(ticket))
            collect(engine, 1)

        assert len(floor.threads) == 1

    def test_two_workers_meet(self) -> None:
        """Jobs that wait for each other end, as long as there is room for all of them."""
        barrier = threading.Barrier(4)
        engine = ThreadEngine(lambda job, cancellation, note: Done({"place": barrier.wait(PATIENCE)}), 4)
        for ticket in range(4):
            engine.submit(job(ticket))

        places = [answer.value.result["place"] for answer in ends(engine, 4) if isinstance(answer.value, Done)]
        assert sorted(places) == [0, 1, 2, 3]
        engine.close()

    def test_makes_do_with_the_threads_it_gets(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the system has no room for more threads, the jobs share those there are."""
        start, left = threading.Thread.start, itertools.repeat(True, 2)

        def scarce(thread: threading.Thread) -> None:
            if not next(left, False):
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", scarce)
        engine = ThreadEngine(echo, 100)
        for ticket in range(50):
            engine.submit(job(ticket))

        assert set(range(50)) == {answer.ticket for answer in collect(engine, 50)}
        engine.close()

    def test_without_any_thread_it_refuses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where not even one thread can be had, nothing pretends to run."""

        def refuse(thread: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", refuse)

        with pytest.raises(RuntimeError) as caught:
            ThreadEngine(echo, 2).submit(job(1))
        assert str(caught.value) == "can't start new thread"

    def test_needs_room_for_one(self) -> None:
        """An engine without room is refused."""
        with pytest.raises(ValueError) as caught:
            ThreadEngine(echo, 0)

        assert str(caught.value) == "an engine's capacity must be 1 or more, not 0"

    def test_says_its_capacity(self) -> None:
        """The capacity is what it was made with."""
        assert ThreadEngine(echo, 5).capacity == 5


class TestCollecting:
    """The driver hears of everything, in order, and only as long as it wants to wait."""

    def test_nothing_to_hear(self) -> None:
        """Without news, `collect` gives up in time; a time that has passed is no time."""
        engine = ThreadEngine(echo, 1)

        assert (engine.collect(0), engine.collect(-1.0)) == ([], [])

    def test_waits_for_ever_by_request(self) -> None:
        """Any length of time can be asked for."""
        engine = ThreadEngine(echo, 1)
        for ticket, timeout in ((1, None), (2, float("inf"))):
            engine.submit(job(ticket))
            assert [Finished(ticket, Done({"ticket": ticket}))] == list(engine.collect(timeout))
        engine.close()

    def test_one_turn_is_bounded(self) -> None:
        """A flood of ends is heard in several turns, and each of them once."""
        left = iter(range(2500))

        def count_down(job: Job, cancellation: Cancellation, note: Note) -> None:
            if next(left) == 2499:
                ended.set()

        ended = threading.Event()
        engine = ThreadEngine(count_down, 1)
        for ticket in range(2500):
            engine.submit(job(ticket))
        assert ended.wait(PATIENCE)

        turns = [engine.collect(PATIENCE) for _ in range(2)]
        assert [len(turn) for turn in turns] == [1000, 1000]
        answers = [*turns[0], *turns[1], *collect(engine, 500)]
        assert [Finished(ticket) for ticket in range(2500)] == answers
        engine.close()

    def test_a_job_that_notes_faster_than_is_heard_is_held_up(self) -> None:
        """Its notes come complete and in order, and never are more of them on their way than a fixed number."""
        made = 0

        def flood(job: Job, cancellation: Cancellation, note: Note) -> None:
            nonlocal made
            for number in range(10 * MOST_NOTES):
                note("line", {"number": number})
                made = number + 1

        engine = ThreadEngine(flood, 1)
        engine.submit(job(1))
        heard: list[Finished | Noted] = []
        while not any(isinstance(answer, Finished) for answer in heard[-1:]):
            answers = engine.collect(PATIENCE)
            assert answers, "nothing came in time"
            assert len(answers) <= MOST_NOTES + 1
            heard.extend(answers)
            assert made <= len(heard) + MOST_NOTES
        assert [Noted(1, "line", {"number": number}) for number in range(10 * MOST_NOTES)] == heard[:-1]
        engine.close()

    def test_a_job_that_nobody_hears_any_more_is_not_held_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """When the engine is closed its notes go nowhere, and it comes to its end."""
        monkeypatch.setattr("provisioning.engine.threads.LOOK_EVERY", 0.001)
        ended = threading.Event()

        def flood(job: Job, cancellation: Cancellation, note: Note) -> None:
            for number in range(2 * MOST_NOTES):
                note("line", {"number": number})
            ended.set()

        engine = ThreadEngine(flood, 1)
        engine.submit(job(1))
        engine.close()
        assert ended.wait(PATIENCE)

    def test_notes_come_before_the_end_and_not_after_it(self) -> None:
        """What a job notes while it runs is heard before its end; what is left of it later notes in vain."""
        kept: list[Note] = []

        def work(job: Job, cancellation: Cancellation, note: Note) -> None:
            note("first", {})
            note("second", {"a": 1})
            kept.append(note)

        engine = ThreadEngine(work, 1)
        engine.submit(job(1))
        assert [Noted(1, "first"), Noted(1, "second", {"a": 1}), Finished(1)] == collect(engine, 1)

        kept[0]("late", {})
        assert engine.collect(PATIENCE) == []
        engine.close()

    def test_wake_ends_the_wait(self) -> None:
        """Another thread can end a wait that has no end."""
        engine = ThreadEngine(echo, 1)
        waker = threading.Thread(target=engine.wake)
        waker.start()

        assert engine.collect(None) == []
        waker.join()

    def test_wake_from_a_signal_handler(self) -> None:
        """A signal can end the wait of the thread that it interrupts."""
        engine = ThreadEngine(echo, 1)
        before = signal.signal(signal.SIGUSR1, lambda number, frame: engine.wake())
        timer = threading.Timer(0.0, os.kill, (os.getpid(), signal.SIGUSR1))
        try:
            timer.start()
            assert engine.collect(None) == []
            timer.join()
        finally:
            signal.signal(signal.SIGUSR1, before)

    def test_wake_hides_nothing(self) -> None:
        """News that came with a wake is told with it."""
        noted = threading.Event()

        def work(job: Job, cancellation: Cancellation, note: Note) -> None:
            note("here", {})
            noted.set()

        engine = ThreadEngine(work, 1)
        engine.wake()
        engine.submit(job(1))
        assert noted.wait(PATIENCE)

        assert engine.collect(None)[0] == Noted(1, "here")
        engine.close()


class TestLettingGo:
    """A job can be asked to end, given up, or left behind."""

    def test_cancelled_job_still_answers(self) -> None:
        """A cancelled job sees the wish and answers as it likes; one that has ended is left in peace."""

        def patient(job: Job, cancellation: Cancellation, note: Note) -> Done:
            return Done({"was_cancelled": cancellation.wait(PATIENCE)})

        engine = ThreadEngine(patient, 1)
        engine.submit(job(1))
        engine.cancel(1)

        assert [Finished(1, Done({"was_cancelled": True}))] == collect(engine, 1)
        engine.cancel(1)
        engine.close()

    def test_cancel_reaches_its_job_alone(self, floor: Floor) -> None:
        """Another job on the same thread does not see the wish."""
        seen: list[bool] = []
        engine = ThreadEngine(lambda job, cancellation, note: seen.append(cancellation.is_cancelled), 1)
        for ticket in (1, 2):
            engine.submit(job(ticket))
            collect(engine, 1)
            engine.cancel(ticket)

        assert seen == [False, False]
        engine.close()

    def test_abandoned_job_gives_its_room_away(self, engine: ThreadEngine, floor: Floor) -> None:
        """When every thread is stuck and given up, as many others run in their place; late ends still come."""
        for ticket in (1, 2, 3, 4, 5, 6):
            engine.submit(job(ticket))
        floor.await_arrivals(3)
        for ticket in (1, 2, 3):
            engine.abandon(ticket)
        floor.await_arrivals(3)
        floor.let_go(4, 5, 6)
        assert {4, 5, 6} == {answer.ticket for answer in collect(engine, 3)}

        floor.let_go(1, 2, 3)
        late = collect(engine, 3)
        assert {1, 2, 3} == {answer.ticket for answer in late}
        assert all(isinstance(answer, Finished) and answer.value == Done({"ticket": answer.ticket}) for answer in late)

    def test_late_thread_does_not_raise_capacity(self, engine: ThreadEngine, floor: Floor) -> None:
        """A thread that comes back from an abandoned job takes no other one: its place is taken."""
        for ticket in (1, 2, 3):
            engine.submit(job(ticket))
        floor.await_arrivals(3)
        engine.abandon(1)
        engine.submit(job(4))
        floor.await_arrivals(1)
        floor.let_go(1)
        collect(engine, 1)
        for ticket in (5, 6, 7):
            engine.submit(job(ticket))
        floor.let_go(2)
        collect(engine, 1)
        floor.await_arrivals(1)

        assert floor.here == 3
        floor.let_go(*range(20))
        assert {3, 4, 5, 6, 7} == {answer.ticket for answer in collect(engine, 5)}

    def test_abandoned_before_it_began_never_runs(self, engine: ThreadEngine, floor: Floor) -> None:
        """A job that waited for room when it was given up is not begun, and says so."""
        for ticket in (1, 2, 3, 4):
            engine.submit(job(ticket))
        floor.await_arrivals(3)
        engine.abandon(4)
        floor.let_go(1, 2, 3)

        answer = next(one for one in collect(engine, 4) if one.ticket == 4)
        assert isinstance(answer, Finished)
        assert isinstance(answer.error, RunInterrupted)
        assert str(answer.error) == "operation op-4 was given up before it began"
        assert 4 not in floor.gates

    def test_abandoning_what_has_ended_changes_nothing(self) -> None:
        """A job that ended just before it was given up gives its end, once."""
        engine = ThreadEngine(echo, 1)
        engine.submit(job(1))
        collect(engine, 1)
        engine.abandon(1)
        engine.submit(job(2))

        assert [Finished(2, Done({"ticket": 2}))] == collect(engine, 1)
        engine.close()

    def test_notes_of_an_abandoned_job_still_come(self) -> None:
        """What a job notes after it was given up is heard, until its end."""
        begun, go = threading.Event(), threading.Event()

        def work(job: Job, cancellation: Cancellation, note: Note) -> None:
            begun.set()
            assert go.wait(PATIENCE)
            note("late", {})

        engine = ThreadEngine(work, 1)
        engine.submit(job(1))
        assert begun.wait(PATIENCE)
        engine.abandon(1)
        go.set()

        assert [Noted(1, "late"), Finished(1)] == collect(engine, 1)
        engine.close()

    def test_close_leaves_a_stuck_job_behind(self, engine: ThreadEngine, floor: Floor) -> None:
        """Closing waits for nobody, and may be done twice."""
        engine.submit(job(1))
        floor.await_arrivals(1)
        engine.close()
        engine.close()

        assert floor.here == 1

    def test_close_ends_the_threads(self) -> None:
        """Idle threads end with the engine, and jobs that had not begun never do."""
        threads: list[threading.Thread] = []
        engine = ThreadEngine(lambda job, cancellation, note: threads.append(threading.current_thread()), 2)
        for ticket in (1, 2):
            engine.submit(job(ticket))
            collect(engine, 1)
        engine.close()

        for thread in threads:
            thread.join(PATIENCE)
        assert [thread.is_alive() for thread in threads] == [False, False]

    def test_closed_engine_takes_nothing(self) -> None:
        """A job for a closed engine is refused, not forgotten."""
        engine = ThreadEngine(echo, 1)
        engine.close()

        with pytest.raises(RuntimeError) as caught:
            engine.submit(job(1))
        assert str(caught.value) == "the engine is closed and takes no more jobs"
