"""The journal: the durable record of every run, kept in one SQLite file."""

from provisioning.store.examination import JournalProblem, examine_journal
from provisioning.store.holder import this_holder
from provisioning.store.journal import SqliteJournal, open_journal

__all__ = ["JournalProblem", "SqliteJournal", "examine_journal", "open_journal", "this_holder"]
