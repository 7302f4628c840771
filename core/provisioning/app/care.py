"""The care of a journal over time: check it, export it, forget old runs, give room back, and salvage a damaged one."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from provisioning.contract import RunState
from provisioning.errors import JournalCorrupt
from provisioning.store import (
    OVER,
    Candidate,
    JournalProblem,
    Salvage,
    Sizes,
    examine_journal,
    export_journal,
    find_candidates,
    forget,
    salvage_journal,
    vacuum_journal,
)

__all__ = ["JournalCare"]


class JournalCare:
    """What can be done to the journal of a workspace as a whole. Methods raise any `JournalError`.

    `open_journal` opens it as every command does: it is made where there is none, and migrated when it is older.
    """

    def __init__(
        self, path: Path, open_journal: Callable[[], object], *, clock: Callable[[], float] = time.time
    ) -> None:
        self.path = path
        self._open_journal = open_journal
        self._clock = clock

    def check(self) -> Sequence[JournalProblem]:
        """Return everything that is wrong with the journal; damage is an answer, and no error."""
        try:
            self._open_journal()
            return examine_journal(self.path)
        except JournalCorrupt as error:
            return [JournalProblem(error.message)]

    def export(self, workflow_id: str | None = None) -> Iterator[Mapping[str, Any]]:
        """Yield the journal, or one run of it, as the lines of an export; raises `RunNotFound`."""
        self._open_journal()
        return export_journal(self.path, workflow_id)

    def candidates(
        self, older_than: float, *, states: Collection[RunState] = OVER, keep: int = 0
    ) -> Sequence[Candidate]:
        """Return the runs that nothing has happened to for `older_than` seconds, each with what it still holds.

        Only runs in one of `states`, and none of the newest `keep` of all runs, nor one that is driven now.
        """
        self._open_journal()
        return find_candidates(self.path, before=self._clock() - older_than, states=states, keep=keep)

    def forget(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Delete runs with everything that belongs to them; return those to which nothing had happened meanwhile."""
        return forget(self.path, candidates)

    def vacuum(self) -> Sizes:
        """Give back the room that nothing is in any more; raises `JournalLocked` while a run is driven."""
        self._open_journal()
        return vacuum_journal(self.path, self._clock())

    def salvage(self, source: Path, target: Path) -> Salvage:
        """Put what can be read of a damaged journal into a new one, and say what became of each run."""
        return salvage_journal(source, target)
