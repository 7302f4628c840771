"""What is legal in a journal: from which state a run may go to which, and what its operations may be meanwhile."""

from collections.abc import Mapping

from provisioning.contract.journal import OperationState, RunState

__all__ = ["RUN_HOLDS", "RUN_MOVES"]

_S, _O = RunState, OperationState

RUN_MOVES: Mapping[RunState, frozenset[RunState]] = {
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

_FORWARDS = frozenset(
    {_O.STARTED, _O.WAITING, _O.RETRYING, _O.SUCCEEDED, _O.FAILED, _O.SKIPPED, _O.BLOCKED},
)
_UNDONE = frozenset({_O.SUCCEEDED, _O.FAILED, _O.SKIPPED, _O.BLOCKED, _O.COMPENSATED, _O.LEFT})

RUN_HOLDS: Mapping[RunState, frozenset[OperationState]] = {
    _S.RUNNING: _FORWARDS,
    _S.SUCCEEDED: frozenset({_O.SUCCEEDED, _O.SKIPPED}),
    _S.PARTIAL: frozenset({_O.SUCCEEDED, _O.FAILED, _O.SKIPPED, _O.BLOCKED}),
    _S.FAILED: _FORWARDS,
    _S.INTERRUPTED: _FORWARDS,
    _S.ROLLING_BACK: frozenset(_O),
    _S.ROLLED_BACK: _UNDONE,
    _S.ROLLBACK_FAILED: _UNDONE | {_O.COMPENSATION_FAILED},
}
"""In each state of a run: the states that its operations may be in. What has nothing to undo outlives a rollback."""
