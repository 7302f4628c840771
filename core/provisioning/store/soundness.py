"""Whether one run is whole and legal: everything that its rows must agree in."""

from collections.abc import Iterable, Iterator

from provisioning.contract.checkpoint import Fold
from provisioning.contract.events import Event, EventKind
from provisioning.contract.journal import OperationRecord, OperationState, RunRecord, RunState
from provisioning.contract.moves import RUN_HOLDS, RUN_MOVES
from provisioning.contract.rows import Unreadable

__all__ = ["REMNANT", "is_remnant", "run_problems"]

REMNANT = "JournalCorrupt"
"""The code of the error of a run that was salvaged in part: it says itself that it is not whole."""

_LASTING = frozenset({OperationState.SUCCEEDED, OperationState.SKIPPED})
"""States that an operation enters with one event, and leaves with another."""

_RECORDED = frozenset(
    {
        EventKind.OPERATION_STARTED,
        EventKind.OPERATION_WAITING,
        EventKind.OPERATION_SUCCEEDED,
        EventKind.OPERATION_FAILED,
        EventKind.OPERATION_SKIPPED,
        EventKind.COMPENSATION_STARTED,
    }
)
"""Events that are never told of an operation without a record."""


def is_remnant(run: RunRecord) -> bool:
    """Whether the run was salvaged in part."""
    return run.error is not None and run.error.code == REMNANT


def run_problems(
    run: RunRecord, operations: Iterable[OperationRecord | Unreadable], events: Iterable[Event | Unreadable]
) -> Iterator[str]:
    """Yield what is wrong with a run whose document is there. A remnant is only read, as it cannot be whole.

    `operations` are in the order of their intents, `events` oldest first; what could not be read stands among them.
    """
    states: dict[str, OperationState] = {}
    fold = Fold(at=run.created_at)
    begun: set[str] = set()
    problems = [*_read_operations(run, operations, states), *_read_events(run, events, fold, begun)]
    yield from problems
    if not problems and not is_remnant(run):
        yield from _wrong_states(run, states)
        yield from _contradictions(run, states, fold, begun)


def _read_operations(
    run: RunRecord, records: Iterable[OperationRecord | Unreadable], states: dict[str, OperationState]
) -> Iterator[str]:
    """Fill `states`; yield what cannot be read, and what is missing.

    Positions up to `total` are given one by one, and those above belong to operations that were blocked at first.
    """
    expected = 1
    for record in records:
        if isinstance(record, Unreadable):
            yield str(record)
            continue
        states[record.operation_id] = record.state
        if record.position > run.total or is_remnant(run):
            continue
        if record.position != expected:
            yield f"operation {record.operation_id} stands at position {record.position}, and {expected} is missing"
        expected = record.position + 1
        if record.state is OperationState.SUCCEEDED and record.result is None:
            yield f"operation {record.operation_id} is succeeded, and has no result"


def _read_events(run: RunRecord, events: Iterable[Event | Unreadable], fold: Fold, begun: set[str]) -> Iterator[str]:
    """Fold the events; yield what cannot be read, what is missing, and moves that are not legal."""
    count = 0
    for event in events:
        count += 1
        if isinstance(event, Unreadable):
            yield str(event)
            continue
        before = fold.state
        try:
            fold.take(event)
        except ValueError as error:
            yield f"event {event.sequence}: {error}"
            continue
        if event.operation_id is not None and event.kind in _RECORDED:
            begun.add(event.operation_id)
        if fold.state is not before and fold.state not in RUN_MOVES[before] and not is_remnant(run):
            yield f"event {event.sequence} ({event.kind}) makes it {fold.state}, which cannot follow {before}"
    if run.events < 0:
        yield "nobody knows how many events it had"
    elif count != run.events:
        yield f"it has {count} events, and counted {run.events}"


def _wrong_states(run: RunRecord, states: dict[str, OperationState]) -> Iterator[str]:
    for operation_id, state in states.items():
        if state not in RUN_HOLDS[run.state]:
            yield f"it is {run.state}, and its operation {operation_id} is {state}"
    if run.state is RunState.SUCCEEDED and len(states) != run.total:
        yield f"it is {run.state}, and has {len(states)} operations of {run.total}"


def _contradictions(run: RunRecord, states: dict[str, OperationState], fold: Fold, begun: set[str]) -> Iterator[str]:
    """Yield where the events tell another story than the records. A rollback is decided before it is told of."""
    if fold.state is not run.state and not (run.state is RunState.ROLLING_BACK and run.state in RUN_MOVES[fold.state]):
        yield f"it is {run.state}, and its events leave it {fold.state}"
    for operation_id in sorted(begun - set(states)):
        yield f"its events tell of operation {operation_id}, which has no record"
    for operation_id, state in states.items():
        told = fold.operations.get(operation_id)
        if told is not state and (told in _LASTING or state in _LASTING):
            yield f"operation {operation_id} is {state}, and the events leave it {told or 'untold'}"
