"""Driving forwards: taking operations up as what they need has ended, until the end or a failure that counts."""

from collections.abc import Iterable
from dataclasses import replace

from provisioning.contract import (
    Absent,
    CancelMode,
    Done,
    EventKind,
    Finished,
    OnDoubt,
    OperationRecord,
    OperationState,
    Pending,
    RunState,
    Step,
)
from provisioning.errors import (
    CapacityUnavailable,
    ErrorInfo,
    OperationFailed,
    OperationTimedOut,
    ProvisioningError,
    RunInterrupted,
    RunTimedOut,
)
from provisioning.workflow.backlog import Backlog
from provisioning.workflow.driver import Driver
from provisioning.workflow.flight import Flight
from provisioning.workflow.ledger import Ledger
from provisioning.workflow.location import Location
from provisioning.workflow.parameters import check_parameters, digest_of
from provisioning.workflow.plan import Plan
from provisioning.workflow.surroundings import Surroundings
from provisioning.workflow.traffic import Traffic
from provisioning.workflow.verdict import as_info, is_refusal, is_unknown, leaves_doubt

__all__ = ["Forward"]

_OF_THE_PAST = (OperationState.FAILED, OperationState.RETRYING)
"""The states of an operation whose last attempt is over: a question about it is not about a call under way."""


