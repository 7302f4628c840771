"""How a fake cloud behaves: how late it shows things, how slow it is, how often it fails, and in which way."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from random import Random
from typing import Any

__all__ = ["Manners", "Mishap", "Scripted"]


class Mishap(StrEnum):
    """What can go wrong with one request."""

    REQUEST_LOST = "request_lost"
    """It never arrives: `NetworkFailure`."""
    THROTTLED = "throttled"
    """It is refused for now: `Throttling` with `retry_after`."""
    NO_CAPACITY = "no_capacity"
    """A server is refused: `CapacityUnavailable`. Other requests are not."""
    BROKEN = "broken"
    """The cloud fails by its own account, having done nothing: `ServiceInternalError`."""
    BROKEN_AFTERWARDS = "broken_afterwards"
    """The same error, and what was asked is done."""
    REPLY_LOST = "reply_lost"
    """It is done, and the connection dies before the caller hears of it: `Ambiguous`."""
    DELIVERED_TWICE = "delivered_twice"
    """It arrives two times, and is done each time."""
    STILLBORN = "stillborn"
    """A server is made and ends in the state `error`. Other requests go well."""


@dataclass(frozen=True, slots=True)
class Scripted:
    """A mishap of one request for certain: the `nth` of its call, counted from 1."""

    call: str
    nth: int
    mishap: Mishap


@dataclass(frozen=True, slots=True)
class Manners:
    """What one fake cloud is like; times in seconds. Without any of it, it is quick, patient and never fails.

    Each answer takes `latency`, of real time. `appears_after` is how long a new server is hidden from listings and from
    searches, `readable_after` how long from a look at its id. A server is `pending` for `boot_time` and `deleting` for
    `delete_time`. Of more than `allows_per_second` requests the last are throttled, and told to come again after
    `retry_after`, as those whose mishap it is. `capacity` is how many servers a zone holds; one that is not named holds
    any number.

    A cloud that does not honour client tokens keeps them as a label and makes a server for each request: that a token
    makes one server is then its provider's business, as far as listings allow. `rates` gives each mishap its
    probability in a request, drawn from `seed` and the number of the request; `mishaps` are certain.
    """

    latency: float = 0.0
    appears_after: float = 0.0
    readable_after: float = 0.0
    boot_time: float = 0.0
    delete_time: float = 0.0
    retry_after: float = 1.0
    allows_per_second: int | None = None
    capacity: Mapping[str, int] = field(default_factory=dict)
    page_size: int = 50
    honours_tokens: bool = True
    seed: int = 0
    rates: Mapping[Mishap, float] = field(default_factory=dict)
    mishaps: tuple[Scripted, ...] = ()

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> "Manners":
        """Read what a configuration says of the cloud; it was checked against `config.schema.json`."""
        given = {each.name: options[each.name] for each in fields(cls) if each.name in options}
        given["rates"] = {Mishap(name): rate for name, rate in options.get("rates", {}).items()}
        given["mishaps"] = tuple(
            Scripted(each["call"], each["nth"], Mishap(each["mishap"])) for each in options.get("mishaps", ())
        )
        return cls(**given)

    def mishap(self, call: str, nth: int, number: int) -> Mishap | None:
        """Return what goes wrong with a request: the `nth` of its call, and `number` of all."""
        for scripted in self.mishaps:
            if (scripted.call, scripted.nth) == (call, nth):
                return scripted.mishap
        if not self.rates:
            return None
        drawn = Random(f"{self.seed}/{number}").random()  # noqa: S311 - it plays, and keeps nothing secret
        for mishap, rate in self.rates.items():
            if drawn < rate:
                return mishap
            drawn -= rate
        return None
