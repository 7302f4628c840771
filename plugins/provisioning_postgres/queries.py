"""Every statement that the journal sends to PostgreSQL, named, with a sentence each."""

from provisioning.contract.rows import RUN_COLUMNS

__all__ = [
    "ADD_DOCUMENT",
    "ADD_EVENT",
    "ADD_RUN",
    "COUNT_OPERATIONS",
    "COUNT_RUNS",
    "EXTEND_LEASE",
    "FIND_CANCEL",
    "FIND_COMMITS",
    "FIND_DOCUMENT",
    "FIND_EVENT_BEFORE",
    "FIND_LAST_EVENT",
    "FIND_META",
    "FIND_NEWEST_PLACE",
    "FIND_OPERATION",
    "FIND_RUN",
    "FORGET_RUN",
    "LIST_ALL_EVENTS",
    "LIST_ALL_OPERATIONS",
    "LIST_EVENTS",
    "LIST_EVENTS_OF_RUN",
    "LIST_OPERATIONS",
    "LIST_OPERATIONS_NEWEST_FIRST",
    "LIST_OPERATIONS_WITH_RESOURCES",
    "LIST_RUNS",
    "LIST_RUNS_OLDEST_FIRST",
    "LIST_STATES",
    "LOCK_RUN",
    "MOVE_RUN",
    "PUT_META",
    "PUT_OPERATION",
    "RELEASE_LEASE",
    "SET_CANCEL",
    "SET_PLACE",
    "TAKE_IN_RUN",
    "TAKE_LEASE",
    "TAKE_PLACES",
    "TOUCH_RUN",
]

_RUN = """
SELECT run, workflow_id, name, state, digest, total, created_at, updated_at, error, cancel,
       lease_holder, lease_fence, lease_since, lease_expires_at, outputs, events
FROM runs
"""

_OPERATION = """
SELECT position, operation_id, kind, state, provider, attempt, generation, client_token, digest,
       compensation, progress, result, resources, error, started_at, ended_at
FROM operations
"""

_OF_RUN = "run = (SELECT run FROM runs WHERE workflow_id = %(workflow_id)s)"

# --- what is there once

FIND_META = "SELECT value FROM meta WHERE key = %s"
"""Read one of the things that are there once."""

PUT_META = "INSERT INTO meta (key, value) VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
"""Write one of the things that are there once."""

# --- runs

ADD_RUN = """
INSERT INTO runs (workflow_id, name, state, digest, total, created_at, updated_at)
VALUES (%(workflow_id)s, %(name)s, 'running', %(digest)s, %(total)s, %(now)s, %(now)s)
ON CONFLICT (workflow_id) DO NOTHING RETURNING run
"""
"""Record a run that nobody drives yet; no row when its id is taken."""

TAKE_IN_RUN = (
    f"INSERT INTO runs ({', '.join(RUN_COLUMNS)}) VALUES ({', '.join(['%s'] * len(RUN_COLUMNS))}) RETURNING run"  # noqa: S608
)
"""Record a run as another journal has it."""

ADD_DOCUMENT = "INSERT INTO documents (run, document) VALUES (%s, %s)"
"""Record the document of a run."""

FIND_DOCUMENT = "SELECT document FROM documents JOIN runs USING (run) WHERE workflow_id = %s"
"""Read the document of a run."""

FIND_RUN = f"{_RUN} WHERE workflow_id = %s"
"""Read one run with its lease."""

LOCK_RUN = f"{_RUN} WHERE workflow_id = %s FOR UPDATE"
"""Read one run with its lease, and let nobody change it until the transaction has ended."""

LIST_RUNS = f"""{_RUN}
WHERE (%(state)s::text IS NULL OR state = %(state)s) AND (%(name)s::text IS NULL OR name = %(name)s)
  AND (%(before)s::text IS NULL OR run < (SELECT run FROM runs WHERE workflow_id = %(before)s))
ORDER BY run DESC LIMIT %(limit)s
"""  # noqa: S608
"""Read runs with their leases, the newest first: of one state or name or of all, from before one run on."""

LIST_RUNS_OLDEST_FIRST = f"{_RUN} ORDER BY run"
"""Read all runs with their leases, the oldest first."""

COUNT_RUNS = "SELECT state, count(*) FROM runs GROUP BY state"
"""Count the runs by their states."""

SET_CANCEL = "UPDATE runs SET cancel = %s WHERE workflow_id = %s"
"""Ask the driver of a run to stop."""

FIND_CANCEL = "SELECT cancel FROM runs WHERE run = %s AND lease_fence = %s AND lease_holder = %s"
"""Read what was asked to become of a run; no row when the lease is another's by now."""

FORGET_RUN = (
    "DELETE FROM events WHERE run = %s",
    "DELETE FROM operations WHERE run = %s",
    "DELETE FROM documents WHERE run = %s",
    "DELETE FROM runs WHERE run = %s",
)
"""Delete a run with everything that belongs to it; the numbers of its events are not given again."""

# --- the lease: each statement but the first names holder and fence, and changes nothing for one who lost it

TAKE_LEASE = """
UPDATE runs
SET lease_holder = %(holder)s, lease_fence = lease_fence + 1, lease_since = %(now)s, lease_expires_at = %(expires_at)s,
    cancel = CASE lease_fence WHEN 0 THEN cancel END
WHERE run = %(run)s RETURNING lease_fence, commits
"""
"""Give the lease to a new holder; a wish to cancel that was meant for the holder before is forgotten."""

EXTEND_LEASE = "UPDATE runs SET lease_expires_at = %s WHERE run = %s AND lease_fence = %s AND lease_holder = %s"
"""Move the lease's end."""

