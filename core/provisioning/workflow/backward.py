"""Driving backwards: running the compensations of what a run did, the newest first."""

from collections import deque
from collections.abc import Collection, Iterator

from provisioning.contract import (
    Absent,
    CancelMode,
    Done,
    EventKind,
    Finished,
    OperationRecord,
    OperationState,
    Pending,
    RunState,
    Step,
)
from provisioning.errors import OperationFailed, OperationInDoubt, ProvisioningError
from provisioning.workflow.driver import Driver
from provisioning.workflow.flight import Flight
from provisioning.workflow.ledger import Ledger
from provisioning.workflow.plan import Plan
from provisioning.workflow.remainder import MOST_SHOWN, Remainder
from provisioning.workflow.surroundings import Surroundings
from provisioning.workflow.traffic import Traffic
from provisioning.workflow.verdict import as_info, is_unknown

__all__ = ["Backward"]

_UNDOABLE = frozenset(
    {
        OperationState.STARTED,
        OperationState.WAITING,
        OperationState.RETRYING,
        OperationState.SUCCEEDED,
        OperationState.FAILED,
        OperationState.COMPENSATING,
        OperationState.COMPENSATION_FAILED,
    }
)
_TO_BE_ASKED = (OperationState.RETRYING, OperationState.FAILED, OperationState.COMPENSATION_FAILED)
"""The states in which the provider is asked what there is to undo, when nobody else knows."""


