"""What can be seen of one server at one moment: its record and its sign of life, fitting each other."""

from dataclasses import dataclass
from typing import Any

from provisioning.contract import Server, ServerState
from provisioning_local.boot import HOST
from provisioning_local.home import Home
from provisioning_local.life import Life, read_life
from provisioning_local.record import ERROR, LIVE, PENDING, RUNNING, BrokenRecord, Record, read_record

__all__ = ["Sighting", "look"]

_LOOKS = 20


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look. Without a record there is no server, unless the record is `broken` (the reason) or something lives."""

    home: Home
    record: Record | None
    life: Life
    broken: str | None = None

    @property
    def is_server(self) -> bool:
        """Whether this is a server, and not a directory that somebody began to make or to remove."""
        return self.record is not None or self.broken is not None or self.life.is_held

    @property
    def is_abandoned(self) -> bool:
        """Whether the record names a state that needs a supervisor, and there is none."""
        return self.record is not None and self.record["state"] in LIVE and not self.life.is_held

    @property
    def is_waiting(self) -> bool:
        """Whether the server is to be started and nobody is at it."""
        return self.record is not None and self.record["state"] == PENDING and not self.life.is_held

    @property
    def state(self) -> ServerState:
        """The server's state in the field's words."""
        if self.record is None or self.is_abandoned:
            return ServerState.ERROR
        if self.record["state"] == PENDING and self.life.is_held:
            return ServerState.STARTING
        return ServerState(self.record["state"])

    @property
    def error(self) -> str | None:
        """Why the server is in state `error`."""
        if self.record is None:
            return f"its record is {self.broken}" if self.broken else "its record is missing"
        if self.is_abandoned:
            return "its supervisor is gone"
        return self.record["error"] if self.record["state"] == ERROR else None

    def as_server(self, provider: str) -> Server:
        """Return the server as the contract wants it; one whose record cannot be read has its id for a name."""
        record = self.record
        if record is None:
            return Server(self.home.id, self.home.id, self.state, provider=provider, raw=self._raw())
        return Server(
            id=self.home.id,
            name=record["name"],
            state=self.state,
            provider=provider,
            zone=record["zone"],
            size=record["size"],
            image=record["image"],
            private_ips=(HOST,),
            labels=dict(record["labels"]),
            client_token=record["client_token"],
            created_at=record["created_at"],
            raw=self._raw(),
        )

    def _raw(self) -> dict[str, Any]:
        raw: dict[str, Any] = {"directory": str(self.home.path), "log": str(self.home.log)}
        record = self.record
        if record is not None and record["port"] is not None:
            raw |= {"port": record["port"], "url": f"http://{HOST}:{record['port']}"}
        if self.life.child is not None and self.state == RUNNING:
            raw["pid"] = self.life.child.pid
        if record is not None and record["exit_status"] is not None:
            raw["exit_status"] = record["exit_status"]
        return raw | ({"error": self.error} if self.error else {})


def look(home: Home) -> Sighting:
    """Look at a server until record and sign of life belong together.

    A supervisor writes its last state before it lets go of its lock, and it may do both between our two readings:
    what looks abandoned is looked at again, and believed when the record stays as it was.
    """
    sighting = _look_once(home)
    for _ in range(_LOOKS):
        if not sighting.is_abandoned:
            break
        again = _look_once(home)
        if again == sighting:
            break
        sighting = again
    return sighting


def _look_once(home: Home) -> Sighting:
    try:
        record, broken = _read(home)
        if record is not None and record["state"] not in LIVE | {PENDING}:
            return Sighting(home, record, Life(is_held=False))
        return Sighting(home, record, read_life(home.life), broken)
    except PermissionError as error:
        return Sighting(home, None, Life(is_held=False), f"unreadable: {error.strerror}")


def _read(home: Home) -> tuple[Record | None, str | None]:
    try:
        return read_record(home.record), None
    except BrokenRecord as error:
        return None, str(error)
    except FileNotFoundError:
        return None, None
    except IsADirectoryError:
        return None, "a directory"
