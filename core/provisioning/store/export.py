"""The journal as JSON lines: everything that is in it, at one moment, in constant memory.

The first line tells of the journal and the last one counts the others, so that an export that was cut off is seen to
be one. Between them stands each run, followed by its operations and its events.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from provisioning.contract.events import Event
from provisioning.contract.journal import OperationRecord, RunRecord
from provisioning.errors import ErrorInfo
from provisioning.store import faults, queries
from provisioning.store.connection import can_write, check_current, connect_reader, version_of
from provisioning.store.lease import find_run
from provisioning.store.rows import Row, Unreadable, as_document, as_event, as_id, as_operation, as_run

__all__ = ["FORMAT", "export_journal"]

FORMAT = 1
"""The number of the lines' format."""

Line = dict[str, Any]


def export_journal(path: Path, workflow_id: str | None = None, *, busy_timeout: float = 10.0) -> Iterator[Line]:
    """Yield the lines of a journal of this version, or of one run of it, as they are when the first one is asked for.

    Raises `RunNotFound`, and any `JournalError`: `JournalCorrupt` for a row that cannot be read.
    """
    path = path.absolute()
    with (
        faults.translated(path),
        closing(connect_reader(path, busy_timeout=busy_timeout, writable=can_write(path))) as connection,
    ):
        check_current(connection, path)
        connection.execute("BEGIN")
        runs = _runs(connection, workflow_id)
        yield _journal_line(connection)
        counts = {"runs": 0, "operations": 0, "events": 0}
        for row in runs:
            for line in _lines_of_run(connection, row):
                counts[f"{line['type']}s"] += 1
                yield line
        yield {"type": "end", **counts}


def _runs(connection: sqlite3.Connection, workflow_id: str | None) -> Iterable[Row]:
    if workflow_id is not None:
        return [find_run(connection, workflow_id)]
    return connection.execute(queries.LIST_RUNS_OLDEST_FIRST)


def _lines_of_run(connection: sqlite3.Connection, row: Row) -> Iterator[Line]:
    run = as_run(row)
    document = connection.execute(queries.FIND_DOCUMENT_OF, row[:1]).fetchone()
    if document is None:
        raise Unreadable(f"run {run.workflow_id}: its document is missing")
    yield _run_line(run, as_document(*document))
    wanted = {"workflow_id": run.workflow_id, "start": 0, "states": None, "limit": -1}
    for operation in connection.execute(queries.LIST_OPERATIONS, wanted):
        yield _operation_line(run.workflow_id, as_operation(operation))
    for event in connection.execute(
        queries.LIST_EVENTS_OF_RUN, {"workflow_id": run.workflow_id, "after": 0, "limit": -1}
    ):
        yield _event_line(as_event(event))


def _journal_line(connection: sqlite3.Connection) -> Line:
    return {
        "type": "journal",
        "format": FORMAT,
        "schema_version": version_of(connection),
        "installation_id": as_id(connection.execute(queries.FIND_META, ("installation_id",)).fetchone()),
        "last_sequence": connection.execute(queries.FIND_LAST_SEQUENCE).fetchone()[0],
    }


def _run_line(run: RunRecord, document: Mapping[str, Any]) -> Line:
    lease = run.lease
    return {
        "type": "run",
        "workflow_id": run.workflow_id,
        "name": run.name,
        "state": str(run.state),
        "digest": run.digest,
        "total": run.total,
        "events": run.events,
        "created_at": run.created_at,
        "updated_at": run.updated_at,
        "error": _error(run.error),
        "outputs": None if run.outputs is None else dict(run.outputs),
        "cancel": None if run.cancel is None else str(run.cancel),
        "lease": lease and {"holder": lease.holder, "fence": lease.fence, "expires_at": lease.expires_at},
        "document": document,
    }


def _operation_line(workflow_id: str, record: OperationRecord) -> Line:
    return {
        "type": "operation",
        "workflow_id": workflow_id,
        "operation_id": record.operation_id,
        "kind": record.kind,
        "state": str(record.state),
        "position": record.position,
        "provider": record.provider,
        "attempt": record.attempt,
        "generation": record.generation,
        "client_token": record.client_token,
        "digest": record.digest,
        "compensation": record.compensation and record.compensation.as_dict(),
        "progress": record.progress,
        "result": record.result,
        "resources": [resource.as_dict() for resource in record.resources],
        "error": _error(record.error),
        "started_at": record.started_at,
        "ended_at": record.ended_at,
    }


def _event_line(event: Event) -> Line:
    return {"type": "event", **event.as_dict()}


def _error(error: ErrorInfo | None) -> Line | None:
    return None if error is None else error.as_dict()
