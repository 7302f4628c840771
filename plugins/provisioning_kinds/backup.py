"""What was there before an operation changed it, kept beside the journal until it is put back.

A backup is the old bytes and a note about them. The note is written after the bytes and makes the backup valid; a
valid one is never replaced, so that preparing an operation again after its change does not keep the change as if it
had been the original. When the bytes are back the note says so, which makes undoing twice the same as undoing once.
Bytes may be secret: they are in a file for its owner's eyes only and never in the journal.
"""

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from provisioning.contract import Operation, OperationContext
from provisioning.errors import ResourceMissing
from provisioning_kinds import disk

__all__ = ["Backup"]

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Backup:
    """The place of one backup; `subject` is the path of what was changed."""

    place: Path
    subject: str

    @classmethod
    def of(cls, operation: Operation, subject: str, context: OperationContext) -> "Backup":
        """Return the backup that this operation makes of `subject`."""
        folder = Path(context.directory).absolute() / ".provisioning" / "backups" / _safe(operation.workflow_id)
        return cls(folder / _safe(operation.id, subject), subject)

    @classmethod
    def at(cls, place: str, subject: str) -> "Backup":
        """Return the backup that a compensation names."""
        return cls(Path(place), subject)

    @property
    def _note(self) -> Path:
        return self.place.with_name(f"{self.place.name}.json")

    def _read(self) -> dict[str, Any]:
        """Return the note, or nothing for a backup that was never made."""
        try:
            note: dict[str, Any] = json.loads(self._note.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return note

    @property
    def is_restored(self) -> bool:
        """Whether what was kept is back in its place."""
        return self._read().get("restored", False) is True

    def keep(self, content: bytes | None, **facts: Any) -> dict[str, Any]:
        """Keep the old content (None: there was none); return the facts, or those of a valid backup there is already.

        The facts have `existed` and `backup` (where it is kept) added to them.
        """
        known = self._read()
        if known and not known.get("restored"):
            return known
        self.place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if content is not None:
            disk.write(self.place, content, 0o600, self.place.name)
        note = {**facts, "existed": content is not None, "backup": str(self.place)}
        self._write(note)
        return note

    def content(self) -> bytes:
        """Return the old content; raises `ResourceMissing` when the backup was lost."""
        try:
            return self.place.read_bytes()
        except FileNotFoundError as error:
            raise ResourceMissing(
                f"the backup of {self.subject} is gone: {self.place}",
                resource=f"file/{self.place}",
                hint="put the old content back by hand, then roll back with this operation skipped",
            ) from error

    def mark_restored(self) -> None:
        """Note that the content is back, and forget it."""
        self.place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write({"restored": True})
        self.forget()

    def forget(self) -> None:
        """Delete the old content, which may be secret; it is gone already unless somebody died in between."""
        disk.remove(self.place)

    def _write(self, note: dict[str, Any]) -> None:
        disk.write(self._note, json.dumps(note).encode(), 0o600, self._note.name)


def _safe(name: str, *more: str) -> str:
    """Return a file name for `name`: readable, and different for different names on every file system."""
    digest = sha256("\0".join((name, *more)).encode()).hexdigest()[:16]
    return f"{_UNSAFE.sub('-', name)[:60]}-{digest}"
