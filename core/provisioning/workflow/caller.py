"""One job carried out: the hook call that it names, with everything that the call may know."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from provisioning.contract import (
    Cancellation,
    Compensation,
    Job,
    Note,
    Operation,
    OperationContext,
    Outcome,
    Provider,
    Settlement,
    Step,
)
from provisioning.contract.context import calling
from provisioning.contract.operation_log import OperationLogger
from provisioning.errors import OperationDenied
from provisioning.workflow.answer import checked, is_plain
from provisioning.workflow.ports import Guards, Kind, Kinds, Providers

__all__ = ["Caller"]


class Caller:
    """What an engine's threads execute, and a worker on another host would: a job in, the hook's answer out.

    `hold` is the lease's, as in `RunWriter`.
    """

    def __init__(
        self,
        *,
        kinds: Kinds,
        providers: Providers,
        guards: Guards,
        directory: str,
        hold: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kinds = kinds
        self._providers = providers
        self._guards = guards
        self._directory = directory
        self._hold = hold
        self._clock = clock

    def __call__(self, job: Job, cancellation: Cancellation, note: Note) -> Outcome | Settlement | Compensation | None:
        """Make the call; raise whatever the hook raises, and `ExtensionBroken` for an answer that cannot be kept.

        Raises `RunFenced`, with nothing called, when the run is another process's by now: the job may have waited in
        a process that was stopped.
        """
        self._hold()
        kind = self._kinds.get(job.operation.kind)
        with calling(job.operation.workflow_id, job.operation.id):
            return checked(job, self._answer(kind, job, self._context(job, cancellation, note)))

    def _answer(self, kind: Kind, job: Job, context: OperationContext) -> Outcome | Settlement | Compensation | None:
        operation = job.operation
        provider = None if operation.provider is None else self._providers.get(operation.provider)
        match job.step:
            case Step.RUN:
                return kind.run(operation, provider, context)
            case Step.PREPARE:
                return self._prepare(kind, operation, provider, context)
            case Step.SETTLE:
                return kind.settle(operation, provider, context)
            case Step.COMPENSATE:
                assert job.compensation is not None  # noqa: S101 - the driver sends none without
                return kind.compensate(operation, job.compensation, provider, context)

    def _prepare(
        self, kind: Kind, operation: Operation, provider: Provider | None, context: OperationContext
    ) -> Compensation | None:
        decision = self._guards.check(operation, context)
        if not decision.allowed:
            raise OperationDenied(
                f"operation {operation.id} ({operation.kind}) is denied: {decision.reason}",
                workflow_id=operation.workflow_id,
            )
        return kind.prepare(operation, provider, context) if kind.descriptor.prepares else None

    def _context(self, job: Job, cancellation: Cancellation, note: Note) -> OperationContext:
        return OperationContext(
            workflow_id=job.operation.workflow_id,
            operation_id=job.operation.id,
            attempt=job.attempt,
            deadline=None if job.timeout is None else self._clock() + job.timeout,
            cancellation=cancellation,
            logger=OperationLogger(job.operation.workflow_id, job.operation.id),
            note=_careful(note),
            directory=self._directory,
            clock=self._clock,
            hold=self._hold,
        )


def _careful(note: Note) -> Note:
    """Return `note` for a hook's hands: what the journal cannot keep is an error there, and nowhere else."""

    def noted(kind: str, data: Mapping[str, Any]) -> None:
        if not (isinstance(kind, str) and kind.isprintable() and isinstance(data, Mapping) and is_plain(data)):
            raise TypeError("a note is a kind, as text, and a table of JSON values")
        note(kind, data)

    return noted
