"""Where an operation may be carried out: a provider instance, and a zone there where the document names some."""

from dataclasses import dataclass

__all__ = ["Location"]


@dataclass(frozen=True, slots=True)
class Location:
    """One provider instance (None: the operation needs none) and one zone (None: what the parameters say)."""

    provider: str | None = None
    zone: str | None = None

    def __str__(self) -> str:
        return " ".join(filter(None, [self.provider, self.zone and f"zone {self.zone}"]))
