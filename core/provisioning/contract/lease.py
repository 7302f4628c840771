"""The lease of a run, whatever the journal is kept in: who may write to it, and until when.

What is said here of rows is of those that `contract/rows.py` reads runs from.
"""

from datetime import UTC, datetime

from provisioning.contract.holder import describe_holder, is_dead
from provisioning.contract.journal import NewRun
from provisioning.contract.rows import Row, as_run
from provisioning.errors import RunConflict, RunFenced, RunLocked, RunNotFound

__all__ = ["Lease", "check_cancellable", "check_free", "check_same", "is_driven", "is_new", "unknown_run"]

_HOLDER, _FENCE, _SINCE, _EXPIRES_AT = 10, 11, 12, 13


class Lease:
    """What a writer holds: the run, the holder's name, and the fence that makes older holders' writes fail.

    `run` is the number by which the journal itself knows the run.
    """

    __slots__ = ("fence", "holder", "run", "workflow_id")

    def __init__(self, run: int, workflow_id: str, holder: str, fence: int) -> None:
        self.run = run
        self.workflow_id = workflow_id
        self.holder = holder
        self.fence = fence

    @property
    def key(self) -> Row:
        """Return what every statement of a writer ends with."""
        return self.run, self.fence, self.holder

    def lost(self) -> RunFenced:
        """Return the error for a writer whose lease is another's by now."""
        return RunFenced(
            f"run {self.workflow_id} is driven by another process by now (this one's lease, number {self.fence}, "
            "had ended): nothing was written",
            workflow_id=self.workflow_id,
            hint=f"Leave the run to that process; `provisioning workflow status {self.workflow_id}` shows how it goes.",
        )


def unknown_run(workflow_id: str) -> RunNotFound:
    """Return the error for a run that the journal does not have."""
    return RunNotFound(
        f"there is no run {workflow_id} in this journal",
        workflow_id=workflow_id,
        hint="`provisioning workflow list` shows the runs.",
    )


def is_driven(row: Row) -> bool:
    """Whether somebody holds the run's lease whose process may live."""
    return row[_HOLDER] is not None and not is_dead(row[_HOLDER])


def is_new(row: Row) -> bool:
    """Whether nobody has ever driven the run."""
    return bool(row[_FENCE] == 0)


def check_free(row: Row, holder: str, now: float) -> None:
    """Raise `RunLocked` while somebody else than `holder` drives the run; `now` is seconds since the epoch."""
    if row[_HOLDER] != holder and is_driven(row) and now < row[_EXPIRES_AT]:
        workflow_id = row[1]
        raise RunLocked(
            f"run {workflow_id} is driven by {describe_holder(row[_HOLDER])} since {_time(row[_SINCE])}, "
            f"whose lease lasts until {_time(row[_EXPIRES_AT])} unless it is renewed",
            workflow_id=workflow_id,
            hint=f"Watch it with `provisioning workflow logs -f {workflow_id}`, stop it with "
            f"`provisioning workflow cancel {workflow_id}`, or wait: the lease of a process that is gone ends by "
            "itself.",
        )


def check_same(row: Row, run: NewRun) -> None:
    """Raise `RunConflict` unless the run that is there has the document of the one that is to be."""
    known = as_run(row)
    if known.digest == run.digest:
        return
    raise RunConflict(
        f"run {run.workflow_id} is there with another document: that one ({known.name}) has the digest {known.digest}, "
        f"this one ({run.name}) has {run.digest}",
        workflow_id=run.workflow_id,
        hint="Give the document another workflow_id, or go on with the run that is there: "
        f"`provisioning workflow resume {run.workflow_id}`.",
    )


def check_cancellable(row: Row) -> None:
    """Raise `RunConflict` unless somebody drives the run, or will do so for the first time."""
    run = as_run(row)
    if run.state.is_active and (is_new(row) or is_driven(row)):
        return
    reason = "its process has ended" if run.state.is_active else f"it is {run.state}"
    raise RunConflict(
        f"run {run.workflow_id} is not running: {reason}",
        workflow_id=run.workflow_id,
        hint=f"`provisioning workflow rollback {run.workflow_id}` undoes it.",
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
