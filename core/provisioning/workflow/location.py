"""Where an operation may be carried out: a provider instance, and a zone there where the document names some."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Location", "locations_of"]


@dataclass(frozen=True, slots=True)
class Location:
    """One provider instance (None: the operation needs none) and one zone (None: what the parameters say)."""

    provider: str | None = None
    zone: str | None = None

    def __str__(self) -> str:
        return " ".join(filter(None, [self.provider, self.zone and f"zone {self.zone}"]))


def locations_of(provider: str | list[str] | None, zones: Sequence[str] | None) -> Sequence[Location]:
    """Return where an operation may be carried out that names these, in the order in which that is tried."""
    if isinstance(provider, list):
        return [Location(name) for name in provider]
    return [Location(provider, zone) for zone in zones] if zones is not None else (Location(provider),)
