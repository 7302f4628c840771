"""Every statement that the journal sends to SQLite, named, with a sentence each."""

__all__ = [
    "ADD_DOCUMENT",
    "ADD_EVENT",
    "ADD_META",
    "ADD_RUN",
    "COUNT_EVENTS",
    "COUNT_OPERATIONS",
    "COUNT_RUNS",
    "EXTEND_LEASE",
    "FIND_CANCEL",
    "FIND_DOCUMENT",
    "FIND_DOCUMENT_OF",
    "FIND_EVENT_BEFORE",
    "FIND_LAST_EVENT",
    "FIND_LAST_SEQUENCE",
    "FIND_META",
    "FIND_NEWEST_EVENT",
    "FIND_OPERATION",
    "FIND_RUN",
    "FORGET_RUN",
    "LIST_ALL_EVENTS",
    "LIST_ALL_EVENTS_OF_RUN",
    "LIST_EVENTS",
    "LIST_EVENTS_OF_RUN",
    "LIST_IDS",
    "LIST_LEASES",
    "LIST_OPERATIONS",
    "LIST_OPERATIONS_NEWEST_FIRST",
    "LIST_OPERATIONS_WITH_RESOURCES",
    "LIST_RUNS",
    "LIST_RUNS_OLDEST_FIRST",
    "LIST_STATES",
    "LIST_STRAYS",
    "MARK_REMNANT",
    "MOVE_RUN",
    "PUT_OPERATION",
    "RELEASE_LEASE",
    "SET_CANCEL",
    "SET_LAST_SEQUENCE",
    "SET_META",
    "TAKE_IN_RUN",
    "TAKE_LEASE",
    "TAKE_LEASES_AWAY",
    "TOUCH_RUN",
    "UNCOUNT_EVENTS",
]

# --- what is there once

ADD_META = "INSERT INTO meta (key, value) VALUES (?, ?)"
"""Record one of the things that are there once."""

FIND_META = "SELECT value FROM meta WHERE key = ?"
"""Read one of the things that are there once."""

SET_META = "UPDATE meta SET value = ? WHERE key = ?"
"""Write one of the things that are there once anew."""

FIND_LAST_SEQUENCE = "SELECT value FROM meta WHERE key = 'last_sequence'"
"""Read the place of the newest event, of whatever run, deleted or not."""

SET_LAST_SEQUENCE = "UPDATE meta SET value = ? WHERE key = 'last_sequence'"
"""Write the place of the newest event."""

# --- runs

ADD_RUN = """
INSERT INTO runs (workflow_id, name, state, digest, total, created_at, updated_at)
VALUES (:workflow_id, :name, 'running', :digest, :total, :now, :now)
"""
"""Record a run that nobody drives yet."""

ADD_DOCUMENT = "INSERT INTO documents (run, document) VALUES (?, ?)"
"""Record the document of a run."""

FIND_DOCUMENT = """
SELECT document FROM documents JOIN runs USING (run) WHERE workflow_id = ?
"""
"""Read the document of a run."""

FIND_DOCUMENT_OF = "SELECT document FROM documents WHERE run = ?"
"""Read the document of a run by the run's number."""

FIND_RUN = """
SELECT run, workflow_id, name, state, digest, total, created_at, updated_at, error, cancel,
       lease_holder, lease_fence, lease_since, lease_expires_at, outputs, events
FROM runs WHERE workflow_id = ?
"""
"""Read one run with its lease."""

LIST_RUNS = """
SELECT run, workflow_id, name, state, digest, total, created_at, updated_at, error, cancel,
       lease_holder, lease_fence, lease_since, lease_expires_at, outputs, events
FROM runs
WHERE (:state IS NULL OR state = :state) AND (:name IS NULL OR name = :name)
  AND (:before IS NULL OR run < (SELECT run FROM runs WHERE workflow_id = :before))
ORDER BY run DESC LIMIT :limit
"""
"""Read runs with their leases, the newest first: of one state or name or of all, from before one run on."""

LIST_IDS = "SELECT workflow_id FROM runs ORDER BY workflow_id"
"""Read the ids of all runs, from their index alone."""

LIST_RUNS_OLDEST_FIRST = """
SELECT run, workflow_id, name, state, digest, total, created_at, updated_at, error, cancel,
       lease_holder, lease_fence, lease_since, lease_expires_at, outputs, events
FROM runs ORDER BY run
"""
"""Read all runs with their leases, the oldest first."""

