"""The journal: the durable record of every run, kept in one SQLite file."""

from provisioning.store.holder import this_holder
from provisioning.store.journal import SqliteJournal, open_journal

__all__ = ["SqliteJournal", "open_journal", "this_holder"]
