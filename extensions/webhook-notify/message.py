"""One event on its way: the bytes that are posted, and the name by which the receiver knows them again."""

import hashlib
import json
from dataclasses import dataclass

from provisioning.contract import Event

__all__ = ["Message"]


@dataclass(frozen=True, slots=True)
class Message:
    """`delivery` is the same for every attempt, and for the same event posted by another process."""

    event: str
    delivery: str
    body: bytes

    @classmethod
    def from_event(cls, event: Event) -> "Message":
        """Make the message of an event: its JSON form."""
        identity = f"{event.workflow_id}\n{event.sequence}\n{event.at!r}\n{event.kind}"
        delivery = hashlib.sha256(identity.encode(errors="surrogatepass")).hexdigest()[:32]
        return cls(event.kind, delivery, json.dumps(event.as_dict(), separators=(",", ":")).encode())
