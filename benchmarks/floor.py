"""The floor: what the same graph costs with a bare thread pool, `graphlib` and SQLite group commit, and nothing else.

It keeps the one promise that costs time, as a run does: an operation's intent is durable before its call, its result
is durable before anything that needs it begins. A writer thread commits whatever has gathered while it was busy.
"""

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from graphlib import TopologicalSorter
from pathlib import Path
from queue import SimpleQueue

__all__ = ["run_floor"]

_SCHEMA = "CREATE TABLE log (operation TEXT, step TEXT)"
_Row = tuple[tuple[str, str], "Future[None]"]


class _GroupCommit:
    """One connection, one thread: all rows that wait share one durable commit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: SimpleQueue[_Row | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def append(self, operation: str, step: str) -> None:
        """Return when the row is durable."""
        durable: Future[None] = Future()
        self._rows.put(((operation, step), durable))
        durable.result()

    def close(self) -> None:
        self._rows.put(None)
        self._thread.join()

    def _write(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(_SCHEMA)
        while (batch := self._gather()) is not None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO log VALUES (?, ?)", [row for row, _ in batch])
            connection.execute("COMMIT")
            for _, durable in batch:
                durable.set_result(None)
        connection.close()

    def _gather(self) -> list[_Row] | None:
        first = self._rows.get()
        if first is None:
            return None
        batch = [first]
        while not self._rows.empty():
            row = self._rows.get()
            if row is None:
                self._rows.put(None)
                break
            batch.append(row)
        return batch


def run_floor(names: Sequence[str], needs: Mapping[str, Sequence[str]], parallelism: int, folder: Path) -> None:
    """Do nothing for each operation, in order, in parallel, and durably."""
    commits = _GroupCommit(folder / "floor.db")
    ended: SimpleQueue[str] = SimpleQueue()

    def operate(name: str) -> None:
        commits.append(name, "intent")
        commits.append(name, "result")
        ended.put(name)

    sorter = TopologicalSorter({name: needs.get(name, ()) for name in names})
    sorter.prepare()
    with ThreadPoolExecutor(parallelism) as pool:
        while sorter.is_active():
            for name in sorter.get_ready():
                pool.submit(operate, name)
            sorter.done(ended.get())
    commits.close()
