"""What a person may ask of a run in each state."""

from provisioning.contract import RunRecord, RunState
from provisioning.errors import RunConflict

__all__ = ["check_resume", "check_rollback"]


def check_resume(run: RunRecord) -> None:
    """Raise `RunConflict` when the run cannot go on, in whichever direction it was going."""
    if run.state in (RunState.ROLLED_BACK, RunState.ROLLBACK_FAILED):
        hint = "start it anew under another workflow id"
        if run.state is RunState.ROLLBACK_FAILED:
            hint = f"`provisioning workflow rollback {run.workflow_id} --retry` tries again to undo what is left"
        raise RunConflict(
            f"run {run.workflow_id} cannot be resumed: it is {run.state}", workflow_id=run.workflow_id, hint=hint
        )


def check_rollback(run: RunRecord, *, retry: bool = False) -> None:
    """Raise `RunConflict` when there is nothing left to roll back; with `retry`, unless a rollback of it has failed."""
    if run.state is RunState.ROLLED_BACK:
        raise RunConflict(f"run {run.workflow_id} is rolled back already", workflow_id=run.workflow_id)
    if retry and run.state is not RunState.ROLLBACK_FAILED:
        raise RunConflict(
            f"run {run.workflow_id} has no failed rollback to retry: it is {run.state}",
            workflow_id=run.workflow_id,
            hint=f"`provisioning workflow rollback {run.workflow_id}` undoes it",
        )
