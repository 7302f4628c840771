"""One process's hold on one run: from taking its lease to giving it back."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, suppress
from typing import Any

from provisioning.contract import Engine, EngineRun, EventKind, Journal, NewRun, OperationRecord, RunState, RunWriter
from provisioning.contract.moves import RUN_MOVES
from provisioning.errors import ErrorInfo, JournalError, ProvisioningError, RunConflict
from provisioning.workflow.backward import Backward
from provisioning.workflow.driver import Driver
from provisioning.workflow.forward import Forward
from provisioning.workflow.ledger import Ledger
from provisioning.workflow.moves import check_resume, check_rollback
from provisioning.workflow.plan import Plan
from provisioning.workflow.remainder import Remainder
from provisioning.workflow.surroundings import Surroundings
from provisioning.workflow.traffic import Traffic
from provisioning.workflow.verdict import as_info

__all__ = ["Runner", "submit"]

_END_EVENTS = {
    RunState.SUCCEEDED: EventKind.WORKFLOW_COMPLETED,
    RunState.PARTIAL: EventKind.WORKFLOW_COMPLETED,
    RunState.FAILED: EventKind.WORKFLOW_FAILED,
    RunState.INTERRUPTED: EventKind.WORKFLOW_INTERRUPTED,
    RunState.ROLLING_BACK: EventKind.WORKFLOW_INTERRUPTED,
    RunState.ROLLED_BACK: EventKind.ROLLBACK_COMPLETED,
    RunState.ROLLBACK_FAILED: EventKind.ROLLBACK_FAILED,
}


def submit(plan: Plan, journal: Journal) -> bool:
    """Record the run of a plan, or return False when the very same run is there already."""
    run = NewRun(plan.workflow_id, plan.name, plan.canonical, plan.digest, len(plan.nodes))
    return journal.create_run(run)


class Runner:
    """Drives one run forwards, backwards, or first forwards and then back.

    Everything a run does happens in the thread that calls `run`; `interrupt` may come from anywhere.
    """

    def __init__(self, plan: Plan, surroundings: Surroundings) -> None:
        self._plan = plan
        self._surroundings = surroundings
        self._driver: Driver | None = None
        self._interrupted = False

    def interrupt(self) -> None:
        """Let calls in flight be recorded, take nothing more up, and end; safe in a signal handler."""
        self._interrupted = True
        if self._driver is not None:
            self._driver.interrupt()

    def run(self, *, is_new: bool = False, rollback: bool = False, skip: Collection[str] = ()) -> RunState:
        """Drive the run to where it ends now, and return its state.

        With `rollback` everything done so far is undone, but for the operations in `skip`. Raises `RunLocked`,
        `RunConflict`, `RunFenced` and any `JournalError`; an operation's failure is no exception but a state.
        """
        writer = self._surroundings.journal.acquire(self._plan.workflow_id, self._surroundings.new_holder())
        try:
            run = EngineRun(self._plan.workflow_id, writer.fence, self._plan.settings.priority)
            with closing(self._surroundings.make_engine(self._plan.parallelism, writer.hold, run)) as engine:
                return _Course(self, self._plan, self._surroundings, writer, engine).follow(is_new, rollback, skip)
        finally:
            with suppress(JournalError):  # how the run stands is durable, or told already; the lease ends by itself
                writer.release()

    def watch(self, driver: Driver) -> None:
        """Let interrupts reach the driver that drives now."""
        self._driver = driver
        if self._interrupted:
            driver.interrupt()


class _Course:
    """The way of a run from state to state while its lease is held."""

    def __init__(
        self, runner: Runner, plan: Plan, surroundings: Surroundings, writer: RunWriter, engine: Engine
    ) -> None:
        self._runner = runner
        self._plan = plan
        self._surroundings = surroundings
        clock = surroundings.clock
        self._ledger = Ledger(
            surroundings.journal, writer, redact=surroundings.redact, now=surroundings.now, clock=clock
        )
        self._traffic = Traffic(engine, clock, plan.settings.call_grace)
        self._ledger.has_lost_secrets = self._traffic.is_remote
        self._run = surroundings.journal.get_run(plan.workflow_id)
        self._state = self._run.state

    def follow(self, is_new: bool, rollback: bool, skip: Collection[str]) -> RunState:
        self._check(rollback)
        error = self._run.error
        if not rollback and self._state is not RunState.ROLLING_BACK:
            if self._state is RunState.SUCCEEDED:
                return self._state
            error = self._forwards(is_new)
        else:
            deque(self._records(), maxlen=0)  # before anything is undone, all of it must be known
            self._move(RunState.ROLLING_BACK, error)
        if self._state is RunState.ROLLING_BACK:
            self._backwards(skip, error)
        return self._state

    def _check(self, rollback: bool) -> None:
        """Raise `RunConflict` when the run, whose lease is ours now, cannot go that way."""
        if rollback:
            check_rollback(self._run)
        else:
            check_resume(self._run)
        if self._run.total != len(self._plan.nodes):
            raise self._changed(f"it has {len(self._plan.nodes)} operations now, and had {self._run.total}")

    def _records(self, *, newest_first: bool = False) -> Iterator[OperationRecord]:
        """Yield what has begun; raise `RunConflict` for an operation that the plan does not have."""
        for record in self._surroundings.journal.list_operations(self._plan.workflow_id, newest_first=newest_first):
            if record.operation_id not in self._plan.nodes:
                raise self._changed(f"operation {record.operation_id} is in the journal, and not in the plan")
            yield record

    def _changed(self, what: str) -> RunConflict:
        return RunConflict(
            f"run {self._plan.workflow_id} does not plan as it did: {what}",
            workflow_id=self._plan.workflow_id,
            hint="what its for_each reads in the configuration has changed: put that back, then try again",
        )

    def _forwards(self, is_new: bool) -> ErrorInfo | None:
        self._move(RunState.RUNNING, None)
        self._ledger.tell(
            EventKind.WORKFLOW_STARTED if is_new else EventKind.WORKFLOW_RESUMED,
            data={**self._identity(), "operations": len(self._plan.nodes)},
        )
        begun = () if is_new else self._records()
        driver = Forward(self._plan, self._ledger, self._traffic, self._surroundings, begun)
        self._runner.watch(driver)
        driver.drive()
        self._conclude(driver.outcome(), driver.first_error, driver)
        return driver.first_error

    def _conclude(self, state: RunState, error: ErrorInfo | None, driver: Forward) -> None:
        outputs = None
        if state is RunState.SUCCEEDED:
            try:
                outputs = driver.view.outputs(self._plan.root)
            except ProvisioningError as failure:
                state, error = RunState.FAILED, self._ledger.redacted_error(as_info(failure))
        self._move(state, error, outputs)
        if state is not RunState.ROLLING_BACK:
            self._tell_end(error)
        self._ledger.commit()

    def _backwards(self, skip: Collection[str], error: ErrorInfo | None) -> None:
        cause = {} if error is None else {"error": error.as_dict()}
        self._ledger.tell(EventKind.ROLLBACK_STARTED, data={**self._identity(), **cause})
        self._ledger.commit()
        records = self._records(newest_first=True)
        driver = Backward(self._plan, self._ledger, self._traffic, self._surroundings, records, skip)
        self._runner.watch(driver)
        driver.drive()
        self._move(driver.outcome(), error)
        self._tell_end(error, left=driver.left)
        self._ledger.commit()

    def _identity(self) -> dict[str, Any]:
        """Return what an event tells of the run to those who have not heard of it before."""
        return {"name": self._plan.name, "created_at": self._run.created_at}

    def _move(self, state: RunState, error: ErrorInfo | None, outputs: Mapping[str, Any] | None = None) -> None:
        assert state in RUN_MOVES[self._state] or state is self._state, f"{self._state} -> {state}"  # noqa: S101
        self._state = state
        self._ledger.move(state, error=error, outputs=outputs)

    def _tell_end(self, error: ErrorInfo | None, left: Collection[Remainder] = ()) -> None:
        data: dict[str, object] = {"state": str(self._state)}
        if error is not None:
            data["error"] = error.as_dict()
        if left:
            data["left"] = [each._asdict() for each in left]
        self._ledger.tell(_END_EVENTS[self._state], data=data)
