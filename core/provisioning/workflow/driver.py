"""What driving forwards and driving backwards have in common: one loop of turns over the operations under way.

A turn hears what calls have ended and whose time has come, decides, makes everything durable in one commit, and only
then lets the next calls depart. So no call is made whose intent is not durable, and many operations share a commit.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import replace

from provisioning.contract import (
    CancelMode,
    CompensationAction,
    Done,
    EventKind,
    Finished,
    Noted,
    OnDoubt,
    Operation,
    OperationRecord,
    OperationState,
    Pending,
    Step,
)
from provisioning.errors import (
    Ambiguous,
    OperationInDoubt,
    OperationTimedOut,
    ProvisioningError,
    RunInterrupted,
    Throttling,
)
from provisioning.workflow.flight import Flight
from provisioning.workflow.ledger import RENEW_EVERY, Ledger
from provisioning.workflow.limits import NEVER, Limits
from provisioning.workflow.ownership import Ownership
from provisioning.workflow.plan import Plan
from provisioning.workflow.scope import PlannedOperation
from provisioning.workflow.surroundings import Surroundings
from provisioning.workflow.traffic import Traffic
from provisioning.workflow.verdict import is_retryable, retry_after
from provisioning.workflow.view import View

__all__ = ["Driver"]

_ASK_FIRST, _ASK_MOST = 0.1, 2.0
_SHORT = 0.05
"""Seconds that a call may wait for its provider's turn where it is made: less than a turn of this loop is worth."""


