"""Journals of older versions, as those versions wrote them: one for each, kept as text beside the tests."""

import sqlite3
from contextlib import closing
from pathlib import Path

__all__ = ["GOLDEN", "content", "older_journal", "schema"]

GOLDEN = Path(__file__).parent / "golden"

WRITTEN = {1: {"runs": 5, "documents": 5, "operations": 12, "events": 41, "meta": 2}}
"""What each of them holds, by table."""


def older_journal(path: Path, version: int = 1) -> Path:
    """Make the journal of a version at `path`, in a write-ahead log as that version kept it; return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript((GOLDEN / f"v{version}.sql").read_text(encoding="utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")
    return path


def schema(path: Path) -> dict[str, object]:
    """Return what a database looks like inside: every table with its columns, every index with what it covers."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT type, name, tbl_name FROM sqlite_master ORDER BY name").fetchall()
        pragma = {"table": "table_info", "index": "index_xinfo"}
        return {
            name: (kind, table, connection.execute(f"PRAGMA {pragma[kind]}({name})").fetchall())
            for kind, name, table in names
        }


def content(path: Path, *, without: tuple[str, ...] = ()) -> dict[str, list[dict[str, object]]]:
    """Return every row of every table, but for the columns in `without`."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            table: [
                {name: row[name] for name in row.keys() if name not in without}  # noqa: SIM118 - a Row is no mapping
                for row in connection.execute(f"SELECT * FROM {table}")
            ]
            for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        }
