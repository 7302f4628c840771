"""What is under way in one run: calls that the engine makes, and waits that the clock ends."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from provisioning.contract import Compensation, Engine, Enlist, Finished, Job, Noted, Route, Step
from provisioning.workflow.flight import Flight

__all__ = ["Traffic"]

NEVER = float("inf")


class Traffic:
    """Keeps flights by ticket while they are called, and by time while they wait; knows what is overdue.

    `grace` is how long a call may overrun its deadline, in seconds, before nobody waits for it any more.
    """

    def __init__(self, engine: Engine, clock: Callable[[], float], grace: float) -> None:
        self._engine = engine
        self._enlist: Callable[[Sequence[Job]], Enlist] | None = getattr(engine, "enlist", None)
        self._waits: Callable[[int], bool] = getattr(engine, "waits", _never_waits)
        self._clock = clock
        self._grace = grace
        self._tickets = count(1)
        self._order = count()
        self._called: dict[int, Flight] = {}
        self._abandoned: dict[int, tuple[Flight, int]] = {}
        self._waiting: list[tuple[float, int, Flight]] = []
        self._jobs: list[Job] = []
        self._next_check = NEVER
        self._told: set[int] = set()
        self._is_draining = False

    @property
    def is_remote(self) -> bool:
        """Whether calls are made in other processes, which answer without any secret."""
        return self._enlist is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is called and nothing waits; calls that nobody waits for do not count."""
        return not self._called and not self._waiting

    def wake(self) -> None:
        """End a wait for answers; safe in a signal handler."""
        self._engine.wake()

    def call(
        self,
        flight: Flight,
        step: Step,
        *,
        route: Route,
        limit: float | None = None,
        compensation: Compensation | None = None,
    ) -> None:
        """Make a call as soon as `depart` is told that its intent is durable; `limit` bounds it, in seconds."""
        assert flight.operation is not None  # noqa: S101 - resolved before any call
        now = self._clock()
        timeout = max(0.0, flight.deadline - now)
        timeout = timeout if limit is None else min(timeout, limit)
        flight.step, flight.ticket = step, next(self._tickets)
        flight.call_deadline = now + timeout
        self._called[flight.ticket] = flight
        self._next_check = min(self._next_check, flight.call_deadline)
        record = flight.record
        job = Job(
            ticket=flight.ticket,
            step=step,
            operation=flight.operation,
            attempt=record.attempt,
            timeout=timeout,
            compensation=compensation,
            zone=flight.location.zone,
            position=record.position,
            route=route,
        )
        self._jobs.append(job)

    def enlist(self) -> Enlist | None:
        """Return what puts the calls into the commit of their intents, where the engine has its queue there."""
        if self._enlist is None or not self._jobs:
            return None
        jobs, self._jobs = self._jobs, []
        enlist: Enlist = self._enlist(jobs)
        return enlist

    def depart(self) -> None:
        """Hand all calls to the engine whose intents are durable by now."""
        for job in self._jobs:
            self._engine.submit(job)
        self._jobs.clear()

    def wait(self, flight: Flight, step: Step, seconds: float) -> None:
        """Let a flight wait for its next step; never beyond its deadline."""
        flight.step = step
        due = min(self._clock() + seconds, max(flight.deadline, self._clock()))
        heapq.heappush(self._waiting, (due, next(self._order), flight))

    def drain(self) -> None:
        """Have calls that have not begun withdrawn; those under way still answer."""
        if not self._is_draining:
            self._is_draining = True
            self._engine.drain()

    def begin_again(self) -> None:
        """Let the next phase of the run have its calls withdrawn as well, when that is to stop."""
        self._is_draining = False

    def drop_waits(self) -> list[Flight]:
        """Let all waiting flights go, as they are; return them."""
        flights = [flight for _, _, flight in self._waiting]
        self._waiting.clear()
        return flights

    def due(self) -> Iterator[Flight]:
        """Yield the flights whose wait is over."""
        now = self._clock()
        while self._waiting and self._waiting[0][0] <= now:
            yield heapq.heappop(self._waiting)[2]

    def answers(self, patience: float) -> Iterator[tuple[Flight, Finished | Noted, bool]]:
        """Yield what the engine tells, its flight, and whether it comes too late; wait at most `patience` s.

        A late answer about a client token that has been given up since says nothing any more.
        """
        for answer in self._engine.collect(self._patience(patience)):
            late = self._abandoned.get(answer.ticket)
            flight = self._called[answer.ticket] if late is None else late[0]
            if isinstance(answer, Noted):
                yield flight, answer, late is not None
                continue
            self._told.discard(answer.ticket)
            self._called.pop(answer.ticket, None)
            self._abandoned.pop(answer.ticket, None)
            if late is None or late[1] == flight.record.generation:
                yield flight, answer, late is not None

    def _patience(self, most: float) -> float:
        now = self._clock()
        wake = min(self._waiting[0][0] if self._waiting else NEVER, self._next_check, now + most)
        return max(0.0, wake - now)

    def overdue(self) -> Iterator[Flight]:
        """Tell calls past their deadline to end; yield those that did not, and are no longer waited for."""
        now = self._clock()
        if now < self._next_check:
            return
        self._next_check = NEVER
        for ticket, flight in list(self._called.items()):
            if flight.call_deadline <= now < flight.deadline and self._waits(ticket):
                flight.call_deadline = flight.deadline  # the call has not begun, and gets its time when it does
            last = flight.call_deadline + self._grace
            if now >= last:
                self._engine.abandon(ticket)
                self._abandoned[ticket] = self._called.pop(ticket), flight.record.generation
                yield flight
                continue
            if now >= flight.call_deadline and ticket not in self._told:
                self._told.add(ticket)
                self._engine.cancel(ticket)
            self._next_check = min(self._next_check, last if now >= flight.call_deadline else flight.call_deadline)


def _never_waits(_ticket: int) -> bool:
    return False
