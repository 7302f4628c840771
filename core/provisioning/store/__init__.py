"""The journal: the durable record of every run, kept in one SQLite file."""

from provisioning.store.examination import JournalProblem, examine_archive, examine_journal
from provisioning.store.export import export_archive, export_journal
from provisioning.store.journal import SqliteJournal, open_journal
from provisioning.store.moving import Move, move_journal
from provisioning.store.pruning import OVER, Candidate, candidates_in, find_candidates, forget
from provisioning.store.quick_check import check_quickly
from provisioning.store.salvage import Salvage, salvage_journal
from provisioning.store.vacuum import Sizes, vacuum_journal

__all__ = [
    "OVER",
    "Candidate",
    "JournalProblem",
    "Move",
    "Salvage",
    "Sizes",
    "SqliteJournal",
    "candidates_in",
    "check_quickly",
    "examine_archive",
    "examine_journal",
    "export_archive",
    "export_journal",
    "find_candidates",
    "forget",
    "move_journal",
    "open_journal",
    "salvage_journal",
    "vacuum_journal",
]
