"""Workers: processes, on whatever host, that carry out what drivers have ordered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from provisioning.contract.context import Cancellation
from provisioning.contract.engine import Note, Route

__all__ = ["CarryOut", "ClusterStatus", "QueueInfo", "Worker", "WorkerInfo", "WorkerOffer", "compatible"]

Order = Mapping[str, Any]
"""What a driver wants done, as JSON values; `contract/wire.py` says what is in it. No parameter is, and no secret."""

CarryOut = Callable[[Order, Cancellation, Note, Callable[[], None]], Mapping[str, Any]]
"""Carries an order out and returns its end as JSON values without any known secret; it raises nothing.

The last argument is asked before each call to a provider, and raises `RunFenced` when the order is not to be carried
out any more: its run has another driver, or the order was given to somebody else.
"""


def compatible(version: str) -> str:
    """Return what two versions of an extension share that can stand in for each other: `1` of 1.4.2, `0.3` of 0.3.7."""
    major, _, rest = version.partition(".")
    return f"0.{rest.partition('.')[0]}" if major == "0" else major


@dataclass(frozen=True, slots=True)
class WorkerOffer:
    """What a worker can do: the pools that it serves, how many orders at once, and every route that it may take.

    `routes` have no pool: each is served in every pool. `versions` are those of its extensions, `core` its own.
    """

    pools: tuple[str, ...]
    concurrency: int
    routes: tuple[Route, ...]
    versions: Mapping[str, str] = field(default_factory=dict)
    core: str = ""


class Worker(Protocol):
    """Takes orders until it is stopped."""

    def run(self) -> None:
        """Take orders until `stop` is called and the last one is done; a queue that is gone for now is waited for."""
        ...

    def stop(self) -> None:
        """Take nothing more, and let `run` return when what is under way has ended; safe in a signal handler."""
        ...


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A worker as others see it; times in seconds."""

    name: str
    host: str
    pools: tuple[str, ...]
    concurrency: int
    running: int
    state: str
    core: str
    versions: Mapping[str, str]
    started_at: float
    seen_ago: float

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "host": self.host,
            "pools": list(self.pools),
            "concurrency": self.concurrency,
            "running": self.running,
            "state": self.state,
            "core": self.core,
            "versions": dict(self.versions),
            "started_at": self.started_at,
            "seen_ago": self.seen_ago,
        }


@dataclass(frozen=True, slots=True)
class QueueInfo:
    """What waits in a pool: how many orders wait and run, and for how many seconds the oldest has waited.

    `served` is how many workers there are that may take them.
    """

    pool: str
    needs: str
    waiting: int
    running: int
    oldest: float
    served: int

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "pool": self.pool,
            "needs": self.needs,
            "waiting": self.waiting,
            "running": self.running,
            "oldest": self.oldest,
            "served": self.served,
        }


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """The workers that are there, and what waits for them."""

    workers: Sequence[WorkerInfo] = ()
    queues: Sequence[QueueInfo] = ()