class Forward(Driver):
    """Runs a plan from where `begun`, the records of an earlier process, left it."""

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        traffic: Traffic,
        surroundings: Surroundings,
        begun: Iterable[OperationRecord] = (),
    ) -> None:
        super().__init__(plan, ledger, traffic, surroundings)
        self.first_error: ErrorInfo | None = None
        self.succeeded = 0
        self._failed = 0
        self._aftermath: RunState | None = None
        if plan.settings.run_timeout is not None:
            self.ends_at = self.clock() + plan.settings.run_timeout
        self._backlog = Backlog(plan, self.limits, begun)
        self.succeeded = self._backlog.succeeded
        ledger.position = max(ledger.position, self._backlog.position)

    # -- how it ends ---------------------------------------------------------------------------------------------

    def outcome(self) -> RunState:
        """Return the state that the run is in after `drive`."""
        if self._aftermath is not None:
            return self._aftermath
        if not self._failed:
            return RunState.SUCCEEDED if not self._backlog.remaining else RunState.INTERRUPTED
        if self._backlog.remaining and self.is_interrupted:
            return RunState.INTERRUPTED
        return RunState.PARTIAL if self.succeeded else RunState.FAILED

    @property
    def _is_stopping(self) -> bool:
        return self.is_interrupted or self._aftermath is not None

    def asked_to_stop(self, mode: CancelMode) -> None:
        """Stop as a failure would, or as an interrupt would."""
        if mode is CancelMode.ROLLBACK:
            self._aftermath = RunState.ROLLING_BACK
            self.first_error = self.first_error or RunInterrupted(f"run {self.plan.workflow_id} was cancelled").info()
        else:
            self.interrupt()

    # -- taking up -----------------------------------------------------------------------------------------------

    def has_more(self) -> bool:
        """Whether something could be taken up."""
        return not self._is_stopping and self._backlog.has_more

    def take_up(self) -> None:
        """Begin what is ready, as far as the limits go and one commit should hold."""
        self._heed_time()
        if self._is_stopping:
            self.drop_waits()
            return
        for operation_id, record in self._backlog.taken(lambda: self.ledger.is_full):
            if record is None:
                self._begin(operation_id)
            else:
                self._resume(record)

    def _heed_time(self) -> None:
        """Stop, as a failure would, when the time of the whole run is up."""
        if self.clock() < self.ends_at or self._is_stopping or not self._backlog.remaining:
            return
        error = RunTimedOut(
            f"run {self.plan.workflow_id} did not end within {self.plan.settings.run_timeout:g} s",
            hint="give it a longer `run_timeout`",
        )
        self.first_error = self.first_error or error.info()
        rolls_back = self.plan.on_failure == "rollback"
        self._aftermath = RunState.ROLLING_BACK if rolls_back else RunState.FAILED

    def _begin(self, operation_id: str) -> None:
        node = self.plan.nodes[operation_id]
        definition = node.definition
        record = OperationRecord(
            operation_id,
            definition.kind,
            OperationState.STARTED,
            self._backlog.old_position(operation_id),
            node.locations[0].provider,
            client_token=self.surroundings.new_token(),
        )
        flight = self.new_flight(node, record)
        try:
            if not self.view.is_wanted(node):
                self._skip(flight)
                return
            self._make_ready(flight)
        except ProvisioningError as error:
            self._fail(flight, error)
            return
        self._prepare(flight)

    def _make_ready(self, flight: Flight) -> None:
        """Resolve the parameters for a first call; raise when they are not what the kind takes."""
        self.resolve(flight)
        check_parameters(flight, has_lost_secrets=self.ledger.has_lost_secrets)
        flight.digest = flight.record.digest = digest_of(flight)

    def _prepare(self, flight: Flight) -> None:
        if flight.kind.descriptor.prepares or self.surroundings.guards:
            self.call(flight, Step.PREPARE)
        else:
            self._start(flight)

    def _resume(self, record: OperationRecord) -> None:
        """Go on with an operation that another process had begun."""
        flight = self.new_flight(self.plan.nodes[record.operation_id], record)
        flight.may_have_acted = True
        try:
            self._locate(flight)
        except ProvisioningError as error:
            self._fail(flight, error)
            return
        match record.state:
            case OperationState.STARTED:
                flight.deadline += self.listing_lag(flight)
                self.call(flight, Step.SETTLE)
            case OperationState.WAITING:
                self.call(flight, Step.RUN)
            case OperationState.RETRYING if flight.digest == record.digest:
                self._start(flight)
            case _:
                self._undo_first(flight)

    def _locate(self, flight: Flight) -> None:
        """Find out where the operation was when its process died: the parameters differ in nothing but the zone."""
        for location in reversed(flight.node.locations):
            if location.provider != flight.record.provider and location is not flight.node.locations[0]:
                continue
            flight.location = location
            self.resolve(flight)
            flight.digest = digest_of(flight)
            if flight.digest == flight.record.digest:
                return

    def _undo_first(self, flight: Flight) -> None:
        """See to it that nothing is left of what a failed attempt made, before a fresh token goes out."""
        if flight.record.compensation is None:
            self._start_anew(flight)
        elif is_unknown(flight.record):
            flight.deadline += self.listing_lag(flight)
            self.call(flight, Step.SETTLE)
        else:
            self.call(flight, Step.COMPENSATE)

    def _start(self, flight: Flight) -> None:
        """Journal the intent and make the call; not when the run is to stop."""
        if self._is_stopping:
            return
        record = flight.record
        if flight.digest != record.digest:
            self._start_anew(flight)
            return
        self.ledger.write(record, OperationState.STARTED)
        data = {"kind": record.kind, "provider": record.provider, "attempt": record.attempt}
        self.ledger.tell(EventKind.OPERATION_STARTED, record.operation_id, data)
        self.call(flight, Step.RUN)

    def _start_anew(self, flight: Flight) -> None:
        """Start with a fresh token, now that nothing is left of what the old one made, or could have."""
        record = flight.record
        flight.location, flight.destination = flight.destination or flight.location, None
        record.error, record.progress, record.resources, record.compensation = None, None, (), None
        record.attempt, record.started_at, record.ended_at = 1, None, None
        record.generation += 1
        record.client_token = self.surroundings.new_token()
        flight.may_have_acted = False
        if record.provider != flight.location.provider and not self._backlog.moves(record, flight.location.provider):
            record.digest = ""  # so that whoever takes it up prepares it first
            self.ledger.write(record, OperationState.RETRYING)
            return
        try:
            self._make_ready(flight)
        except ProvisioningError as error:
            self._fail(flight, error)
            return
        self._prepare(flight)

    # -- hearing -------------------------------------------------------------------------------------------------

    def heard(self, flight: Flight, answer: Finished) -> None:
        """Decide by the step that ended."""
        match flight.step:
            case Step.RUN:
                self._heard_run(flight, answer)
            case Step.PREPARE:
                self._heard_prepare(flight, answer)
            case Step.SETTLE:
                self._heard_settle(flight, answer)
            case Step.COMPENSATE:
                self._heard_compensate(flight, answer)

    def _heard_prepare(self, flight: Flight, answer: Finished) -> None:
        if answer.error is not None:
            self._try_again(flight, answer.error)
            return
        flight.record.compensation = answer.value  # type: ignore[assignment]
        self._start(flight)

    def _heard_run(self, flight: Flight, answer: Finished) -> None:
        if isinstance(answer.value, Done):
            self._succeed(flight, answer.value)
        elif isinstance(answer.value, Pending):
            self.go_on_later(flight, Step.RUN, answer.value)
        elif isinstance(answer.error, (OperationTimedOut, RunInterrupted)):
            self._doubt(flight, self.cut_off(flight))
        elif answer.error is not None and leaves_doubt(answer.error):
            self._doubt(flight, answer.error)
        elif isinstance(answer.error, CapacityUnavailable) and flight.elsewhere is not None:
            self._move_on(flight, answer.error, flight.elsewhere)
        else:
            self._try_again(flight, answer.error or OperationFailed(f"operation {flight.id} gave no answer"))

    def _heard_settle(self, flight: Flight, answer: Finished) -> None:
        if answer.error is not None:
            self._settle_failed(flight, answer.error)
        elif isinstance(answer.value, Absent) and self.doubt_remains(flight):
            self.ask_again(flight)
        elif flight.record.state in _OF_THE_PAST:
            self._heard_remains(flight, answer.value)
        elif isinstance(answer.value, (Done, Pending)):
            self._adopt(flight, answer.value)
        elif flight.verdict is not None:
            self._fail(flight, flight.verdict)
        elif isinstance(answer.value, Absent) or self.on_doubt(flight) is OnDoubt.RETRY:
            flight.doubt_until = None
            flight.record.attempt += 1
            self._start(flight)
        else:
            self._fail(flight, self.in_doubt(flight))

    def _heard_remains(self, flight: Flight, found: object) -> None:
        """Undo what a failed attempt has left; begin anew at once when that is nothing."""
        if isinstance(found, Absent):
            self._start_anew(flight)
            return
        if isinstance(found, (Done, Pending)):
            self.note_progress(flight, found)
        self.call(flight, Step.COMPENSATE)

    def _heard_compensate(self, flight: Flight, answer: Finished) -> None:
        """A failed operation is undone before it is tried anew."""
        if isinstance(answer.value, Done):
            self.tell_undone(flight.record)
            self._start_anew(flight)
        elif isinstance(answer.value, Pending):
            assert flight.operation is not None  # noqa: S101 - it has just answered
            flight.operation = replace(flight.operation, state=answer.value.state)
            self.traffic.wait(flight, Step.COMPENSATE, answer.value.after)
        else:
            error = answer.error or OperationFailed(f"undoing {flight.id} gave no answer")
            delay = self.next_try(flight, error)
            if delay is None:
                self._fail(flight, error)
            else:
                self.wait_again(flight, error, delay)

    def heard_late(self, flight: Flight, answer: Finished) -> None:
        """A call that nobody waited for made something after all: keep it where rollback finds it."""
        if isinstance(answer.value, (Done, Pending)) and answer.value.resources:
            self.note_progress(flight, answer.value)
            self.ledger.write(flight.record, flight.record.state)

    def time_has_come(self, flight: Flight) -> None:
        """Make the call that the flight waited for, or give it up when its time is over."""
        if self.clock() >= flight.deadline:
            self._out_of_time(flight)
        elif flight.step is Step.RUN and flight.record.state is OperationState.RETRYING:
            self._start(flight)
        else:
            self.call(flight, flight.step)

    # -- deciding ------------------------------------------------------------------------------------------------

    def _doubt(self, flight: Flight, error: BaseException) -> None:
        """Ask what a call did whose reply was lost; an operation that ends with it gets as long again for asking."""
        time = self.listing_lag(flight)
        if self.retry_delay(flight, error) is None:
            flight.verdict = error
            flight.deadline = self.clock()
            time += self.plan.settings.timeout_of(flight.node)
        flight.deadline += time
        flight.tries += 1
        flight.may_have_acted = True
        flight.asks, flight.doubt_until = 0, None
        self.call(flight, Step.SETTLE)

    def _settle_failed(self, flight: Flight, error: BaseException) -> None:
        delay = self.next_try(flight, error)
        if delay is not None:
            self.wait_again(flight, error, delay)
        elif self.clock() >= flight.deadline:
            self._out_of_time(flight)
        else:
            self._fail(flight, flight.verdict or error)

    def _out_of_time(self, flight: Flight) -> None:
        """Give an operation up; one whose last call is in doubt is asked about for the last time."""
        is_open = flight.step is Step.SETTLE and flight.record.state not in _OF_THE_PAST
        if is_open and flight.verdict is None:
            self._doubt(flight, self.timed_out(flight))
        else:
            self._fail(flight, flight.verdict or self.timed_out(flight))

    def _adopt(self, flight: Flight, found: Done | Pending) -> None:
        """Record as ours what an interrupted call had made."""
        resources = [resource.as_dict() for resource in found.resources]
        self.ledger.tell(EventKind.OPERATION_ADOPTED, flight.id, {"resources": resources})
        if flight.verdict is not None:
            self.note_progress(flight, found)
            self._fail(flight, flight.verdict)
        elif isinstance(found, Done):
            self._succeed(flight, found)
        else:
            self.go_on_later(flight, Step.RUN, found)

    def _move_on(self, flight: Flight, error: CapacityUnavailable, destination: Location) -> None:
        """Go where there may be room, as soon as nothing of the attempt is left here (as SkyPilot does)."""
        record = flight.record
        record.error = self.ledger.redacted_error(as_info(error))
        data = {"reason": f"no room at {flight.location}", "to": str(destination), "error": record.error.as_dict()}
        self.ledger.tell(EventKind.OPERATION_MOVED, flight.id, data)
        self.ledger.write(record, OperationState.RETRYING)
        flight.destination = destination
        flight.asks, flight.doubt_until = 0, None
        self._undo_first(flight)

    def _try_again(self, flight: Flight, error: BaseException) -> None:
        """Wait for the next attempt, or give up. A failed look before the intent leaves no record."""
        delay = self.next_try(flight, error)
        if delay is None:
            self._fail(flight, error)
            return
        record = flight.record
        flight.may_have_acted |= flight.step is Step.RUN and not is_refusal(error)
        info = self.ledger.redacted_error(as_info(error))
        data = {"attempt": flight.tries, "delay": round(delay, 3), "error": info.as_dict()}
        if flight.step is Step.RUN:
            state = OperationState.WAITING if record.progress is not None else OperationState.RETRYING
            data["state"] = str(state)
            record.attempt += 1
            record.error = info
            self.ledger.write(record, state)
        self.ledger.tell(EventKind.OPERATION_RETRIED, record.operation_id, data)
        self.wait_again(flight, error, delay)

    def _succeed(self, flight: Flight, done: Done) -> None:
        record = flight.record
        self.note_progress(flight, done)
        record.error = None
        record.result = self.ledger.redacted(done.result)
        self.ledger.write(record, OperationState.SUCCEEDED)
        self.ledger.tell(EventKind.OPERATION_SUCCEEDED, record.operation_id)
        self.ledger.keep_result(record.operation_id, done.result)
        self.succeeded += 1
        self._backlog.done(record.operation_id)
        self.limits.leave(record.provider)

    def _skip(self, flight: Flight) -> None:
        self.ledger.write(flight.record, OperationState.SKIPPED)
        data = {"reason": "its condition is false"}
        self.ledger.tell(EventKind.OPERATION_SKIPPED, flight.id, data)
        self._backlog.done(flight.id)
        self.limits.leave(flight.provider)

    def _fail(self, flight: Flight, error: BaseException) -> None:
        record = flight.record
        record.error = self.ledger.redacted_error(as_info(error))
        if is_refusal(error) and not flight.may_have_left_something:
            record.compensation = None
        self.ledger.write(record, OperationState.FAILED)
        self.ledger.tell(EventKind.OPERATION_FAILED, record.operation_id, {"error": record.error.as_dict()})
        self.limits.leave(record.provider)
        self._failed += 1
        self.first_error = self.first_error or record.error
        self._heed_failure(flight)

    def _heed_failure(self, flight: Flight) -> None:
        match self.plan.settings.on_failure_of(flight.node):
            case "continue":
                for blocked in self._backlog.block(flight.id):
                    self._block(blocked, flight.id)
            case "rollback":
                self._aftermath = RunState.ROLLING_BACK
            case "stop":
                self._aftermath = self._aftermath or RunState.FAILED

    def _block(self, operation_id: str, cause: str) -> None:
        definition = self.plan.nodes[operation_id].definition
        position = self._backlog.places_of_blocked[operation_id]
        provider = self.plan.nodes[operation_id].locations[0].provider
        record = OperationRecord(operation_id, definition.kind, OperationState.BLOCKED, position, provider)
        self.ledger.write(record, OperationState.BLOCKED)
        data = {"state": "blocked", "reason": f"{cause}, which it needs, failed"}
        self.ledger.tell(EventKind.OPERATION_SKIPPED, operation_id, data)
