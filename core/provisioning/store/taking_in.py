"""Filling an empty SQLite journal with everything that another journal holds."""

import sqlite3
from pathlib import Path

from provisioning.contract.journal import Archive, NewEvent
from provisioning.contract.moving import not_empty
from provisioning.contract.rows import document_row, event_columns, operation_row, run_row
from provisioning.store import queries

__all__ = ["take_in"]


def take_in(connection: sqlite3.Connection, archive: Archive, path: Path) -> None:
    """Write all of `archive` inside a transaction; raise `JournalError` when the journal holds a run."""
    if connection.execute(queries.LIST_IDS).fetchone() is not None:
        raise not_empty(str(path))
    for run in archive.list_runs():
        number = connection.execute(queries.TAKE_IN_RUN, run_row(run)).lastrowid
        assert number is not None  # noqa: S101 - an insert has one
        document = document_row(archive.get_document(run.workflow_id))
        connection.execute(queries.ADD_DOCUMENT, (number, document))
        operations = archive.list_operations(run.workflow_id)
        connection.executemany(queries.PUT_OPERATION, (operation_row(number, record) for record in operations))
        connection.executemany(
            queries.ADD_EVENT,
            (
                (event.sequence, number, kind, event.at, operation_id, data)
                for event in archive.list_events(run.workflow_id)
                for kind, operation_id, data in [event_columns(NewEvent(event.kind, event.operation_id, event.data))]
            ),
        )
    connection.execute(queries.SET_META, (archive.installation_id, "installation_id"))
    connection.execute(queries.SET_LAST_SEQUENCE, (archive.last_sequence,))
