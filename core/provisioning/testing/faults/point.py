"""The points at which a run can be cut in half: just before and just after each of its durable steps."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Place", "Point", "Reach", "Side", "points"]


class Place(StrEnum):
    """Every durable step of a run; what the wrappers of this package report is one of them."""

    SUBMIT = "submit"
    """The run is recorded."""
    LEASE = "lease"
    """A driver takes the run's lease."""
    RUN_STATE = "run_state"
    """The run moves from one state to another."""
    PREPARE = "prepare"
    """The kind is asked how the operation will be undone, and keeps what that needs."""
    INTENT = "intent"
    """The intent to call is recorded."""
    CALL = "call"
    """The operation is called: the cloud acts."""
    PROGRESS = "progress"
    """It is recorded that an operation waits, or is tried again."""
    RESULT = "result"
    """The end of an operation is recorded."""
    EVENT = "event"
    """Something is recorded that changes no state: a line of output, for one."""
    SETTLE = "settle"
    """The cloud is asked what a call did that was cut off."""
    COMPENSATION_INTENT = "compensation_intent"
    """The intent to undo, or how far that is, is recorded."""
    COMPENSATE = "compensate"
    """The operation is undone: the cloud acts."""
    COMPENSATION_RESULT = "compensation_result"
    """The end of a compensation is recorded."""
    TOLD = "told"
    """A follower is told of events that are durable."""
    RENEW = "renew"
    """The driver renews its lease, and looks whether somebody wants the run stopped."""
    RELEASE = "release"
    """The driver gives its lease back."""
    CANCEL = "cancel"
    """The driver of a run is asked to stop."""
    CREATE_SERVER = "create_server"
    """The provider creates a server."""
    GET_SERVER = "get_server"
    """The provider looks at a server."""
    FIND_SERVER = "find_server"
    """The provider looks for a server by its client token."""
    DELETE_SERVER = "delete_server"
    """The provider deletes a server."""
    START_SERVER = "start_server"
    """The provider starts a server."""
    STOP_SERVER = "stop_server"
    """The provider stops a server."""
    REBOOT_SERVER = "reboot_server"
    """The provider reboots a server."""
    CREATE_ASSET = "create_asset"
    """The provider creates a volume, a network, a key pair or a firewall."""
    GET_ASSET = "get_asset"
    """The provider looks at one of these."""
    FIND_ASSET = "find_asset"
    """The provider looks for one of these by its client token."""
    DELETE_ASSET = "delete_asset"
    """The provider deletes one of these."""
    ATTACH_VOLUME = "attach_volume"
    """The provider gives a volume to a server."""
    DETACH_VOLUME = "detach_volume"
    """The provider takes a volume from its server."""
    BEGIN = "begin"
    """The journal begins a transaction, whatever for."""
    COMMIT = "commit"
    """The journal makes a transaction durable; afterwards nobody has heard of it yet."""


class Side(StrEnum):
    """On which side of a step."""

    BEFORE = "before"
    """Nothing of it has happened."""
    AFTER = "after"
    """It has happened, and nobody knows."""


@dataclass(frozen=True, slots=True)
class Point:
    """One side of one step; written `intent.after`."""

    place: Place
    side: Side

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{self.place}.{self.side}"

    @classmethod
    def parse(cls, text: str) -> "Point":
        """Read it as it is written; raise `ValueError`."""
        place, _, side = text.partition(".")
        return cls(Place(place), Side(side))


Reach = Callable[[Point], None]
"""What is called when a run comes to a point; what it raises is raised there."""


def points() -> list[Point]:
    """Return every point."""
    return [Point(place, side) for place in Place for side in Side]
