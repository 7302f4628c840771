"""The journal: the durable record of every run, kept in one SQLite file."""

from provisioning.store.examination import JournalProblem, examine_journal
from provisioning.store.export import export_journal
from provisioning.store.holder import this_holder
from provisioning.store.journal import SqliteJournal, open_journal
from provisioning.store.pruning import OVER, Candidate, find_candidates, forget
from provisioning.store.quick_check import check_quickly
from provisioning.store.salvage import Salvage, salvage_journal
from provisioning.store.vacuum import Sizes, vacuum_journal

__all__ = [
    "OVER",
    "Candidate",
    "JournalProblem",
    "Salvage",
    "Sizes",
    "SqliteJournal",
    "check_quickly",
    "examine_journal",
    "export_journal",
    "find_candidates",
    "forget",
    "open_journal",
    "salvage_journal",
    "this_holder",
    "vacuum_journal",
]
