"""A table whose pages may be torn: its rows in the order of their key, stepping over what cannot be read."""

import sqlite3
from collections.abc import Iterator

from provisioning.contract.rows import Row

__all__ = ["TornTable"]

_LAST = 2**63 - 1


class TornTable:
    """Rows of one table. `statement` reads those with a key of at least `:start`, at most `:limit`, the key first.

    The key is a whole number, and never negative. A row whose key is out of order is as torn as one that is malformed.
    """

    def __init__(self, connection: sqlite3.Connection, statement: str) -> None:
        self._connection = connection
        self._statement = statement
        self.tears = 0
        """At how many places reading failed so far; each of them may have held any number of rows."""

    def rows(self, **wanted: object) -> Iterator[Row]:
        """Yield every row that can be read."""
        start: int | None = 0
        while start is not None:
            try:
                for row in self._read(start, -1, wanted):
                    yield row
                    start = int(row[0]) + 1
                return
            except sqlite3.DatabaseError:
                self.tears += 1
                start = self._behind(start or 0, wanted)

    def _read(self, start: int, limit: int, wanted: dict[str, object]) -> Iterator[Row]:
        for row in self._connection.execute(self._statement, {**wanted, "start": start, "limit": limit}):
            if not isinstance(row[0], int) or row[0] < start:
                raise sqlite3.DatabaseError("a key is out of order")
            yield row
            start = row[0] + 1

    def _behind(self, start: int, wanted: dict[str, object]) -> int | None:
        """Return the first key behind a tear from which reading works; None when nothing behind it can be read."""
        step = 1
        while not self._works(start + step, wanted):
            step *= 2
            if start + step > _LAST:
                return None
        torn, good = start + step // 2, start + step
        while torn + 1 < good:
            middle = (torn + good) // 2
            torn, good = (torn, middle) if self._works(middle, wanted) else (middle, good)
        return good

    def _works(self, start: int, wanted: dict[str, object]) -> bool:
        try:
            next(self._read(start, 1, wanted), None)
        except sqlite3.DatabaseError:
            return False
        return True
