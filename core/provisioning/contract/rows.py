"""The values of the contract as rows of the journal, and back.

What is empty is stored as NULL or as a constant, because ten thousand operations have twenty thousand such values.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from provisioning.contract.events import Event
from provisioning.contract.journal import (
    CancelMode,
    LeaseInfo,
    NewEvent,
    OperationRecord,
    OperationState,
    RunRecord,
    RunState,
)
from provisioning.contract.operation import Compensation, Resource
from provisioning.errors import ErrorInfo

__all__ = [
    "RUN_COLUMNS",
    "Row",
    "Unreadable",
    "Unwritable",
    "as_cancel",
    "as_counts",
    "as_document",
    "as_error",
    "as_event",
    "as_id",
    "as_operation",
    "as_run",
    "document_row",
    "end_columns",
    "error_column",
    "event_columns",
    "operation_row",
    "run_row",
]

RUN_COLUMNS = (
    *("workflow_id", "name", "state", "digest", "total", "created_at", "updated_at"),
    *("error", "outputs", "cancel", "lease_fence", "events"),
)
"""What `run_row` encodes."""

Row = tuple[Any, ...]
"""What a database takes and gives."""


class Unreadable(Exception):
    """A row does not hold what was written: the file is damaged, or somebody else wrote to it."""


class Unwritable(Exception):
    """A value cannot be kept, because it is not made of JSON values."""


_NO_JSON = (TypeError, ValueError, RecursionError)
"""What the encoder raises for a value that is not JSON, holds itself, or is too deep."""


def _as_plain(value: object) -> dict[str, Any]:
    """Turn a mapping that is no dict into one, for the encoder."""
    if isinstance(value, Mapping):
        return dict(value)
    message = f"{type(value).__name__} is not a JSON value"
    raise TypeError(message)


_encode = json.JSONEncoder(separators=(",", ":"), default=_as_plain).encode


def _json(value: Mapping[str, Any] | None) -> str | None:
    """Encode a document of which None and {} are different things."""
    if value is None:
        return None
    return _encode(value) if value else "{}"


def _resources(resources: Sequence[Resource]) -> str:
    return _encode([resource.as_dict() for resource in resources])


def error_column(error: ErrorInfo | None) -> str | None:
    """Encode an error."""
    return None if error is None else _encode(error.as_dict())


def end_columns(error: ErrorInfo | None, outputs: Mapping[str, Any] | None) -> Row:
    """Encode how a run stands: its error and its outputs."""
    try:
        return error_column(error), _json(outputs)
    except _NO_JSON as problem:
        raise Unwritable(f"the outputs: {problem}") from problem


def document_row(document: Mapping[str, Any]) -> bytes:
    """Encode and compress a run's document; raise `Unwritable`."""
    try:
        return zlib.compress(_encode(document).encode())
    except _NO_JSON as error:
        raise Unwritable(f"the document: {error}") from error


def operation_row(run: int, record: OperationRecord) -> Row:
    """Encode an operation as it is now: its record is reused by the driver. Raise `Unwritable`."""
    try:
        return (
            run,
            record.position,
            record.operation_id,
            record.kind,
            record.state.value,
            record.provider,
            record.attempt,
            record.generation,
            record.client_token,
            record.digest,
            None if record.compensation is None else _encode(record.compensation.as_dict()),
            _json(record.progress),
            _json(record.result),
            _resources(record.resources) if record.resources else None,
            error_column(record.error),
            record.started_at,
            record.ended_at,
        )
    except _NO_JSON as error:
        raise Unwritable(f"operation {record.operation_id}: {error}") from error


def run_row(run: RunRecord) -> Row:
    """Encode a whole run, but for its number and its lease, in the order of `RUN_COLUMNS`; raise `Unwritable`."""
    fence = 0 if run.lease is None else run.lease.fence
    return (
        *(run.workflow_id, run.name, run.state.value, run.digest, run.total, run.created_at, run.updated_at),
        *end_columns(run.error, run.outputs),
        None if run.cancel is None else run.cancel.value,
        max(fence, 1),
        run.events,
    )


