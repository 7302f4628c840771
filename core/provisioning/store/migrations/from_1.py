"""From version 1 to 2: a run counts its events, and operations that made something are found among all others."""

__all__ = ["STATEMENTS"]

_ADD_EVENTS = "ALTER TABLE runs ADD COLUMN events INTEGER NOT NULL DEFAULT 0"
"""How many events a run has: without it nobody could tell whether all of them are there still."""

_COUNT_EVENTS = "UPDATE runs SET events = (SELECT count(*) FROM events WHERE events.run = runs.run)"
"""Count what is there."""

_ADD_INDEX = "CREATE INDEX operations_with_resources ON operations (run, position) WHERE resources IS NOT NULL"
"""What a report reads: without it, it reads all operations of a run in search of those that made something."""

STATEMENTS = (_ADD_EVENTS, _COUNT_EVENTS, _ADD_INDEX)
"""The migration."""
