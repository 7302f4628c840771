"""Moving a journal: all that one holds is put into another, compared line by line, and the old one is retired."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from provisioning.contract.holder import is_dead
from provisioning.contract.journal import Archive, Journal
from provisioning.errors import JournalError, JournalLocked
from provisioning.store.export import lines_of_run

__all__ = ["Move", "move_journal"]


@dataclass(frozen=True, slots=True)
class Move:
    """What was moved; `digest` is the SHA-256 of every line, the same in both journals."""

    runs: int
    operations: int
    events: int
    digest: str

    def as_dict(self) -> dict[str, int | str]:
        """Return the JSON form."""
        return {"runs": self.runs, "operations": self.operations, "events": self.events, "digest": self.digest}


def move_journal(source: Journal, target: Journal, *, place: str, now: float) -> Move:
    """Put everything that `source` holds into `target`, an empty journal, and retire `source`.

    A move that was cut off can be made again: it goes on where it was. `place` names the target in the errors of
    whoever goes on with the source. Raises `JournalLocked` while a run is driven, at `now` in seconds since the epoch,
    and `JournalError` when the two differ in the end: then the source stays in use.
    """
    with closing(source.archive()) as before:
        _check_at_rest(before, place, now)
        moved = _summary(before)
        if not _is_there(target, moved):
            target.take_in(before)
        with closing(target.archive()) as after:
            arrived = _summary(after)
    with closing(source.archive()) as again:
        _check_at_rest(again, place, now)
        now_there = _summary(again)
    if not moved == arrived == now_there:
        raise JournalError(
            "the journal that was made is not the same as the old one, which stays in use",
            path=place,
            hint="Nothing may be started meanwhile; remove what was made, and move again.",
        )
    source.retire(place)
    return moved


def _is_there(target: Journal, moved: Move) -> bool:
    """Whether all of it is there already: a move that was cut off before the old journal was retired."""
    with closing(target.archive()) as archive:
        return _summary(archive) == moved


def _check_at_rest(archive: Archive, place: str, now: float) -> None:
    for run in archive.list_runs():
        if run.lease is not None and run.lease.expires_at > now and not is_dead(run.lease.holder):
            raise JournalLocked(
                f"run {run.workflow_id} is being driven: its journal cannot be moved to {place} meanwhile",
                path=place,
                hint=f"Try again when the run has ended; `provisioning workflow cancel {run.workflow_id}` stops it.",
            )


def _summary(archive: Archive) -> Move:
    counts = {"run": 0, "operation": 0, "event": 0}
    digest = hashlib.sha256(archive.installation_id.encode())
    for line in _lines(archive):
        counts[str(line["type"])] += 1
        digest.update(json.dumps(line, sort_keys=True).encode())
    return Move(counts["run"], counts["operation"], counts["event"], digest.hexdigest())


def _lines(archive: Archive) -> Iterator[dict[str, object]]:
    """Yield the lines of all runs but for their leases, which nobody holds."""
    for run in archive.list_runs():
        for line in lines_of_run(archive, run):
            line.pop("lease", None)
            yield line