FORGET_RUN = (
    "DELETE FROM events WHERE run = ?",
    "DELETE FROM operations WHERE run = ?",
    "DELETE FROM documents WHERE run = ?",
    "DELETE FROM runs WHERE run = ?",
)
"""Delete a run with everything that belongs to it; the numbers of its events are not given again."""

COUNT_EVENTS = "UPDATE runs SET events = (SELECT count(*) FROM events WHERE run = runs.run)"
"""Count the events of each run."""

UNCOUNT_EVENTS = "UPDATE runs SET events = -1"
"""Say of each run that nobody knows how many events it had."""

MARK_REMNANT = """
UPDATE runs
SET state = 'rollback_failed', error = ?, cancel = NULL, events = (SELECT count(*) FROM events WHERE run = runs.run)
WHERE run = ?
"""
"""Say of a run that it is not whole: it cannot go on, and what is known of it can be undone."""

COUNT_RUNS = "SELECT state, COUNT(*) FROM runs GROUP BY state"
"""Count the runs by their states."""

SET_CANCEL = "UPDATE runs SET cancel = ? WHERE workflow_id = ?"
"""Ask the driver of a run to stop."""

FIND_CANCEL = "SELECT cancel FROM runs WHERE run = ? AND lease_fence = ? AND lease_holder = ?"
"""Read what was asked to become of a run; no row when the lease is another's by now."""

TAKE_IN_RUN = """
INSERT INTO runs (workflow_id, name, state, digest, total, created_at, updated_at, error, outputs, cancel,
                  lease_fence, events)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
"""Record a run as another journal has it."""

# --- the lease: each statement but the first names holder and fence, and changes nothing for one who lost it

TAKE_LEASE = """
UPDATE runs
SET lease_holder = :holder, lease_fence = lease_fence + 1, lease_since = :now, lease_expires_at = :expires_at,
    cancel = CASE lease_fence WHEN 0 THEN cancel END
WHERE run = :run
"""
"""Give the lease to a new holder; a wish to cancel that was meant for the holder before is forgotten."""

EXTEND_LEASE = "UPDATE runs SET lease_expires_at = ? WHERE run = ? AND lease_fence = ? AND lease_holder = ?"
"""Move the lease's end."""

TOUCH_RUN = """
UPDATE runs SET lease_expires_at = ?, updated_at = ?, events = events + ?
WHERE run = ? AND lease_fence = ? AND lease_holder = ?
"""
"""Move the lease's end with a commit that leaves the run's state as it is."""

MOVE_RUN = """
UPDATE runs SET lease_expires_at = ?, updated_at = ?, events = events + ?, state = ?, error = ?, outputs = ?
WHERE run = ? AND lease_fence = ? AND lease_holder = ?
"""
"""Move the lease's end with a commit that gives the run a new state."""

RELEASE_LEASE = """
UPDATE runs SET lease_holder = NULL, lease_since = NULL, lease_expires_at = NULL
WHERE run = ? AND lease_fence = ? AND lease_holder = ?
"""
"""Give the lease back; its number stays, so that the next one is higher."""

LIST_LEASES = "SELECT workflow_id, lease_holder, lease_expires_at FROM runs WHERE lease_holder IS NOT NULL"
"""Read who holds a lease, in a journal of whatever version."""

TAKE_LEASES_AWAY = """
UPDATE runs SET lease_holder = NULL, lease_since = NULL, lease_expires_at = NULL, lease_fence = lease_fence + 1
WHERE lease_holder IS NOT NULL
"""
"""Fence off everybody who holds a lease."""

# --- operations

PUT_OPERATION = """
INSERT INTO operations (run, position, operation_id, kind, state, provider, attempt, generation, client_token, digest,
                        compensation, progress, result, resources, error, started_at, ended_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (run, position) DO UPDATE
SET kind = excluded.kind, state = excluded.state, provider = excluded.provider, attempt = excluded.attempt,
    generation = excluded.generation, client_token = excluded.client_token, digest = excluded.digest,
    compensation = excluded.compensation, progress = excluded.progress, result = excluded.result,
    resources = excluded.resources, error = excluded.error, started_at = excluded.started_at,
    ended_at = excluded.ended_at
"""
"""Write one operation, new or replaced as a whole; its place and its id never part."""

FIND_OPERATION = """
SELECT position, operation_id, kind, operations.state, provider, attempt, generation, client_token, operations.digest,
       compensation, progress, result, resources, operations.error, started_at, ended_at
FROM operations JOIN runs USING (run) WHERE workflow_id = ? AND operation_id = ?
"""
"""Read one operation by its id."""

