"""The tables of the journal, and the two numbers that mark a file as one.

A run has a small integer of its own, by which its operations and events are stored: the rows that a run writes by
the ten thousand stay short. The document stands apart from the run's row, because that row is written anew with
each commit.
"""

__all__ = ["APPLICATION_ID", "TABLES", "VERSION"]

APPLICATION_ID = int.from_bytes(b"PROV", "big")
"""SQLite's `application_id` of a journal."""

VERSION = 2
"""SQLite's `user_version` of a journal that this code writes."""

_META = """
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value NOT NULL
) WITHOUT ROWID
"""
"""What is there once: `installation_id`, and `last_sequence`, which outlives the events that it numbered."""

_RUNS = """
CREATE TABLE runs (
    run INTEGER PRIMARY KEY,
    workflow_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    digest TEXT NOT NULL,
    total INTEGER NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    error TEXT,
    outputs TEXT,
    cancel TEXT,
    lease_holder TEXT,
    lease_fence INTEGER NOT NULL DEFAULT 0,
    lease_since REAL,
    lease_expires_at REAL,
    events INTEGER NOT NULL DEFAULT 0
)
"""
"""One row for each run, with its lease; `lease_fence` stays when the lease is given back, `events` counts them."""

_DOCUMENTS = """
CREATE TABLE documents (
    run INTEGER PRIMARY KEY,
    document BLOB NOT NULL
)
"""
"""The document of each run: JSON, compressed with zlib."""

_OPERATIONS = """
CREATE TABLE operations (
    run INTEGER NOT NULL,
    position INTEGER NOT NULL,
    operation_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    provider TEXT,
    attempt INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    client_token TEXT NOT NULL,
    digest TEXT NOT NULL,
    compensation TEXT,
    progress TEXT,
    result TEXT,
    resources TEXT,
    error TEXT,
    started_at REAL,
    ended_at REAL,
    PRIMARY KEY (run, position),
    UNIQUE (run, operation_id)
) WITHOUT ROWID
"""
"""One row for each operation that has begun; what is a document in it is JSON, NULL where there is none."""

_OPERATIONS_BY_STATE = "CREATE INDEX operations_by_state ON operations (run, state)"
"""What counting reads: without it, the status of a long run would read every result in it."""

_OPERATIONS_WITH_RESOURCES = """
CREATE INDEX operations_with_resources ON operations (run, position) WHERE resources IS NOT NULL
"""
"""What a report reads: without it, it would read all operations of a run in search of those that made something."""

_EVENTS = """
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at REAL NOT NULL,
    operation_id TEXT,
    data TEXT
)
"""
"""One row for each event; `data` is JSON, NULL when it is empty."""

_EVENTS_OF_A_RUN = "CREATE INDEX events_of_a_run ON events (run)"
"""The events of one run in their order: an index on a rowid table ends in the rowid, which is the sequence."""

TABLES = (
    _META,
    _RUNS,
    _DOCUMENTS,
    _OPERATIONS,
    _OPERATIONS_BY_STATE,
    _OPERATIONS_WITH_RESOURCES,
    _EVENTS,
    _EVENTS_OF_A_RUN,
)
"""Every statement that makes an empty file a journal."""
