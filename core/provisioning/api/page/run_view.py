"""One run as the page shows it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from provisioning.api.page.timeline import Timeline, draw_timeline
from provisioning.app import App, Plan, Report, is_driven
from provisioning.contract import OperationRecord, RunRecord, RunState
from provisioning.errors import ErrorInfo, ProvisioningError

__all__ = ["Row", "RunView", "view_run"]

MOST_ROWS = 1000
_RESUMABLE = frozenset(
    {RunState.RUNNING, RunState.ROLLING_BACK, RunState.INTERRUPTED, RunState.FAILED, RunState.PARTIAL}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One operation of the table: from its plan, and from its record when it has begun."""

    operation_id: str
    kind: str
    provider: str | None
    needs: Sequence[str]
    state: str
    attempt: int
    duration: float | None
    error: ErrorInfo | None


@dataclass(frozen=True, slots=True)
class RunView:
    """A run, what may be asked of it now, and its operations: at most `MOST_ROWS`, of `run.total`.

    `plan` is None when the document cannot be read any more, and `problem` says why.
    """

    run: RunRecord
    report: Report
    plan: Plan | None
    problem: ErrorInfo | None
    rows: Sequence[Row]
    timeline: Timeline
    states: Mapping[str, str]

    @property
    def ended(self) -> int:
        """How many operations have ended well, or need not run."""
        return sum(self.report.counts.get(state, 0) for state in ("succeeded", "skipped"))

    @property
    def can_cancel(self) -> bool:
        """Whether it can be asked to stop."""
        return self.run.state.is_active and self.run.cancel is None

    @property
    def can_resume(self) -> bool:
        """Whether somebody can go on with it."""
        return self.run.state in _RESUMABLE and not is_driven(self.run)

    @property
    def can_roll_back(self) -> bool:
        """Whether it can be undone."""
        return self.run.state is not RunState.ROLLED_BACK and not is_driven(self.run)


def view_run(app: App, workflow_id: str) -> RunView:
    """Return a run as it stands now; raises `RunNotFound`."""
    report, run = app.status(workflow_id), app.record(workflow_id)
    records = {record.operation_id: record for record in app.operations(workflow_id, newest=MOST_ROWS)}
    plan, problem = _plan(app, workflow_id)
    names = list(records) if plan is None or len(plan.nodes) > MOST_ROWS else list(plan.nodes)
    return RunView(
        run=run,
        report=report,
        plan=plan,
        problem=problem,
        rows=[_row(name, plan, records.get(name)) for name in islice(names, MOST_ROWS)],
        timeline=draw_timeline(records.values(), time.time()),
        states={name: str(record.state) for name, record in records.items()},
    )


def _plan(app: App, workflow_id: str) -> tuple[Plan | None, ErrorInfo | None]:
    try:
        return app.run_plan(workflow_id), None
    except ProvisioningError as error:  # an extension that it needs may be gone by now
        return None, error.info()


def _row(name: str, plan: Plan | None, record: OperationRecord | None) -> Row:
    node = None if plan is None else plan.nodes.get(name)
    kind = record.kind if record else node.definition.kind if node else ""
    provider = record.provider if record else node.locations[0].provider if node else None
    duration = None
    if record and record.started_at is not None:
        duration = (record.ended_at or time.time()) - record.started_at
    return Row(
        operation_id=name,
        kind=kind,
        provider=provider,
        needs=() if plan is None or node is None else plan.graph.needs(name),
        state=str(record.state) if record else "not begun",
        attempt=record.attempt if record else 0,
        duration=duration,
        error=record.error if record else None,
    )
