"""The care of a journal over time: check, export and move it, forget old runs, give room back, salvage it."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from provisioning.contract import Journal, RunState
from provisioning.errors import JournalCorrupt
from provisioning.store import (
    OVER,
    Candidate,
    JournalProblem,
    Move,
    Salvage,
    Sizes,
    candidates_in,
    examine_archive,
    examine_journal,
    export_archive,
    move_journal,
    salvage_journal,
    vacuum_journal,
)

__all__ = ["JournalCare"]


class JournalCare:
    """What can be done to the journal of a workspace as a whole. Methods raise any `JournalError`.

    `open_journal` opens it as every command does: it is made where there is none, and migrated when it is older.
    `file` returns the file of the core's own journal, and raises `ConfigurationError` for one that is kept elsewhere;
    `place` is its URL without a password.
    """

    def __init__(
        self,
        open_journal: Callable[[], Journal],
        file: Callable[[], Path],
        place: str,
        *,
        is_own: bool,
        open_other: Callable[[str], tuple[Journal, str]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._open_journal = open_journal
        self._file = file
        self._is_own = is_own
        self._open_other = open_other
        self._clock = clock
        self.place = str(file()) if is_own else place

    def check(self) -> Sequence[JournalProblem]:
        """Return everything that is wrong with the journal; damage is an answer, and no error."""
        try:
            journal = self._open_journal()
            if self._is_own:
                return examine_journal(self._file())
            with closing(journal.archive()) as archive:
                return examine_archive(archive)
        except JournalCorrupt as error:
            return [JournalProblem(error.message)]

    def export(self, workflow_id: str | None = None) -> Iterator[Mapping[str, Any]]:
        """Yield the journal, or one run of it, as the lines of an export; raises `RunNotFound`."""
        with closing(self._open_journal().archive()) as archive:
            yield from export_archive(archive, workflow_id)

    def candidates(
        self, older_than: float, *, states: Collection[RunState] = OVER, keep: int = 0
    ) -> Sequence[Candidate]:
        """Return the runs that nothing has happened to for `older_than` seconds, each with what it still holds.

        Only runs in one of `states`, and none of the newest `keep` of all runs, nor one that is driven now.
        """
        with closing(self._open_journal().archive()) as archive:
            return candidates_in(archive, before=self._clock() - older_than, states=states, keep=keep)

    def forget(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Delete runs with everything that belongs to them; return those to which nothing had happened meanwhile."""
        journal = self._open_journal()
        return [candidate for candidate in candidates if journal.forget(candidate.run)]

    def move(self, url: str) -> Move:
        """Put everything into the journal that `url` names, which holds nothing yet, compare the two, and retire this.

        Raises `JournalLocked` while a run is driven, and `ConfigurationError` for a URL that names no journal.
        """
        target, place = self._open_other(url)
        with closing(target):
            return move_journal(self._open_journal(), target, place=place, now=self._clock())

    def vacuum(self) -> Sizes:
        """Give back the room that nothing is in any more; raises `JournalLocked` while a run is driven."""
        file = self._file()
        self._open_journal()
        return vacuum_journal(file, self._clock())

    def salvage(self, source: Path, target: Path) -> Salvage:
        """Put what can be read of a damaged journal into a new one, and say what became of each run."""
        return salvage_journal(source, target)
