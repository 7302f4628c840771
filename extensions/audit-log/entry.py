"""The lines of an audit log, read back: each an entry, or one that is torn."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioning.errors import ConfigurationError

__all__ = ["Findings", "entries_in", "examined"]

_OPEN = ("begun", "pending")


def entries_in(path: Path) -> Iterator[Mapping[str, Any] | None]:
    """Yield each line's entry, None for one that is none; raise `ConfigurationError` for a log that cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from map(_entry, file)
    except OSError as error:
        hint = "it is written by the first operation of a run" if isinstance(error, FileNotFoundError) else None
        raise ConfigurationError(f"the audit log {path} cannot be read: {error.strerror}", hint=hint) from error


def _entry(line: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("type"), str) else None


@dataclass(slots=True)
class Findings:
    """What a whole log says of itself.

    `torn` are the numbers of the lines that cannot be read, `lost` is how many lines could not be written, and
    `unfinished` are the calls without an end: cut off by a crash, or still under way.
    """

    lines: int = 0
    torn: list[int] = field(default_factory=list)
    lost: int = 0
    unfinished: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether every line that should be there is there."""
        return not self.torn and not self.lost


def examined(entries: Iterable[Mapping[str, Any] | None]) -> Findings:
    """Look at every line of a log."""
    findings = Findings()
    calls: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for number, entry in enumerate(entries, start=1):
        findings.lines = number
        if entry is None:
            findings.torn.append(number)
        elif entry["type"] == "gap":
            findings.lost += entry.get("lost") or 0
        elif entry["type"] in ("begun", "ended"):
            _follow(calls, entry)
    findings.unfinished = list(calls.values())
    return findings


def _follow(calls: dict[tuple[Any, ...], Mapping[str, Any]], entry: Mapping[str, Any]) -> None:
    """Note that a call has begun or waits, and forget one that has ended."""
    call = tuple(str(entry.get(key)) for key in ("workflow_id", "operation_id", "step", "client_token"))
    calls.pop(call, None)
    if entry.get("outcome", entry["type"]) in _OPEN:
        calls[call] = entry
