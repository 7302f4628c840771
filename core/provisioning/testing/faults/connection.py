"""The journal's own connection with the points around its transactions: where one begins, and where it is durable."""

import sqlite3
from typing import Any

from provisioning.testing.faults.journal import passing
from provisioning.testing.faults.point import Place, Reach

__all__ = ["PLACE_OF_STATEMENT", "faulty_connection"]

PLACE_OF_STATEMENT = {"BEGIN": Place.BEGIN, "COMMIT": Place.COMMIT}
"""The statements with which a transaction begins and ends, by their first word."""


def faulty_connection(reach: Reach) -> type[sqlite3.Connection]:
    """Return what `open_journal` takes as its `factory`."""

    class FaultyConnection(sqlite3.Connection):
        """A connection that comes by the points."""

        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            """Carry out a statement."""
            place = PLACE_OF_STATEMENT.get(sql.partition(" ")[0])
            if place is None:
                return super().execute(sql, *parameters)
            with passing(reach, place):
                return super().execute(sql, *parameters)

    return FaultyConnection
