"""What is known of one server, as the file in its directory says: the cloud's own truth, never the journal's.

One writer at a time: the supervisor, which holds the life lock, or a provisioner that holds it while there is none.
"""

import json
import os
from pathlib import Path
from typing import Any, TypedDict, cast

__all__ = [
    "ERROR",
    "FORMAT",
    "LIVE",
    "PENDING",
    "REBOOTING",
    "RUNNING",
    "STOPPED",
    "STOPPING",
    "BrokenRecord",
    "Record",
    "read_record",
    "write_record",
]

FORMAT = 1

PENDING = "pending"  # somebody wants it to run, and no supervisor has taken it up yet
RUNNING = "running"
STOPPING = "stopping"
REBOOTING = "rebooting"
STOPPED = "stopped"
ERROR = "error"

LIVE = frozenset({RUNNING, STOPPING, REBOOTING})
"""The states in which there must be a supervisor."""


class Record(TypedDict):
    """One server. `asked` is the specification as it came; `command` is None for the built-in image.

    `port` is on the loopback interface, None before the first start; `stop_timeout` is in seconds; `boots` counts
    the starts of the command; `exit_status` is negative for a signal, as in `subprocess`.
    """

    format: int
    id: str
    name: str
    client_token: str
    created_at: str
    labels: dict[str, str]
    asked: dict[str, Any]
    size: str
    zone: str
    image: str
    command: list[str] | None
    environment: dict[str, str]
    stop_timeout: float
    state: str
    port: int | None
    boots: int
    error: str | None
    exit_status: int | None


_TYPES: dict[str, tuple[type, ...]] = {
    "format": (int,),
    "id": (str,),
    "name": (str,),
    "client_token": (str,),
    "created_at": (str,),
    "labels": (dict,),
    "asked": (dict,),
    "size": (str,),
    "zone": (str,),
    "image": (str,),
    "command": (list, type(None)),
    "environment": (dict,),
    "stop_timeout": (int, float),
    "state": (str,),
    "port": (int, type(None)),
    "boots": (int,),
    "error": (str, type(None)),
    "exit_status": (int, type(None)),
}
_STATES = LIVE | {PENDING, STOPPED, ERROR}


class BrokenRecord(ValueError):
    """The file is there and is not a record; the message says why."""


def read_record(path: Path) -> Record:
    """Read a record; raise `FileNotFoundError` when there is none and `BrokenRecord` when it cannot be understood."""
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise BrokenRecord(f"not a JSON document: {error}") from error
    if not isinstance(document, dict):
        raise BrokenRecord("not a JSON object")
    wrong = [name for name, types in _TYPES.items() if not isinstance(document.get(name), types)]
    if wrong:
        raise BrokenRecord(f"without a usable value of {', '.join(wrong)}")
    if document["format"] != FORMAT:
        raise BrokenRecord(f"of format {document['format']}, and this version reads format {FORMAT}")
    if document["state"] not in _STATES:
        raise BrokenRecord(f"with the unknown state {document['state']!r}")
    return cast("Record", document)


def write_record(path: Path, record: Record) -> None:
    """Replace a record whole and durably: a reader sees the old one or the new one, whatever happens meanwhile."""
    draft = path.with_name(f"{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, for the mode
        file.write(json.dumps(record, indent=1).encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
