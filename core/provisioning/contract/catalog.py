"""What a cloud offers: sizes, images and zones."""

from dataclasses import dataclass

__all__ = ["Image", "Size", "Zone"]


@dataclass(frozen=True, slots=True)
class Size:
    """A kind of server one can ask for; memory and disk in MiB and GiB, the price for one hour.

    A price without a currency is 0: nobody is charged.
    """

    name: str
    cpus: float | None = None
    memory_mib: int | None = None
    disk_gib: int | None = None
    hourly_price: float | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """What a server can be started from."""

    name: str
    id: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """A place in which servers can stand."""

    name: str
    region: str | None = None
    available: bool = True
