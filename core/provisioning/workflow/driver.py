"""What driving forwards and driving backwards have in common: one loop of turns over the operations under way.

A turn hears what calls have ended and whose time has come, decides, makes everything durable in one commit, and only
then lets the next calls depart. So no call is made whose intent is not durable, and many operations share a commit.
"""

from abc import ABC, abstractmethod
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
from provisioning.errors import Ambiguous, OperationTimedOut, ProvisioningError, RunInterrupted
from provisioning.workflow.flight import Flight
from provisioning.workflow.ledger import RENEW_EVERY, Ledger
from provisioning.workflow.limits import Limits
from provisioning.workflow.plan import Plan
from provisioning.workflow.scope import PlannedOperation
from provisioning.workflow.surroundings import Surroundings
from provisioning.workflow.traffic import Traffic
from provisioning.workflow.verdict import is_retryable, retry_after
from provisioning.workflow.view import View

__all__ = ["Driver"]

_ASK_FIRST, _ASK_MOST = 0.1, 2.0


class Driver(ABC):
    """Drives a run until nothing is under way and nothing more is to be taken up."""

    def __init__(self, plan: Plan, ledger: Ledger, traffic: Traffic, surroundings: Surroundings) -> None:
        self.plan = plan
        self.ledger = ledger
        self.surroundings = surroundings
        self.clock = surroundings.clock
        self.traffic = traffic
        self.limits = Limits(plan.settings.parallelism, self._provider_limit)
        workflow = {"id": plan.workflow_id, "name": plan.name}
        self.view = View(surroundings.roots, ledger.result, workflow)
        self._interrupted = False

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
        while True:
            self.take_up()
            self.ledger.commit()
            self.traffic.depart()
            if self.traffic.is_empty and not self.has_more():
                return
            if not self.traffic.is_empty:
                self._listen()

    def _listen(self) -> None:
        for flight, answer, late in self.traffic.answers(RENEW_EVERY):
            if isinstance(answer, Noted):
                self.ledger.tell(answer.kind, flight.id, answer.data)
            elif late:
                self.heard_late(flight, answer)
            else:
                self.heard(flight, self._in_our_words(flight, answer))
        for flight in self.traffic.overdue():
            self.heard(flight, Finished(flight.ticket, error=self.cut_off(flight)))
        for flight in self.traffic.due():
            self.time_has_come(flight)
        mode = self.ledger.poll()
        if mode is not None:
            self.asked_to_stop(mode)

    def _in_our_words(self, flight: Flight, answer: Finished) -> Finished:
        """Return an answer in which a call that was told to end says why."""
        if isinstance(answer.error, (OperationTimedOut, RunInterrupted)):
            return replace(answer, error=self.cut_off(flight))
        return answer

    def new_flight(self, node: PlannedOperation, record: OperationRecord) -> Flight:
        """Take an operation up."""
        deadline = self.clock() + self.plan.settings.timeout_of(node)
        return Flight(node, self.surroundings.kinds.get(node.definition.kind), record, deadline)

    def resolve(self, flight: Flight) -> None:
        """Give a flight its operation, every reference resolved; raises a `ProvisioningError` when one cannot be."""
        record = flight.record
        flight.operation = Operation(
            id=record.operation_id,
            kind=record.kind,
            parameters=self.view.parameters(flight.node),
            workflow_id=self.plan.workflow_id,
            client_token=record.client_token,
            provider=record.provider,
            labels=self._labels(record.operation_id) if record.provider is not None else {},
            state=record.progress or {},
        )

    def call(self, flight: Flight, step: Step) -> None:
        """Make a call of one of the operation's hooks, after the next commit."""
        compensation = flight.record.compensation if step is Step.COMPENSATE else None
        self.traffic.call(flight, step, limit=self._call_limit(flight.provider), compensation=compensation)

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
        return policy.delay(flight.tries, self.surroundings.random, retry_after(error))

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
        """Return the error of an operation whose time is up."""
        seconds = self.plan.settings.timeout_of(flight.node)
        return OperationTimedOut(
            f"operation {flight.id} did not end within {seconds:g} s",
            workflow_id=self.plan.workflow_id,
            hint="give it a longer `timeout`, or look at the provider",
        )

    def _provider_limit(self, name: str) -> int | None:
        return self.surroundings.providers.get(name).limits.max_parallel

    def _call_limit(self, name: str | None) -> float | None:
        return None if name is None else self.surroundings.providers.get(name).limits.timeout

    def _labels(self, operation_id: str) -> Mapping[str, str]:
        return {
            "provisioning-installation": self.surroundings.journal.installation_id,
            "provisioning-workflow": self.plan.workflow_id,
            "provisioning-operation": operation_id,
        }
