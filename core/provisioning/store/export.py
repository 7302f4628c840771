"""The journal as JSON lines: everything that is in it, at one moment, in constant memory.

The first line tells of the journal and the last one counts the others, so that an export that was cut off is seen to
be one. Between them stands each run, followed by its operations and its events.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from provisioning.contract.journal import Archive, OperationRecord, RunRecord
from provisioning.errors import ErrorInfo
from provisioning.store.archive import open_archive

__all__ = ["FORMAT", "export_archive", "export_journal", "lines_of_run"]

FORMAT = 1
"""The number of the lines' format."""

Line = dict[str, Any]


def export_journal(path: Path, workflow_id: str | None = None, *, busy_timeout: float = 10.0) -> Iterator[Line]:
    """Yield the lines of a SQLite journal of this version, or of one run of it, as they are at the first one.

    Raises as `export_archive`.
    """
    with closing(open_archive(path, busy_timeout=busy_timeout)) as archive:
        yield from export_archive(archive, workflow_id)


def export_archive(archive: Archive, workflow_id: str | None = None) -> Iterator[Line]:
    """Yield the lines of a journal, or of one run of it.

    Raises `RunNotFound`, and any `JournalError`: `JournalCorrupt` for what cannot be read.
    """
    runs = archive.list_runs() if workflow_id is None else [archive.get_run(workflow_id)]
    yield _journal_line(archive)
    counts = {"runs": 0, "operations": 0, "events": 0}
    for run in runs:
        for line in lines_of_run(archive, run):
            counts[f"{line['type']}s"] += 1
            yield line
    yield {"type": "end", **counts}


def lines_of_run(archive: Archive, run: RunRecord) -> Iterator[Line]:
    """Yield the lines of one run."""
    yield _run_line(run, archive.get_document(run.workflow_id))
    for operation in archive.list_operations(run.workflow_id):
        yield _operation_line(run.workflow_id, operation)
    for event in archive.list_events(run.workflow_id):
        yield {"type": "event", **event.as_dict()}


def _journal_line(archive: Archive) -> Line:
    return {
        "type": "journal",
        "format": FORMAT,
        "schema_version": archive.schema_version,
        "installation_id": archive.installation_id,
        "last_sequence": archive.last_sequence,
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


def _error(error: ErrorInfo | None) -> Line | None:
    return None if error is None else error.as_dict()