class Driver(ABC):
    """Drives a run until nothing is under way and nothing more is to be taken up."""

    def __init__(self, plan: Plan, ledger: Ledger, traffic: Traffic, surroundings: Surroundings) -> None:
        self.plan = plan
        self.ledger = ledger
        self.surroundings = surroundings
        self.clock = surroundings.clock
        self.traffic = traffic
        self.limits = Limits(plan.settings.parallelism, surroundings.providers, surroundings.clock)
        workflow = {"id": plan.workflow_id, "name": plan.name}
        self.ends_at = NEVER
        self.view = View(surroundings.roots, ledger.result, workflow)
        self._interrupted = False
        self._returning: deque[Flight] = deque()

    def interrupt(self) -> None:
        """Take nothing more up, let calls in flight be recorded, and end; safe in a signal handler."""
        self._interrupted = True
        self.traffic.wake()

    @property
    def is_interrupted(self) -> bool:
        """Whether somebody asked for it."""
        return self._interrupted

    @abstractmethod
    def has_more(self) -> bool:
        """Whether something could be taken up."""

    @abstractmethod
    def take_up(self) -> None:
        """Begin what may begin now."""

    @abstractmethod
    def heard(self, flight: Flight, answer: Finished) -> None:
        """Decide what a call's end means."""

    @abstractmethod
    def heard_late(self, flight: Flight, answer: Finished) -> None:
        """Decide what the end of a call means that nobody waited for any more."""

    @abstractmethod
    def time_has_come(self, flight: Flight) -> None:
        """Go on with a flight whose wait is over."""

    @abstractmethod
    def asked_to_stop(self, mode: CancelMode) -> None:
        """Heed somebody in another process."""

    def drive(self) -> None:
        """Turn until everything that may be done is done."""
        self.traffic.begin_again()
        while True:
            self.limits.begin_turn()
            self._let_back()
            self.take_up()
            self.ledger.commit(self.traffic.enlist())
            self.traffic.depart()
            if self.traffic.is_empty and not self._returning and not self.has_more():
                return
            if not self.traffic.is_empty or self.limits.opens_in < NEVER:
                self._listen()

    def _listen(self) -> None:
        for flight, answer, late in self.traffic.answers(min(RENEW_EVERY, self.limits.opens_in)):
            if isinstance(answer, Noted):
                self.ledger.tell(answer.kind, flight.id, answer.data)
            elif answer.is_withdrawn:
                self._withdrawn(flight)
            elif late:
                self.heard_late(flight, answer)
            else:
                self.heard(flight, self._in_our_words(flight, answer))
        for flight in self.traffic.overdue():
            self.heard(flight, Finished(flight.ticket, error=self.cut_off(flight)))
        for flight in self.traffic.due():
            if flight.is_aside:
                self._returning.append(flight)
            else:
                self.time_has_come(flight)
        mode = self.ledger.poll()
        if mode is not None:
            self.asked_to_stop(mode)

    def _let_back(self) -> None:
        """Go on with flights that stepped aside and whose time has come, as far as there is room in the run."""
        while self._returning and self.limits.free > 0:
            flight = self._returning.popleft()
            flight.is_aside = False
            self.limits.step_back()
            self.time_has_come(flight)

    def _withdrawn(self, flight: Flight) -> None:
        """Leave a call that never began to whoever goes on with the run; it is in no doubt."""
        if flight.step is Step.RUN and flight.record.state is OperationState.STARTED:
            self.ledger.write(flight.record, OperationState.RETRYING)
        self.limits.leave(flight.provider)

    def drop_waits(self) -> None:
        """Let everything that waits go, as it is, and have withdrawn what has not begun."""
        self.traffic.drain()
        self.traffic.drop_waits()
        self._returning.clear()

    def _in_our_words(self, flight: Flight, answer: Finished) -> Finished:
        """Return an answer in which a call that was told to end says why."""
        if isinstance(answer.error, (OperationTimedOut, RunInterrupted)):
            return replace(answer, error=self.cut_off(flight))
        return answer

    def new_flight(self, node: PlannedOperation, record: OperationRecord) -> Flight:
        """Take an operation up."""
        deadline = min(self.clock() + self.plan.settings.timeout_of(node), self.ends_at)
        return Flight(node, self.surroundings.kinds.get(node.definition.kind), record, deadline)

    def resolve(self, flight: Flight) -> None:
        """Give a flight its operation, every reference resolved; raises a `ProvisioningError` when one cannot be."""
        record = flight.record
        parameters, zone = self.view.parameters(flight.node), flight.location.zone
        flight.operation = Operation(
            id=record.operation_id,
            kind=record.kind,
            parameters=parameters if zone is None else {**parameters, "zone": zone},
            workflow_id=self.plan.workflow_id,
            client_token=record.client_token,
            provider=record.provider,
            labels=self._labels(record.operation_id) if record.provider is not None else {},
            state=record.progress or {},
        )

    def call(self, flight: Flight, step: Step) -> None:
        """Make a call of one of the operation's hooks, after the next commit and when its provider's turn has come."""
        seconds = 0.0 if flight.provider is None else self._turn_of(flight, flight.provider)
        if seconds > _SHORT:
            self._wait_aside(flight, step, seconds)
            return
        flight.turn = None
        compensation = flight.record.compensation if step is Step.COMPENSATE else None
        record = flight.record
        route = self.surroundings.route(record.kind, record.provider, self.plan.settings.pool_of(flight.node))
        limit = self._call_limit(flight.provider)
        self.traffic.call(flight, step, route=route, limit=limit, compensation=compensation)

    def _turn_of(self, flight: Flight, provider: str) -> float:
        """Return how long the flight has to wait before it may call its provider, in seconds.

        A turn that it has missed, because there was no place in the run or the provider was paused, is lost.
        """
        now = self.clock()
        if flight.turn is None or now > flight.turn + _SHORT:
            flight.turn = now + self.limits.take_turn(provider)
        return max(flight.turn - now, self.surroundings.providers.get(provider).opens_in())

    def _wait_aside(self, flight: Flight, step: Step, seconds: float) -> None:
        """Wait for the provider's time, and let others have the flight's place meanwhile."""
        if not flight.is_aside:
            flight.is_aside = True
            self.limits.step_aside()
        self.traffic.wait(flight, step, seconds)

    def wait_again(self, flight: Flight, error: BaseException, delay: float) -> None:
        """Wait for the next try of the same step; where the provider is to be spared, aside."""
        if isinstance(error, Throttling):
            self._wait_aside(flight, flight.step, delay)
        else:
            self.traffic.wait(flight, flight.step, delay)

    def go_on_later(self, flight: Flight, step: Step, pending: Pending) -> None:
        """Note what a pending operation told, when it is news, and wait."""
        record = flight.record
        news = pending.resources or pending.compensation is not None or record.progress != pending.state
        first = record.progress is None
        self.note_progress(flight, pending)
        if news:
            state = OperationState.WAITING if step is Step.RUN else record.state
            self.ledger.write(record, state)
            if first and step is Step.RUN:
                self.ledger.tell(EventKind.OPERATION_WAITING, record.operation_id)
        self.traffic.wait(flight, step, pending.after)

    def note_progress(self, flight: Flight, told: Pending | Done) -> None:
        """Take over into the record what a hook told of its resources, its undoing and how to go on."""
        record = flight.record
        self.ledger.add_resources(record, told.resources)
        if told.compensation is not None:
            record.compensation = told.compensation
        if isinstance(told, Pending):
            record.progress = self.ledger.redacted(told.state)
            assert flight.operation is not None  # noqa: S101 - it has just answered
            flight.operation = replace(flight.operation, state=told.state)

    def retry_delay(self, flight: Flight, error: BaseException) -> float | None:
        """Return how long to wait before the same call again, in seconds; None when it is to be given up."""
        if not is_retryable(error) or self.clock() >= flight.deadline:
            return None
        policy = self.plan.settings.retry_of(flight.node)
        if isinstance(error, Throttling):
            return policy.pause(flight.throttled + 1, self.surroundings.random, retry_after(error))
        return policy.delay(flight.tries, self.surroundings.random, retry_after(error))

    def next_try(self, flight: Flight, error: BaseException) -> float | None:
        """Return what `retry_delay` does, and count the try; being told to slow down uses up none of them."""
        delay = self.retry_delay(flight, error)
        if isinstance(error, Throttling):
            flight.throttled += 1
        elif delay is not None:
            flight.tries += 1
        return delay

    def doubt_remains(self, flight: Flight) -> bool:
        """Whether the cloud's listing may still hide what an interrupted call made."""
        if flight.doubt_until is None:
            flight.doubt_until = self.clock() + self.listing_lag(flight)
        return self.clock() < flight.doubt_until

    def listing_lag(self, flight: Flight) -> float:
        """Return how long the cloud may hide what it has made, in seconds."""
        return 0.0 if flight.provider is None else self.surroundings.providers.get(flight.provider).limits.listing_lag

    def ask_again(self, flight: Flight) -> None:
        """Ask once more what a call did, often at first and then every two seconds."""
        seconds = min(_ASK_FIRST * 2 ** min(flight.asks, 10), _ASK_MOST)
        flight.asks += 1
        self.traffic.wait(flight, Step.SETTLE, seconds)

    def tell_undone(self, record: OperationRecord) -> None:
        """Tell of the resources that are gone when an operation is undone."""
        if record.compensation is not None and record.compensation.action is CompensationAction.DELETE_RESOURCE:
            for resource in record.resources:
                self.ledger.tell(EventKind.RESOURCE_DELETED, record.operation_id, resource.as_dict())

    def on_doubt(self, flight: Flight) -> OnDoubt:
        """Return what the document, or else the kind, wants done with a doubt that stays."""
        assert flight.operation is not None  # noqa: S101 - resolved before any call
        written = flight.operation.parameters.get("on_doubt")
        return OnDoubt(written) if written in tuple(OnDoubt) else flight.kind.descriptor.on_doubt

    def cut_off(self, flight: Flight) -> ProvisioningError:
        """Return the error of a call that was ended from here: the operation's time is up, or only this call's."""
        if self.clock() >= flight.deadline or flight.provider is None:
            return self.timed_out(flight)
        return Ambiguous(
            f"provider {flight.provider} did not answer in time for operation {flight.id}",
            provider=flight.provider,
            hint=f"give [providers.{flight.provider}] a longer `timeout`",
        )

    def timed_out(self, flight: Flight) -> OperationTimedOut:
        """Return the error of an operation whose time is up, or the run's."""
        if self.clock() >= self.ends_at:
            return OperationTimedOut(
                f"operation {flight.id} had not ended when the time of the run was up",
                workflow_id=self.plan.workflow_id,
                hint="give the run a longer `run_timeout`",
            )
        seconds = self.plan.settings.timeout_of(flight.node)
        return OperationTimedOut(
            f"operation {flight.id} did not end within {seconds:g} s",
            workflow_id=self.plan.workflow_id,
            hint="give it a longer `timeout`, or look at the provider",
        )

    def in_doubt(self, flight: Flight) -> OperationInDoubt:
        """Return the error of an operation of which nobody can be asked what it did."""
        return OperationInDoubt(
            f"operation {flight.id} ({flight.record.kind}) was cut off, and nobody can be asked what it did",
            hint="look at what it did; then `provisioning workflow resume` does it again,"
            " and `provisioning workflow rollback` undoes the rest",
        )

    def _call_limit(self, name: str | None) -> float | None:
        return None if name is None else self.surroundings.providers.get(name).limits.timeout

    def _labels(self, operation_id: str) -> Mapping[str, str]:
        return Ownership(self.surroundings.journal.installation_id, self.plan.workflow_id, operation_id).as_labels()
