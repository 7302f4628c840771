"""The table of legal moves of a run, and what a person may ask of it in each state."""

from provisioning.contract import RunRecord, RunState
from provisioning.errors import RunConflict

__all__ = ["RUN_MOVES", "check_resume", "check_rollback"]

_S = RunState

RUN_MOVES: dict[RunState, frozenset[RunState]] = {
    _S.RUNNING: frozenset({_S.RUNNING, _S.SUCCEEDED, _S.PARTIAL, _S.FAILED, _S.INTERRUPTED, _S.ROLLING_BACK}),
    _S.SUCCEEDED: frozenset({_S.ROLLING_BACK}),
    _S.PARTIAL: frozenset({_S.RUNNING, _S.ROLLING_BACK}),
    _S.FAILED: frozenset({_S.RUNNING, _S.ROLLING_BACK}),
    _S.INTERRUPTED: frozenset({_S.RUNNING, _S.ROLLING_BACK}),
    _S.ROLLING_BACK: frozenset({_S.ROLLING_BACK, _S.ROLLED_BACK, _S.ROLLBACK_FAILED}),
    _S.ROLLBACK_FAILED: frozenset({_S.ROLLING_BACK}),
    _S.ROLLED_BACK: frozenset(),
}
"""From each state to those that may follow it."""


def check_resume(run: RunRecord) -> None:
    """Raise `RunConflict` when the run cannot go on, in whichever direction it was going."""
    if run.state in (RunState.ROLLED_BACK, RunState.ROLLBACK_FAILED):
        hint = "start it anew under another workflow id"
        if run.state is RunState.ROLLBACK_FAILED:
            hint = f"`provisioning workflow rollback {run.workflow_id}` tries again to undo what is left"
        raise RunConflict(
            f"run {run.workflow_id} cannot be resumed: it is {run.state}", workflow_id=run.workflow_id, hint=hint
        )


def check_rollback(run: RunRecord) -> None:
    """Raise `RunConflict` when there is nothing left to roll back."""
    if run.state is RunState.ROLLED_BACK:
        raise RunConflict(f"run {run.workflow_id} is rolled back already", workflow_id=run.workflow_id)