def event_columns(event: NewEvent) -> Row:
    """Encode what an event brings itself: its kind, its operation and its data; raise `Unwritable`."""
    try:
        return str(event.kind), event.operation_id, _encode(event.data) if event.data else None
    except _NO_JSON as error:
        raise Unwritable(f"event {event.kind}: {error}") from error


def _table(column: str | bytes) -> dict[str, Any]:
    """Decode a JSON object; raise `TypeError` for any other JSON, and `ValueError` for none."""
    value = json.loads(column)
    if not isinstance(value, dict):
        message = f"expected an object, and found {type(value).__name__}"
        raise TypeError(message)
    return value


def as_error(column: str | None) -> ErrorInfo | None:
    """Read an error back."""
    return None if column is None else ErrorInfo.from_dict(_table(column))


def as_cancel(column: str | None) -> CancelMode | None:
    """Read back what was asked to become of a run; raise `Unreadable`."""
    try:
        return None if column is None else CancelMode(column)
    except ValueError as error:
        raise Unreadable(f"a request to cancel: {error}") from error


def as_counts(rows: Sequence[Row]) -> dict[OperationState, int]:
    """Read how many operations are in each state; raise `Unreadable`."""
    try:
        return {OperationState(state): count for state, count in rows}
    except ValueError as error:
        raise Unreadable(f"the operations of a run: {error}") from error


def as_id(row: Row | None) -> str:
    """Read the installation's id; raise `Unreadable`."""
    if row is None:
        raise Unreadable("its installation_id is missing")
    return str(row[0])


def as_document(column: bytes) -> dict[str, Any]:
    """Read a run's document back; raise `Unreadable`."""
    try:
        return _table(zlib.decompress(column))
    except (zlib.error, ValueError, TypeError) as error:
        raise Unreadable(f"the document of a run: {error}") from error


def as_operation(row: Row) -> OperationRecord:
    """Read an operation back; raise `Unreadable`."""
    position, operation_id, kind, state, provider, attempt, generation, token, digest = row[:9]
    compensation, progress, result, resources, error, started_at, ended_at = row[9:]
    try:
        return OperationRecord(
            operation_id=operation_id,
            kind=kind,
            state=OperationState(state),
            position=position,
            provider=provider,
            attempt=attempt,
            generation=generation,
            client_token=token,
            digest=digest,
            compensation=None if compensation is None else Compensation.from_dict(_table(compensation)),
            progress=None if progress is None else _table(progress),
            result=None if result is None else _table(result),
            resources=() if resources is None else tuple(Resource(**each) for each in json.loads(resources)),
            error=as_error(error),
            started_at=started_at,
            ended_at=ended_at,
        )
    except (ValueError, KeyError, TypeError) as problem:
        raise Unreadable(f"operation {operation_id}: {problem}") from problem


def as_event(row: Row) -> Event:
    """Read an event back; raise `Unreadable`."""
    sequence, workflow_id, kind, at, operation_id, data = row
    try:
        return Event(sequence, workflow_id, kind, at, operation_id, {} if data is None else _table(data))
    except (ValueError, TypeError) as error:
        raise Unreadable(f"event {sequence}: {error}") from error


def as_run(row: Row) -> RunRecord:
    """Read a run back, with its lease; raise `Unreadable`."""
    _, workflow_id, name, state, digest, total, created_at, updated_at, error, cancel = row[:10]
    holder, fence, _, expires_at, outputs, events = row[10:]
    try:
        return RunRecord(
            workflow_id=workflow_id,
            name=name,
            state=RunState(state),
            digest=digest,
            total=total,
            created_at=created_at,
            updated_at=updated_at,
            events=events,
            error=as_error(error),
            outputs=None if outputs is None else _table(outputs),
            cancel=as_cancel(cancel),
            lease=None if holder is None else LeaseInfo(holder, fence, expires_at),
        )
    except (ValueError, KeyError, TypeError) as problem:
        raise Unreadable(f"run {workflow_id}: {problem}") from problem