class Backward(Driver):
    """Undoes what `records` (all there are, newest first) tell of; goes on past failures; leaves those in `skip` alone.

    Compensations start strictly in that order and run side by side, but none before those of the operations that
    needed it have ended. So what was skipped or is undone already holds its place in the order.
    """

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        traffic: Traffic,
        surroundings: Surroundings,
        records: Iterator[OperationRecord],
        skip: Collection[str] = (),
    ) -> None:
        super().__init__(plan, ledger, traffic, surroundings)
        self.undone: list[str] = []
        self.left: list[Remainder] = []
        self._has_failed = False
        self._records = records
        self._skip = frozenset(skip)
        self._next: OperationRecord | None = None
        self._late: deque[OperationRecord] = deque()
        self._under_way: set[str] = set()
        self._advance()

    def outcome(self) -> RunState:
        """Return the state that the run is in after `drive`."""
        if self.is_interrupted and (self._next is not None or self._under_way):
            return RunState.ROLLING_BACK
        return RunState.ROLLBACK_FAILED if self._has_failed else RunState.ROLLED_BACK

    def asked_to_stop(self, mode: CancelMode) -> None:
        """A rollback can be stopped; asked for a rollback, it is doing it."""
        if mode is CancelMode.STOP:
            self.interrupt()

    # -- taking up -----------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        self._next = next(self._records, None) or (self._late.popleft() if self._late else None)

    def has_more(self) -> bool:
        """Whether something could be taken up."""
        return self._next is not None and not self.is_interrupted

    def take_up(self) -> None:
        """Begin to undo the next operations, as far as order, limits and one commit allow."""
        if self.is_interrupted:
            self.drop_waits()
            return
        while self._next is not None and self.limits.free > 0 and not self.ledger.is_full:
            record = self._next
            if self._must_wait(record):
                return
            self._advance()
            if record.state in _UNDOABLE:
                self._begin(record)

    def _must_wait(self, record: OperationRecord) -> bool:
        """Whether something that needed the operation is still being undone, or its provider is busy."""
        needs_room = record.compensation is not None and record.provider is not None
        if needs_room and not self.limits.has_room(str(record.provider)):
            return True
        dependents = self.plan.graph.dependents(record.operation_id) if self._under_way else ()
        return not self._under_way.isdisjoint(dependents)

    def _begin(self, record: OperationRecord) -> None:
        if record.compensation is None:
            self._nothing_to_undo(record)
        elif record.operation_id in self._skip:
            self.ledger.write(record, OperationState.LEFT)
            self.ledger.tell(EventKind.COMPENSATION_SKIPPED, record.operation_id, self._summary(record))
        else:
            self._undo(record)

    def _nothing_to_undo(self, record: OperationRecord) -> None:
        """Leave an operation as it is; one that was under way has ended now, without anybody who knows how."""
        if not record.state.is_open:
            return
        if record.state is not OperationState.RETRYING:
            error = OperationInDoubt(
                f"operation {record.operation_id} ({record.kind}) was cut off, and has nothing that would undo it",
                hint="look at what it did",
            )
            record.error = error.info()
        self._put_into_failed(record)

    def _put_into_failed(self, record: OperationRecord) -> None:
        self.ledger.write(record, OperationState.FAILED)
        data = {} if record.error is None else {"error": record.error.as_dict()}
        self.ledger.tell(EventKind.OPERATION_FAILED, record.operation_id, data)

    def _undo(self, record: OperationRecord) -> None:
        flight = self.new_flight(self.plan.nodes[record.operation_id], record)
        self.limits.hold(record.provider)
        self._under_way.add(flight.id)
        try:
            self.resolve(flight)
        except ProvisioningError as error:
            self._fail(flight, error)
            return
        if _is_doubtful(record):
            flight.deadline += self.listing_lag(flight)
            self.call(flight, Step.SETTLE)
        else:
            self._compensate(flight)

    def _compensate(self, flight: Flight) -> None:
        self.ledger.write(flight.record, OperationState.COMPENSATING)
        self.ledger.tell(EventKind.COMPENSATION_STARTED, flight.id, self._summary(flight.record))
        self.call(flight, Step.COMPENSATE)

    # -- hearing -------------------------------------------------------------------------------------------------

    def heard(self, flight: Flight, answer: Finished) -> None:
        """Decide by the step that ended."""
        if answer.error is not None:
            self._try_again(flight, answer.error)
        elif flight.step is Step.SETTLE:
            self._heard_settle(flight, answer)
        elif isinstance(answer.value, Pending):
            self.go_on_later(flight, Step.COMPENSATE, answer.value)
        elif isinstance(answer.value, Done):
            self._undone(flight)
        else:
            self._fail(flight, OperationFailed(f"undoing {flight.id} gave no answer"))

    def _heard_settle(self, flight: Flight, answer: Finished) -> None:
        if isinstance(answer.value, Absent) and self.doubt_remains(flight):
            self.ask_again(flight)
            return
        if isinstance(answer.value, (Done, Pending)):
            self.note_progress(flight, answer.value)
        if self.is_interrupted:
            self.ledger.write(flight.record, flight.record.state)
        else:
            self._compensate(flight)

    def heard_late(self, flight: Flight, answer: Finished) -> None:
        """A call that nobody waited for made something after all: undo that too."""
        if isinstance(answer.value, (Done, Pending)) and answer.value.resources:
            self.note_progress(flight, answer.value)
            self._put_into_failed(flight.record)
            self._late.append(flight.record)
            if self._next is None:
                self._advance()

    def time_has_come(self, flight: Flight) -> None:
        """Make the call that the flight waited for, or give it up when its time is over."""
        if self.clock() >= flight.deadline:
            self._fail(flight, self.timed_out(flight))
        else:
            self.call(flight, flight.step)

    # -- deciding ------------------------------------------------------------------------------------------------

    def _try_again(self, flight: Flight, error: BaseException) -> None:
        delay = self.next_try(flight, error)
        if delay is None:
            self._fail(flight, error)
        else:
            self.wait_again(flight, error, delay)

    def _undone(self, flight: Flight) -> None:
        record = flight.record
        self.ledger.write(record, OperationState.COMPENSATED)
        self.ledger.tell(EventKind.OPERATION_COMPENSATED, record.operation_id, self._summary(record))
        self.tell_undone(record)
        self.undone.append(record.operation_id)
        self._leave(flight)

    def _fail(self, flight: Flight, error: BaseException) -> None:
        record = flight.record
        record.error = self.ledger.redacted_error(as_info(error))
        self.ledger.write(record, OperationState.COMPENSATION_FAILED)
        data = {**self._summary(record), "error": record.error.as_dict()}
        self.ledger.tell(EventKind.COMPENSATION_FAILED, record.operation_id, data)
        self._has_failed = True
        if len(self.left) < MOST_SHOWN:
            self.left.append(Remainder.of(record))
        self._leave(flight)

    def _leave(self, flight: Flight) -> None:
        self._under_way.discard(flight.id)
        self.limits.leave(flight.provider)

    @staticmethod
    def _summary(record: OperationRecord) -> dict[str, str]:
        return {} if record.compensation is None else {"summary": record.compensation.summary}


def _is_doubtful(record: OperationRecord) -> bool:
    """Whether it has to be found out first what there is to undo."""
    if record.state is OperationState.STARTED:
        return not record.resources
    return record.state in _TO_BE_ASKED and is_unknown(record)