TOUCH_RUN = """
UPDATE runs SET lease_expires_at = %s, updated_at = %s, events = events + %s, commits = %s
WHERE run = %s AND lease_fence = %s AND lease_holder = %s AND commits < %s
"""
"""Move the lease's end with a commit that leaves the run's state as it is; its number says that it was made."""

MOVE_RUN = """
UPDATE runs SET lease_expires_at = %s, updated_at = %s, events = events + %s, commits = %s,
                state = %s, error = %s, outputs = %s
WHERE run = %s AND lease_fence = %s AND lease_holder = %s AND commits < %s
"""
"""Move the lease's end with a commit that gives the run a new state."""

FIND_COMMITS = "SELECT commits FROM runs WHERE run = %s AND lease_fence = %s AND lease_holder = %s"
"""Read the number of the last commit; no row when the lease is another's by now."""

RELEASE_LEASE = """
UPDATE runs SET lease_holder = NULL, lease_since = NULL, lease_expires_at = NULL
WHERE run = %s AND lease_fence = %s AND lease_holder = %s
"""
"""Give the lease back; its number stays, so that the next one is higher."""

# --- operations

PUT_OPERATION = """
INSERT INTO operations (run, position, operation_id, kind, state, provider, attempt, generation, client_token, digest,
                        compensation, progress, result, resources, error, started_at, ended_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (run, position) DO UPDATE
SET kind = excluded.kind, state = excluded.state, provider = excluded.provider, attempt = excluded.attempt,
    generation = excluded.generation, client_token = excluded.client_token, digest = excluded.digest,
    compensation = excluded.compensation, progress = excluded.progress, result = excluded.result,
    resources = excluded.resources, error = excluded.error, started_at = excluded.started_at,
    ended_at = excluded.ended_at
"""
"""Write one operation, new or replaced as a whole; its place and its id never part."""

FIND_OPERATION = f"{_OPERATION} WHERE {_OF_RUN} AND operation_id = %(operation_id)s"
"""Read one operation by its id."""

_STATES = "(%(states)s::text[] IS NULL OR state = ANY(%(states)s))"

LIST_OPERATIONS = f"""{_OPERATION}
WHERE {_OF_RUN} AND position > %(start)s AND {_STATES} ORDER BY position LIMIT %(limit)s
"""
"""Read a stretch of a run's operations in the order of their intents, of some states or of all."""

LIST_OPERATIONS_NEWEST_FIRST = f"""{_OPERATION}
WHERE {_OF_RUN} AND position < %(start)s AND {_STATES} ORDER BY position DESC LIMIT %(limit)s
"""
"""Read a stretch of a run's operations from the newest intent down, of some states or of all."""

LIST_OPERATIONS_WITH_RESOURCES = f"""{_OPERATION}
WHERE {_OF_RUN} AND resources IS NOT NULL AND position > %(start)s AND {_STATES} ORDER BY position LIMIT %(limit)s
"""
"""Read a stretch of a run's operations that made something, in the order of their intents."""

LIST_ALL_OPERATIONS = f"{_OPERATION} WHERE {_OF_RUN} ORDER BY position"
"""Read all operations of a run in the order of their intents."""

LIST_STATES = "SELECT operation_id, state, ended_at FROM operations WHERE run = %s ORDER BY position"
"""Read what a checkpoint shows of a run's operations."""

COUNT_OPERATIONS = f"SELECT state, count(*) FROM operations WHERE {_OF_RUN} GROUP BY state"  # noqa: S608
"""Count a run's operations by state."""

# --- events

TAKE_PLACES = "SELECT places(%s)"
"""Take the next places of the journal, so many as are asked for, in their order."""

SET_PLACE = "SELECT setval('event_places', %s)"
"""Say which place was the last one."""

ADD_EVENT = "INSERT INTO events (sequence, run, kind, at, operation_id, data) VALUES (%s, %s, %s, %s, %s, %s)"
"""Write one event at its place."""

LIST_EVENTS = """
SELECT sequence, workflow_id, kind, at, operation_id, data
FROM events JOIN runs USING (run)
WHERE sequence > %(after)s AND sequence <= %(horizon)s ORDER BY sequence LIMIT %(limit)s
"""
"""Read the events of all runs after a place, up to the last one that nothing can be put before any more."""

LIST_EVENTS_OF_RUN = f"""
SELECT sequence, %(workflow_id)s, kind, at, operation_id, data
FROM events WHERE {_OF_RUN} AND sequence > %(after)s ORDER BY sequence LIMIT %(limit)s
"""  # noqa: S608
"""Read the events of one run after a place: one driver writes them, so that their order is that of its commits."""

LIST_ALL_EVENTS = """
SELECT sequence, workflow_id, kind, at, operation_id, data
FROM events JOIN runs USING (run)
WHERE (%(workflow_id)s::text IS NULL OR run = (SELECT run FROM runs WHERE workflow_id = %(workflow_id)s))
  AND (%(kind)s::text IS NULL OR kind = %(kind)s)
ORDER BY sequence
"""
"""Read all events, of one run or of every, of one kind or of every."""

FIND_EVENT_BEFORE = f"""
SELECT sequence FROM events WHERE {_OF_RUN} ORDER BY sequence DESC LIMIT 1 OFFSET %(count)s
"""  # noqa: S608
"""Read the place of the event that comes before the newest ones of a run, from the index alone."""

FIND_LAST_EVENT = "SELECT sequence, at FROM events WHERE run = %s ORDER BY sequence DESC LIMIT 1"
"""Read the place and the time of a run's newest event."""

FIND_NEWEST_PLACE = "SELECT coalesce(max(sequence), 0) FROM events WHERE sequence <= %s"
"""Read the place of the newest event up to a place."""