LIST_OPERATIONS = """
SELECT position, operation_id, kind, state, provider, attempt, generation, client_token, digest,
       compensation, progress, result, resources, error, started_at, ended_at
FROM operations
WHERE run = (SELECT run FROM runs WHERE workflow_id = :workflow_id)
  AND position > :start
  AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
ORDER BY position LIMIT :limit
"""
"""Read a stretch of a run's operations in the order of their intents, of some states or of all."""

LIST_OPERATIONS_NEWEST_FIRST = """
SELECT position, operation_id, kind, state, provider, attempt, generation, client_token, digest,
       compensation, progress, result, resources, error, started_at, ended_at
FROM operations
WHERE run = (SELECT run FROM runs WHERE workflow_id = :workflow_id)
  AND position < :start
  AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
ORDER BY position DESC LIMIT :limit
"""
"""Read a stretch of a run's operations from the newest intent down, of some states or of all."""

LIST_OPERATIONS_WITH_RESOURCES = """
SELECT position, operation_id, kind, state, provider, attempt, generation, client_token, digest,
       compensation, progress, result, resources, error, started_at, ended_at
FROM operations
WHERE run = (SELECT run FROM runs WHERE workflow_id = :workflow_id)
  AND resources IS NOT NULL
  AND position > :start
  AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
ORDER BY position LIMIT :limit
"""
"""Read a stretch of a run's operations that made something, in the order of their intents."""

LIST_STATES = """
SELECT operation_id, state, ended_at FROM operations WHERE run = ? ORDER BY position
"""
"""Read what a checkpoint shows of a run's operations."""

COUNT_OPERATIONS = """
SELECT state, count(*) FROM operations
WHERE run = (SELECT run FROM runs WHERE workflow_id = ?)
GROUP BY state
"""
"""Count a run's operations by state."""

# --- events

ADD_EVENT = "INSERT INTO events (sequence, run, kind, at, operation_id, data) VALUES (?, ?, ?, ?, ?, ?)"
"""Write one event at its place."""

LIST_EVENTS = """
SELECT sequence, workflow_id, kind, at, operation_id, data
FROM events CROSS JOIN runs USING (run)
WHERE sequence > ? ORDER BY sequence LIMIT ?
"""
"""Read the events of all runs after a place; CROSS JOIN has SQLite walk the events, not the runs."""

LIST_EVENTS_OF_RUN = """
SELECT sequence, :workflow_id, kind, at, operation_id, data
FROM events
WHERE run = (SELECT run FROM runs WHERE workflow_id = :workflow_id) AND sequence > :after
ORDER BY sequence LIMIT :limit
"""
"""Read the events of one run after a place."""

LIST_ALL_EVENTS = """
SELECT sequence, workflow_id, kind, at, operation_id, data
FROM events CROSS JOIN runs USING (run)
WHERE :kind IS NULL OR kind = :kind ORDER BY sequence
"""
"""Read all events, of one kind or of every."""

LIST_ALL_EVENTS_OF_RUN = """
SELECT sequence, :workflow_id, kind, at, operation_id, data
FROM events
WHERE run = (SELECT run FROM runs WHERE workflow_id = :workflow_id) AND (:kind IS NULL OR kind = :kind)
ORDER BY sequence
"""
"""Read all events of one run, of one kind or of every."""

FIND_EVENT_BEFORE = """
SELECT sequence FROM events
WHERE run = (SELECT run FROM runs WHERE workflow_id = ?)
ORDER BY sequence DESC LIMIT 1 OFFSET ?
"""
"""Read the place of the event that comes before the newest ones of a run, from the index alone."""

FIND_LAST_EVENT = """
SELECT sequence, at FROM events WHERE run = ? ORDER BY sequence DESC LIMIT 1
"""
"""Read the place and the time of a run's newest event."""

FIND_NEWEST_EVENT = "SELECT ifnull(max(sequence), 0) FROM events"
"""Read the place of the newest event that is there, of whatever run."""

# --- what is examined

LIST_STRAYS = """
SELECT 'operations', run, count(*) FROM operations WHERE run NOT IN (SELECT run FROM runs) GROUP BY run
UNION ALL SELECT 'events', run, count(*) FROM events WHERE run NOT IN (SELECT run FROM runs) GROUP BY run
UNION ALL SELECT 'documents', run, count(*) FROM documents WHERE run NOT IN (SELECT run FROM runs) GROUP BY run
"""
"""Count the rows that belong to no run."""
